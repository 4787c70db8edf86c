// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/syslog_forwarder.h"

#include "forwarders/syslog/datagram_forwarder.h"
#include "forwarders/syslog/stream_forwarder.h"

namespace trapd::forwarders {

std::unique_ptr<Forwarder> make_syslog_forwarder(const Destination& /*destination*/,
                                                 const SyslogSettings& settings,
                                                 const RenderContext& context) {
  switch (settings.transport) {
    case SyslogSettings::Transport::kUdp:
      return std::make_unique<syslog::DatagramForwarder>(settings, context);
    case SyslogSettings::Transport::kTcp:
    case SyslogSettings::Transport::kTls:
      return std::make_unique<syslog::StreamForwarder>(settings, context);
  }
  return nullptr;
}

}  // namespace trapd::forwarders
