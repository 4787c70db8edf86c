# SPDX-License-Identifier: Apache-2.0
# From one process to the next, under the load of bench's generator.
if(TARGET trapd AND TARGET trapctl AND TARGET trapblast)
  add_test(NAME fault.hand_over
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/hand_over_test.py $<TARGET_FILE:trapd>
            $<TARGET_FILE:trapctl> $<TARGET_FILE:trapblast>)
  set_tests_properties(fault.hand_over PROPERTIES LABELS fault TIMEOUT 300)
endif()
