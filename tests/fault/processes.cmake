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
