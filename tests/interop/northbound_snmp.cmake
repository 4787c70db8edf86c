# SPDX-License-Identifier: Apache-2.0
# Northbound SNMP against Net-SNMP's snmptrapd.
if(TARGET trapd_forwarders_snmp)
  add_executable(snmp_forwarder_driver ${CMAKE_CURRENT_LIST_DIR}/snmp_forwarder_driver.cc)
  target_link_libraries(snmp_forwarder_driver PRIVATE trapd_flags trapd_forwarders_snmp
    CLI11::CLI11)
  add_test(NAME interop.northbound_snmp
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/snmp_northbound_test.py
            $<TARGET_FILE:snmp_forwarder_driver>)
  set_tests_properties(interop.northbound_snmp PROPERTIES LABELS interop TIMEOUT 300)
endif()
