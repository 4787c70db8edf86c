# SPDX-License-Identifier: Apache-2.0
# Restarts, successors and kills, under the load of bench's generator.
if(TARGET trapd AND TARGET trapctl AND TARGET trapblast)
  foreach(name hand_over kill)
    add_test(NAME fault.${name}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py $<TARGET_FILE:trapd>
              $<TARGET_FILE:trapctl> $<TARGET_FILE:trapblast>)
    set_tests_properties(fault.${name} PROPERTIES LABELS fault TIMEOUT 900)
    if(TRAPD_SANITIZE)  # all of it, at the pace of such a build
      set_tests_properties(fault.${name} PROPERTIES
        ENVIRONMENT "TRAPD_FAULT_RATE=2000;TRAPD_FAULT_KILLS=5")
    endif()
  endforeach()
endif()

# 25,000 datagrams a second for a minute want the machine for themselves.
if(TARGET trapd AND TARGET trapctl AND TARGET trapblast AND TARGET hostile)
  add_test(NAME fault.flood
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/flood_test.py $<TARGET_FILE:trapd>
            $<TARGET_FILE:trapctl> $<TARGET_FILE:trapblast> $<TARGET_FILE:hostile>)
  set_tests_properties(fault.flood PROPERTIES LABELS fault TIMEOUT 300 RUN_SERIAL ON)
  if(TRAPD_SANITIZE)
    set_tests_properties(fault.flood PROPERTIES
      ENVIRONMENT "TRAPD_FLOOD_RATE=2000;TRAPD_FLOOD_SECONDS=10")
  endif()
endif()
