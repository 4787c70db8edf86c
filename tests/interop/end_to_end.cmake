# SPDX-License-Identifier: Apache-2.0
# The whole of trapd, with Net-SNMP's tools as its devices and real receivers behind it.
if(TARGET trapd AND TARGET trapctl)
  set(names agent audit boots confinement crash devices explain gateway health keys listeners matrix refusals reload restart rules
    tail_and_send)
  foreach(name ${names})
    add_test(NAME interop.${name}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py
              $<TARGET_FILE:trapd> $<TARGET_FILE:trapctl>)
    set_tests_properties(interop.${name} PROPERTIES LABELS interop TIMEOUT 300)
  endforeach()
  # The others try both numbers themselves.
  foreach(name boots refusals restart tail_and_send)
    add_test(NAME interop.${name}.four_workers
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py
              $<TARGET_FILE:trapd> $<TARGET_FILE:trapctl>)
    set_tests_properties(interop.${name}.four_workers PROPERTIES LABELS interop TIMEOUT 300
      ENVIRONMENT TRAPD_TEST_WORKERS=4)
  endforeach()
endif()

# Not under a sanitizer: its own library must come before any that is preloaded.
if(TARGET trapd AND TARGET trapctl AND NOT TRAPD_SANITIZE)
  add_library(forbidden_call MODULE ${CMAKE_CURRENT_LIST_DIR}/forbidden_call.cc)
  target_link_libraries(forbidden_call PRIVATE trapd_flags)
  add_test(NAME interop.forbidden_call
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/forbidden_call_test.py
            $<TARGET_FILE:trapd> $<TARGET_FILE:trapctl> $<TARGET_FILE:forbidden_call>)
  set_tests_properties(interop.forbidden_call PROPERTIES LABELS interop TIMEOUT 120)
endif()

# What systemd lets the service do: 1.5 of 10 at most. What is left is what a receiver is for: the
# network, its port, and giving up the capability for it.
add_test(NAME interop.unit_exposure
  COMMAND systemd-analyze security --offline=true --threshold=15 --no-pager
          ${CMAKE_SOURCE_DIR}/conf/trapd.service)
set_tests_properties(interop.unit_exposure PROPERTIES LABELS interop TIMEOUT 60)
