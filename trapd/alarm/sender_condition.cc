// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/sender_condition.h"

#include <algorithm>

namespace trapd::alarm {
namespace {

template <typename List, typename Holds>
bool empty_or_any(const List& list, Holds&& holds) {
  return list.empty() || std::any_of(list.begin(), list.end(), holds);
}

template <typename List, typename T>
bool empty_or_has(const List& list, const T& wanted) {
  return list.empty() || std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

SenderCondition::SenderCondition(SenderMatch match) : match_(std::move(match)) {
  for (std::string& device : match_.devices) {
    // As identities are written; a name or an address is never 0x and digits.
    if (!device.starts_with("0x") && !device.starts_with("0X")) continue;
    if (const auto octets = from_hex(device)) device = to_hex(*octets);
  }
}

bool SenderCondition::holds(const ClassifyContext& context) const {
  return is_device(context) && empty_or_has(match_.sites, context.site) &&
         empty_or_has(match_.tenants, context.tenant) &&
         empty_or_any(match_.sources,
                      [&](const Network& network) { return network.contains(context.address); }) &&
         is_listener(context.listener) && empty_or_has(match_.levels, context.level) &&
         (!match_.at_least || context.level >= *match_.at_least) &&
         empty_or_has(match_.versions, context.version);
}

bool SenderCondition::is_device(const ClassifyContext& context) const {
  return empty_or_any(match_.devices, [&](const std::string& device) {
    return device == context.device || device == context.device_name || device == context.source;
  });
}

bool SenderCondition::is_listener(const Endpoint& listener) const {
  const auto has = [](const auto& list, const auto& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
  };
  if (match_.listeners.empty() && match_.ports.empty()) return true;
  return has(match_.listeners, listener) || has(match_.ports, listener.port);
}

}  // namespace trapd::alarm
