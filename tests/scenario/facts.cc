// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/facts.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>

#include "tests/scenario/failure.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/pdu.h"
#include "trapd/snmp/value_text.h"

namespace trapd::scenario {
namespace {

using alarm::Field;

constexpr std::size_t kValuesShown = 4096;

bool matches(const std::string& pattern, const std::string& text) {
  return pattern == text || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

std::string shown(const std::string& value) {
  return value.find(' ') == std::string::npos ? value : "\"" + value + "\"";
}

const char* kind_of(const alarm::RecordHeader& header) {
  switch (header.kind) {
    case alarm::Kind::kAcknowledge:
      return "acknowledgement";
    case alarm::Kind::kForgetEngine:
      return "engine forgotten";
    case alarm::Kind::kNotification:
    case alarm::Kind::kOwn:
    case alarm::Kind::kManualClear:
    case alarm::Kind::kAutomaticClear:
      break;
    case alarm::Kind::kSettled:
      return "alarm settled";
  }
  switch (header.outcome) {
    case alarm::Outcome::kEvent:
      return "event";
    case alarm::Outcome::kRaise:
      return "alarm raised";
    case alarm::Outcome::kRepeat:
      return "alarm repeated";
    case alarm::Outcome::kChange:
      return "alarm changed";
    case alarm::Outcome::kClear:
      return "alarm cleared";
    case alarm::Outcome::kClearWithoutRaise:
      return "alarm cleared-without-raise";
    case alarm::Outcome::kHeld:
      return "alarm held";
  }
  return "unknown";
}

const char* origin_of(alarm::Kind kind) {
  switch (kind) {
    case alarm::Kind::kNotification:
      return "device";
    case alarm::Kind::kOwn:
      return "own";
    case alarm::Kind::kAcknowledge:
    case alarm::Kind::kManualClear:
    case alarm::Kind::kForgetEngine:
      return "operator";
    case alarm::Kind::kAutomaticClear:
    case alarm::Kind::kSettled:
      return "automatic";
  }
  return "unknown";
}

const char* version_of(const alarm::RecordHeader& header) {
  return header.snmp_version == 0 ? "v1" : header.snmp_version == 1 ? "v2c" : "v3";
}

/// "INTEGER 7, STRING up": of each varbind, as logs and `trapctl` say it.
std::string values_of(const alarm::RecordView& record) {
  std::string all;
  snmp::VarbindReader varbinds(record.field(Field::kVarbinds));
  snmp::Varbind varbind;
  while (all.size() < kValuesShown && varbinds.next(&varbind)) {
    std::array<char, 256> room{};
    const std::size_t size = snmp::value_to_text(varbind.value, room);
    all += (all.empty() ? "" : ", ") + std::string(snmp::type_text(varbind.value.tag)) + " " +
           std::string(room.data(), size);
  }
  return all;
}

std::size_t varbind_count(const alarm::RecordView& record) {
  snmp::VarbindReader varbinds(record.field(Field::kVarbinds));
  snmp::Varbind varbind;
  std::size_t count = 0;
  while (varbinds.next(&varbind)) ++count;
  return count;
}

}  // namespace

Facts& Facts::add(const char* key, std::string value) {
  values_.emplace_back(key, std::move(value));
  return *this;
}

std::string Facts::text() const {
  std::string line = kind_ + " " + name_;
  for (const auto& [key, value] : values_) {
    if (!value.empty()) line += " " + key + "=" + shown(value);
  }
  return line;
}

bool Facts::fits(const std::string& kind, const std::string& name, const Wanted& wanted) const {
  if (kind != kind_) return false;
  bool fit = matches(name, name_);
  for (const auto& [key, value] : wanted.values) {
    const auto found = std::find_if(values_.begin(), values_.end(),
                                    [&key = key](const auto& fact) { return fact.first == key; });
    if (found == values_.end()) throw Mistake(kind + " has no '" + key + "': " + text());
    fit = fit && matches(value, found->second);
  }
  return fit;
}

std::string Wanted::text() const {
  std::string line;
  for (const auto& [key, value] : values) line += " " + key + "=" + shown(value);
  return line;
}

Facts facts_of(const alarm::RecordView& record) {
  const alarm::RecordHeader& header = record.header();
  const auto field = [&](Field which) { return std::string(record.text(which)); };
  const auto flag = [&](alarm::RecordFlag which) { return record.has(which) ? "yes" : "no"; };
  Facts facts(kind_of(header), field(Field::kAlarmName));
  facts.add("resource", field(Field::kResource)).add("severity", to_text(header.severity));
  facts.add("was", to_text(header.previous_severity)).add("type", to_text(header.type));
  facts.add("cause", std::string(alarm::cause_label(header.probable_cause)));
  facts.add("count", std::to_string(header.repeat_count));
  facts.add("device", field(Field::kDevice)).add("device-name", field(Field::kDeviceName));
  facts.add("site", field(Field::kSite)).add("tenant", field(Field::kTenant));
  facts.add("origin", origin_of(header.kind)).add("source", header.source.address_text());
  facts.add("version", version_of(header));
  facts.add("level", to_text(static_cast<snmp::SecurityLevel>(header.security_level)));
  facts.add("user", field(Field::kSecurityName)).add("context", field(Field::kContextName));
  facts.add("trap", record.trap_oid().text()).add("rule", field(Field::kRule));
  facts.add("inform", flag(alarm::RecordFlag::kInform));
  facts.add("relayed", flag(alarm::RecordFlag::kRelayed));
  facts.add("malformed", flag(alarm::RecordFlag::kMalformed));
  facts.add("window-waived", flag(alarm::RecordFlag::kTimeWindowWaived));
  facts.add("operator", field(Field::kOperator)).add("why", field(Field::kReason));
  facts.add("labels", field(Field::kLabels)).add("text", field(Field::kText));
  facts.add("varbinds", std::to_string(varbind_count(record)));
  return facts.add("values", values_of(record));
}

Facts facts_of(const alarm::AlarmState& alarm) {
  Facts facts("active", alarm.name);
  facts.add("resource", alarm.resource).add("severity", to_text(alarm.severity));
  facts.add("type", to_text(alarm.type));
  facts.add("cause", std::string(alarm::cause_label(alarm.cause)));
  facts.add("count", std::to_string(alarm.count));
  facts.add("device", alarm.device).add("device-name", alarm.device_name);
  facts.add("acknowledged", std::string(std::string_view(alarm.acknowledged_by)));
  facts.add("why", std::string(std::string_view(alarm.acknowledged_why)));
  facts.add("labels", std::string(std::string_view(alarm.labels)));
  facts.add("unsure", alarm.unsure ? "yes" : "no");
  facts.add("flapping", !alarm.flaps() ? "no" : alarm.flap.cleared ? "cleared" : "raised");
  facts.add("text", alarm.text);
  return facts;
}

std::string text_of(const std::vector<Facts>& all) {
  if (all.empty()) return "nothing";
  std::string lines;
  for (const Facts& facts : all) lines += (lines.empty() ? "" : "\n            ") + facts.text();
  return lines;
}

}  // namespace trapd::scenario
