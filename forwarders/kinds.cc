// SPDX-License-Identifier: Apache-2.0
#include "forwarders/kinds.h"

#include <variant>

#include "forwarders/mail/mail_forwarder.h"
#include "forwarders/snmp/snmp_forwarder.h"
#include "forwarders/syslog/syslog_forwarder.h"

namespace trapd::forwarders {

namespace {

struct Kind {
  const char* name;
  std::unique_ptr<Forwarder> (*make)(const Destination& destination, const RenderContext& context);
};

/// In the order of the alternatives of Destination::settings.
constexpr Kind kKinds[] = {
    {"syslog",
     [](const Destination& destination, const RenderContext& context) {
       return make_syslog_forwarder(destination, std::get<SyslogSettings>(destination.settings),
                                    context);
     }},
    {"mail",
     [](const Destination& destination, const RenderContext& context) {
       return make_mail_forwarder(destination, std::get<MailSettings>(destination.settings),
                                  context);
     }},
    {"snmp",
     [](const Destination& destination, const RenderContext& context) {
       return make_snmp_forwarder(destination, std::get<SnmpSettings>(destination.settings),
                                  context);
     }},
};
static_assert(std::size(kKinds) == std::variant_size_v<decltype(Destination::settings)>);

}  // namespace

std::unique_ptr<Forwarder> make_forwarder(const Destination& destination,
                                          const RenderContext& context) {
  return kKinds[destination.settings.index()].make(destination, context);
}

const char* kind_name(const Destination& destination) {
  return kKinds[destination.settings.index()].name;
}

}  // namespace trapd::forwarders
