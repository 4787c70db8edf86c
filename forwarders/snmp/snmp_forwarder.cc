// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/snmp_forwarder.h"

#include "forwarders/snmp/inform_forwarder.h"
#include "forwarders/snmp/trap_forwarder.h"

namespace trapd::forwarders {

std::unique_ptr<Forwarder> make_snmp_forwarder(const Destination& destination,
                                               const SnmpSettings& settings,
                                               const RenderContext& context) {
  if (settings.inform) {
    return std::make_unique<InformForwarder>(destination.name, settings, context);
  }
  return std::make_unique<TrapForwarder>(destination.name, settings, context);
}

}  // namespace trapd::forwarders
