# SPDX-License-Identifier: Apache-2.0
# Disks that fail, fill up, or lose their power: below the store, in one program.
if(TARGET trapd_journal)
  add_executable(fault_journal ${CMAKE_CURRENT_LIST_DIR}/disk_model.cc
    ${CMAKE_CURRENT_LIST_DIR}/journal_model_test.cc ${CMAKE_CURRENT_LIST_DIR}/power_cut_test.cc
    ${CMAKE_CURRENT_LIST_DIR}/recorded_disk.cc
    ${CMAKE_CURRENT_LIST_DIR}/week_test.cc
    $<TARGET_OBJECTS:unit_main>)
  target_link_libraries(fault_journal PRIVATE trapd_flags trapd_journal)
  add_test(NAME fault.power_cut COMMAND fault_journal "--test-case=power cut*")
  add_test(NAME fault.journal_model COMMAND fault_journal "--test-case=model*")
  add_test(NAME fault.week COMMAND fault_journal "--test-case=week*")
  set_tests_properties(fault.power_cut fault.journal_model fault.week PROPERTIES LABELS fault TIMEOUT 3600)
endif()
if(TARGET trapd AND TARGET trapctl)
  foreach(name full_store lost_store)
    add_test(NAME fault.${name}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py $<TARGET_FILE:trapd>
              $<TARGET_FILE:trapctl>)
    set_tests_properties(fault.${name} PROPERTIES LABELS fault TIMEOUT 300)
  endforeach()
endif()
# The whole of trapd over a disk that fails on demand. Not under a sanitizer: its own library must
# come before any that is preloaded.
if(TARGET trapd AND TARGET trapctl AND NOT TRAPD_SANITIZE)
  add_library(failing_disk MODULE ${CMAKE_CURRENT_LIST_DIR}/failing_disk.cc)
  target_link_libraries(failing_disk PRIVATE trapd_flags ${CMAKE_DL_LIBS})
  add_test(NAME fault.disk
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/disk_test.py $<TARGET_FILE:trapd>
            $<TARGET_FILE:trapctl> $<TARGET_FILE:failing_disk>)
  set_tests_properties(fault.disk PROPERTIES LABELS fault TIMEOUT 300)
elseif(TRAPD_SANITIZE)
  message(STATUS "fault.disk is not run under a sanitizer: it preloads a library")
endif()
