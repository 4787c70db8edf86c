// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/alarm_columns.h"

#include <algorithm>
#include <array>

#include "trapd/snmp/date_and_time.h"
#include "trapd/snmp/text_octets.h"
#include "trapd/usm/own_engine.h"

namespace trapd::agent {
namespace {

using alarm::AlarmState;

constexpr std::int32_t kTrue = 1;  // TruthValue
constexpr std::int32_t kFalse = 2;

Value admin_string(std::string_view text) {
  return Value::octets(snmp::text_prefix(as_bytes(text), snmp::kAdminStringOctetsMax));
}
Value moment(std::int64_t wall_ns) { return Value::octets(snmp::date_and_time(wall_ns).view()); }

/// trapd's own alarms have no address; their notifications name neither one nor an engine.
Value device_address(const AlarmState& state) {
  return Value::text(state.is_own() ? std::string() : state.source.address_text());
}

/// A device is known by its engine ID in hexadecimal where it has one.
Value device_engine_id(const AlarmState& state) {
  if (state.is_own()) return Value::octets({});
  const auto engine_id = from_hex(state.device);
  if (!engine_id || !usm::legal_engine_id(*engine_id)) return Value::octets({});
  return Value::octets(*engine_id);
}

constexpr std::array kColumns = {
    AlarmColumn{
        2,
        [](const AlarmState& state) { return Value::unsigned_number(ber::kCounter64, state.id); }},
    AlarmColumn{3, [](const AlarmState& state) { return admin_string(state.device_name); }},
    AlarmColumn{4, &device_address},
    AlarmColumn{5, &device_engine_id},
    AlarmColumn{6, [](const AlarmState& state) { return admin_string(state.name); }},
    AlarmColumn{7, [](const AlarmState& state) { return admin_string(state.resource); }},
    AlarmColumn{8,
                [](const AlarmState& state) {
                  return Value::integer(static_cast<std::int32_t>(state.severity));
                }},
    AlarmColumn{9,
                [](const AlarmState& state) {
                  return Value::integer(static_cast<std::int32_t>(state.type));
                }},
    AlarmColumn{10, [](const AlarmState& state) { return Value::integer(state.cause); }},
    AlarmColumn{11,
                [](const AlarmState& state) {
                  return Value::octets(
                      snmp::text_prefix(as_bytes(state.text), snmp::kTextOctetsMax));
                }},
    AlarmColumn{12, [](const AlarmState& state) { return moment(state.first_wall_ns); }},
    AlarmColumn{13, [](const AlarmState& state) { return moment(state.last_wall_ns); }},
    AlarmColumn{
        14,
        [](const AlarmState& state) { return Value::unsigned_number(ber::kGauge32, state.count); }},
    AlarmColumn{15,
                [](const AlarmState& state) {
                  return Value::oid(snmp::OidView(as_bytes(state.trap_oid)));
                }},
    AlarmColumn{16, [](const AlarmState& state) { return admin_string(state.origin.site()); }},
    AlarmColumn{17, [](const AlarmState& state) { return admin_string(state.origin.tenant()); }},
    AlarmColumn{18,
                [](const AlarmState& state) {
                  return Value::integer(state.acknowledged_by.empty() ? kFalse : kTrue);
                }},
    AlarmColumn{19, [](const AlarmState& state) { return admin_string(state.acknowledged_by); }},
    AlarmColumn{21, [](const AlarmState& state) { return admin_string(state.origin.rule()); }},
};

}  // namespace

std::span<const AlarmColumn> alarm_columns() { return kColumns; }

std::optional<std::uint32_t> next_alarm_row(Request& request, std::uint32_t from) {
  const AlarmRows::Row row = request.alarms().from(std::max(from, std::uint32_t{1}) - 1);
  if (row.state == nullptr) return std::nullopt;
  return row.number + 1;
}

std::optional<Value> read_alarm(Request& request, std::uint32_t row,
                                Value (*read)(const alarm::AlarmState& state)) {
  if (row == 0) return std::nullopt;
  const alarm::AlarmState* const state = request.alarms().at(row - 1);
  if (state == nullptr) return std::nullopt;
  return read(*state);
}

}  // namespace trapd::agent
