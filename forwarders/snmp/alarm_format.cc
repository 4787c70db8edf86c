// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/alarm_format.h"

#include <algorithm>
#include <string>

#include "forwarders/record_text.h"
#include "forwarders/snmp/object_instance.h"
#include "mib/trapd_mib.h"
#include "trapd/snmp/date_and_time.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/text_octets.h"
#include "trapd/usm/own_engine.h"

namespace trapd::forwarders {
namespace {

using alarm::Field;

/// TruthValue (RFC 2579).
constexpr std::int32_t kTrue = 1;
constexpr std::int32_t kFalse = 2;
constexpr std::uint8_t kZeroDotZero[] = {0};

enum class Shape : std::uint8_t { kRaise, kChange, kClear, kEvent, kResync };

Shape shape_of(const alarm::RecordHeader& header) {
  if (header.kind == alarm::Kind::kAcknowledge) return Shape::kChange;
  const bool resync = (header.flags & static_cast<std::uint8_t>(alarm::RecordFlag::kResync)) != 0;
  if (resync && header.outcome == alarm::Outcome::kRaise) return Shape::kResync;
  switch (header.outcome) {
    case alarm::Outcome::kRaise:
      return Shape::kRaise;
    case alarm::Outcome::kRepeat:
    case alarm::Outcome::kChange:
      return Shape::kChange;
    case alarm::Outcome::kClear:
      return Shape::kClear;
    case alarm::Outcome::kEvent:
    case alarm::Outcome::kClearWithoutRaise:
    case alarm::Outcome::kHeld:  // what it says is told when the alarm has come to rest
      return Shape::kEvent;
  }
  return Shape::kEvent;
}

snmp::OidView notification_of(Shape shape) {
  switch (shape) {
    case Shape::kRaise:
      return mib::kTrapdAlarmRaise;
    case Shape::kChange:
      return mib::kTrapdAlarmChange;
    case Shape::kClear:
      return mib::kTrapdAlarmClear;
    case Shape::kEvent:
      return mib::kTrapdEvent;
    case Shape::kResync:
      return mib::kTrapdResyncAlarm;
  }
  return mib::kTrapdEvent;
}

/// The engine ID of the device itself: for an inform the message's is ours, and the context names
/// the device.
ByteView device_engine_id(const alarm::RecordView& record, ByteView own_engine_id) {
  const Field field = record.has(alarm::RecordFlag::kInform) ? Field::kContextEngineId
                                                             : Field::kAuthoritativeEngineId;
  const ByteView engine_id = record.field(field);
  if (equal(engine_id, own_engine_id) || !usm::legal_engine_id(engine_id)) return {};
  return engine_id;
}

/// Writes one notification, last object first.
class AlarmWriter {
 public:
  AlarmWriter(const alarm::RecordView& record, const AlarmFormatInput& input, ber::Writer& writer)
      : record_(record),
        header_(record.header()),
        input_(input),
        writer_(writer),
        shape_(shape_of(header_)) {}

  bool write() {
    write_tail();
    write_state();
    write_classification();
    write_identity();
    return snmp::write_notification_head(writer_, input_.sys_up_time, notification_of(shape_));
  }

 private:
  void write_tail() {
    if (shape_ == Shape::kResync) return write_tail_of_resync();
    if (header_.kind == alarm::Kind::kAcknowledge) {
      text(instance(mib::kTrapdAlarmAcknowledgedBy), Field::kOperator);
    }
    if (shape_ == Shape::kRaise || shape_ == Shape::kEvent) {
      text(instance(mib::kTrapdAlarmRule), Field::kRule);
    } else {
      integer(instance(mib::kTrapdAlarmPreviousSeverity), previous_severity());
    }
    if (header_.kind == alarm::Kind::kAcknowledge) {
      integer(instance(mib::kTrapdAlarmAcknowledged), kTrue);
    } else if (header_.outcome != alarm::Outcome::kRepeat && shape_ != Shape::kClear) {
      integer(instance(mib::kTrapdAlarmAcknowledged), kFalse);
    }
    write_place();
  }

  void write_tail_of_resync() {
    text(instance(mib::kTrapdAlarmAcknowledgedBy), Field::kOperator);
    const bool acknowledged = !record_.field(Field::kOperator).empty();
    integer(instance(mib::kTrapdAlarmAcknowledged), acknowledged ? kTrue : kFalse);
    write_place();
  }

  void write_place() {
    text(instance(mib::kTrapdAlarmTenant), Field::kTenant);
    text(instance(mib::kTrapdAlarmSite), Field::kSite);
  }

  void write_state() {
    const snmp::OidView trap_oid = record_.trap_oid();
    snmp::write_varbind_oid(writer_, instance(mib::kTrapdAlarmTrapOid),
                            trap_oid.empty() ? snmp::OidView(ByteView(kZeroDotZero)) : trap_oid);
    snmp::write_varbind_unsigned(writer_, instance(mib::kTrapdAlarmRepeatCount), ber::kGauge32,
                                 std::max(header_.repeat_count, std::uint32_t{1}));
    octets(instance(mib::kTrapdAlarmLastChange), snmp::date_and_time(header_.received_wall_ns));
    octets(instance(mib::kTrapdAlarmFirstRaised), first_raised());
    write_text();
  }

