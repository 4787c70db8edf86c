# SPDX-License-Identifier: Apache-2.0
# Destinations that fail, and what is not lost by it.
if(TARGET trapd AND TARGET trapctl)
  foreach(name dead_letters mail names resend snmp streams tls)
    add_test(NAME fault.destinations_${name}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/destinations_${name}_test.py
              $<TARGET_FILE:trapd> $<TARGET_FILE:trapctl>)
    set_tests_properties(fault.destinations_${name} PROPERTIES LABELS fault TIMEOUT 300)
  endforeach()
endif()
