# SPDX-License-Identifier: Apache-2.0
# Many devices in trouble at once: the list of alarms against a plain model of it.
if(TARGET trapd_journal)
  add_executable(fault_outage ${CMAKE_CURRENT_LIST_DIR}/outage_test.cc $<TARGET_OBJECTS:unit_main>)
  target_link_libraries(fault_outage PRIVATE trapd_flags trapd_journal)
  add_test(NAME fault.outage COMMAND fault_outage)
  set_tests_properties(fault.outage PROPERTIES LABELS fault TIMEOUT 300)
endif()