  void write_text() {
    std::string varbinds;
    if (input_.mib != nullptr && says_only_its_name(record_)) {
      varbinds = varbinds_text(record_, *input_.mib, snmp::kTextOctetsMax);
    }
    const ByteView words = varbinds.empty() ? record_.field(Field::kText) : as_bytes(varbinds);
    snmp::write_varbind_octets(writer_, instance(mib::kTrapdAlarmText),
                               snmp::text_prefix(words, snmp::kTextOctetsMax));
  }

  void write_classification() {
    integer(instance(mib::kTrapdAlarmProbableCause), header_.probable_cause);
    integer(instance(mib::kTrapdAlarmEventType), static_cast<std::int32_t>(header_.type));
    const alarm::Severity severity =
        shape_ == Shape::kClear ? alarm::Severity::kCleared : header_.severity;
    integer(instance(mib::kTrapdAlarmSeverity), static_cast<std::int32_t>(severity));
    text(instance(mib::kTrapdAlarmResource), Field::kResource);
    text(instance(mib::kTrapdAlarmName), Field::kAlarmName);
  }

  void write_identity() {
    snmp::write_varbind_octets(writer_, instance(mib::kTrapdAlarmDeviceEngineId),
                               device_engine_id(record_, input_.own_engine_id));
    const bool received = header_.kind == alarm::Kind::kNotification;
    const std::string address = received ? header_.source.address_text() : std::string();
    snmp::write_varbind_octets(writer_, instance(mib::kTrapdAlarmDeviceAddress), as_bytes(address));
    text(instance(mib::kTrapdAlarmDeviceName), Field::kDeviceName);
    counter(instance(mib::kTrapdAlarmId), header_.alarm_id);
    counter(instance(mib::kTrapdAlarmSequence), input_.destination_sequence);
  }

  std::int32_t previous_severity() const {
    const bool known =
        header_.outcome == alarm::Outcome::kChange || header_.outcome == alarm::Outcome::kClear;
    return static_cast<std::int32_t>(known ? header_.previous_severity : header_.severity);
  }
  snmp::DateAndTime first_raised() const {
    const std::int64_t raised = record_.extension().first_raised_wall_ns;
    if (raised != 0) return snmp::date_and_time(raised);
    const bool first = shape_ == Shape::kRaise || shape_ == Shape::kEvent;
    return first ? snmp::date_and_time(header_.received_wall_ns) : snmp::unknown_date_and_time();
  }

  void text(snmp::OidView name, Field field) {
    const ByteView value = snmp::text_prefix(record_.field(field), snmp::kAdminStringOctetsMax);
    snmp::write_varbind_octets(writer_, name, value);
  }
  void integer(snmp::OidView name, std::int32_t value) {
    snmp::write_varbind_integer(writer_, name, value);
  }
  void counter(snmp::OidView name, std::uint64_t value) {
    snmp::write_varbind_unsigned(writer_, name, ber::kCounter64, value);
  }
  void octets(snmp::OidView name, const snmp::DateAndTime& value) {
    snmp::write_varbind_octets(writer_, name, value.view());
  }

  const alarm::RecordView& record_;
  const alarm::RecordHeader& header_;
  const AlarmFormatInput& input_;
  ber::Writer& writer_;
  const Shape shape_;
};

}  // namespace

bool write_alarm_varbinds(const alarm::RecordView& record, const AlarmFormatInput& input,
                          ber::Writer& writer) {
  const bool resync = record.has(alarm::RecordFlag::kResync);
  if (resync && record.header().alarm_id == 0) {  // its start or end: the objects are there
    writer.raw(record.field(Field::kVarbinds));
    snmp::write_varbind_unsigned(writer, instance(mib::kTrapdAlarmSequence), ber::kCounter64,
                                 input.destination_sequence);
    return snmp::write_notification_head(writer, input.sys_up_time, record.trap_oid());
  }
  return AlarmWriter(record, input, writer).write();
}

bool write_heartbeat_varbinds(const Heartbeat& heartbeat, ber::Writer& writer) {
  if (heartbeat.lost_records) {
    snmp::write_varbind_unsigned(writer, instance(mib::kTrapdLostCount), ber::kCounter64,
                                 *heartbeat.lost_records);
  }
  snmp::write_varbind_unsigned(writer, instance(mib::kTrapdLastSequence), ber::kCounter64,
                               heartbeat.last_sequence);
  if (heartbeat.active_alarms) {
    snmp::write_varbind_unsigned(writer, instance(mib::kTrapdActiveAlarmCount), ber::kGauge32,
                                 std::min(*heartbeat.active_alarms, std::uint64_t{0xffffffff}));
  }
  snmp::write_varbind_unsigned(writer, instance(mib::kTrapdAlarmSequence), ber::kCounter64,
                               heartbeat.last_sequence);
  return snmp::write_notification_head(writer, heartbeat.sys_up_time, mib::kTrapdHeartbeat);
}

bool write_list_rebuilt_varbinds(const ListRebuilt& rebuilt, ber::Writer& writer) {
  snmp::write_varbind_integer(writer, instance(mib::kTrapdRebuildReason), rebuilt.reason);
  if (rebuilt.active_alarms) {
    snmp::write_varbind_unsigned(writer, instance(mib::kTrapdActiveAlarmCount), ber::kGauge32,
                                 std::min(*rebuilt.active_alarms, std::uint64_t{0xffffffff}));
  }
  snmp::write_varbind_unsigned(writer, instance(mib::kTrapdAlarmSequence), ber::kCounter64, 0);
  return snmp::write_notification_head(writer, rebuilt.sys_up_time, mib::kTrapdListRebuilt);
}

}  // namespace trapd::forwarders
