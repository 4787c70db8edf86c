// SPDX-License-Identifier: Apache-2.0
#include "forwarders/filter.h"

#include <algorithm>

#include "forwarders/record_text.h"

namespace trapd::forwarders {

namespace {

template <typename T, typename U>
bool any_of(const std::optional<std::vector<T>>& wanted, const U& value) {
  return !wanted || std::find(wanted->begin(), wanted->end(), value) != wanted->end();
}

bool matches_device(const std::vector<std::string>& wanted, const alarm::RecordView& record) {
  const std::string address = device_address_text(record);
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& device) {
    return device == record.text(alarm::Field::kDevice) ||
           device == record.text(alarm::Field::kDeviceName) ||
           (!address.empty() && device == address);
  });
}

bool matches_source(const std::vector<Network>& wanted, const alarm::RecordView& record) {
  if (is_own(record)) return false;
  // As rules see it: whom a relay names counts only when that relay is trusted.
  const bool relayed = record.has(alarm::RecordFlag::kRelayed);
  const auto source =
      relayed ? device_address(record) : std::optional<Endpoint>(record.header().source);
  if (!source || *source == Endpoint{}) return false;
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const Network& network) { return network.contains(*source); });
}

bool matches_resource(const std::vector<std::string>& wanted, std::string_view resource) {
  return std::any_of(wanted.begin(), wanted.end(), [&](std::string_view one) {
    if (!one.ends_with('*')) return resource == one;
    return resource.starts_with(one.substr(0, one.size() - 1));
  });
}

bool matches_time(const std::vector<TimeSpan>& wanted, const alarm::RecordView& record) {
  const WallMinute received = wall_minute(record.header().received_wall_ns);
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const TimeSpan& span) { return span.contains(received); });
}

}  // namespace

bool is_forwardable(const alarm::RecordView& record) {
  switch (record.header().kind) {
    case alarm::Kind::kNotification:
    case alarm::Kind::kOwn:
    case alarm::Kind::kManualClear:
    case alarm::Kind::kAutomaticClear:
    case alarm::Kind::kSettled:
      return true;
    case alarm::Kind::kAcknowledge:
    case alarm::Kind::kForgetEngine:
      return false;
  }
  return false;
}

bool is_change(const alarm::RecordView& record) {
  switch (record.header().outcome) {
    case alarm::Outcome::kRaise:
    case alarm::Outcome::kChange:
    case alarm::Outcome::kClear:
      return true;
    case alarm::Outcome::kEvent:
    case alarm::Outcome::kRepeat:
    case alarm::Outcome::kClearWithoutRaise:
    case alarm::Outcome::kHeld:
      return false;
  }
  return false;
}

bool matches(const Match& match, const alarm::RecordView& record) {
  return any_of(match.severity, severity_of(record)) && any_of(match.type, record.header().type) &&
         any_of(match.name, record.text(alarm::Field::kAlarmName)) &&
         any_of(match.site, record.text(alarm::Field::kSite)) &&
         any_of(match.tenant, record.text(alarm::Field::kTenant)) &&
         (!match.own || *match.own == is_own(record)) &&
         (!match.device || matches_device(*match.device, record)) &&
         (!match.source || matches_source(*match.source, record)) &&
         (!match.resource ||
          matches_resource(*match.resource, record.text(alarm::Field::kResource))) &&
         (!match.time || matches_time(*match.time, record));
}

bool passes(const Filter& filter, const alarm::RecordView& record) {
  bool any_allow = false;
  for (const Filter::Entry& entry : filter.entries) {
    if (matches(entry.match, record)) return entry.allow;
    any_allow = any_allow || entry.allow;
  }
  return !any_allow;
}

bool wants(const Destination& destination, const alarm::RecordView& record) {
  return is_forwardable(record) &&
         (destination.send == Destination::Send::kAll || is_change(record)) &&
         passes(destination.filter, record);
}

}  // namespace trapd::forwarders
