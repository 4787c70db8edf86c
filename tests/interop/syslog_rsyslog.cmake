# SPDX-License-Identifier: Apache-2.0
# Syslog against rsyslogd, over UDP, TCP and TLS.
if(TARGET trapd_forwarders_syslog)
  add_executable(syslog_forwarder_driver ${CMAKE_CURRENT_LIST_DIR}/syslog_forwarder_driver.cc)
  target_link_libraries(syslog_forwarder_driver PRIVATE trapd_flags trapd_forwarders_syslog
    CLI11::CLI11)
  add_test(NAME interop.syslog_rsyslog
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/syslog_rsyslog_test.py
            $<TARGET_FILE:syslog_forwarder_driver>)
  set_tests_properties(interop.syslog_rsyslog PROPERTIES LABELS interop TIMEOUT 300)
endif()
