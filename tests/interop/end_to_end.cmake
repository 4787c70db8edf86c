# SPDX-License-Identifier: Apache-2.0
# The whole of trapd, with Net-SNMP's tools as its devices and real receivers behind it.
if(TARGET trapd AND TARGET trapctl)
  set(names boots crash explain gateway listeners matrix refusals reload restart tail_and_send)
  foreach(name ${names})
    add_test(NAME interop.${name}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py
              $<TARGET_FILE:trapd> $<TARGET_FILE:trapctl>)
    set_tests_properties(interop.${name} PROPERTIES LABELS interop TIMEOUT 180)
  endforeach()
endif()
