# SPDX-License-Identifier: Apache-2.0
# trapctl store verify, backup, restore and set-aside, beside a running trapd and without one.
if(TARGET trapd AND TARGET trapctl)
  add_test(NAME fault.store
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/store_test.py $<TARGET_FILE:trapd>
            $<TARGET_FILE:trapctl>)
  set_tests_properties(fault.store PROPERTIES LABELS fault TIMEOUT 300)
endif()
