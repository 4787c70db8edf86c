// SPDX-License-Identifier: Apache-2.0
// Format `alarm`: a record as a notification of TRAPD-MIB, in the words of X.733 and X.736, with
// the sequence number by which a receiver sees that it has missed one.
//
//   outcome of the record            notification
//   raise                            trapdAlarmRaise
//   change, repeat, acknowledgement  trapdAlarmChange
//   clear, by whomever               trapdAlarmClear
//   event, clear without raise       trapdEvent
//   of a resynchronisation           trapdResyncStart, trapdResyncAlarm, trapdResyncEnd; they take
//                                    no number of their own, as the heartbeat does not
//
// The objects of each are those of its OBJECTS clause, in that order. Two of them a record does
// not always know, since it is one notification and not the whole alarm: trapdAlarmFirstRaised is
// then eight zero octets, and trapdAlarmAcknowledged is left out, so that no receiver takes back
// an acknowledgement that holds. trapd's own conditions go out like everybody's.
#pragma once

#include <cstdint>
#include <optional>

#include "mib/index.h"
#include "trapd/alarm/record.h"
#include "trapd/base/bytes.h"
#include "trapd/ber/writer.h"

namespace trapd::forwarders {

/// What the record does not say.
struct AlarmFormatInput {
  std::uint64_t destination_sequence = 0;
  std::uint32_t sys_up_time = 0;  // ours, in hundredths of a second: we originate this
  ByteView own_engine_id;
  /// trapdAlarmText of a notification that no rule knows: its varbinds, by these names. Without it
  /// the text is the record's.
  const mib::MibIndex* mib = nullptr;
};
/// Writes the content of the VarBindList. False when it does not fit the writer's buffer.
bool write_alarm_varbinds(const alarm::RecordView& record, const AlarmFormatInput& input,
                          ber::Writer& writer);

struct Heartbeat {
  std::uint64_t last_sequence = 0;  // of the last record that was delivered
  std::uint32_t sys_up_time = 0;
  // Left out when nobody knows them.
  std::optional<std::uint64_t> active_alarms;
  std::optional<std::uint64_t> lost_records;
};
/// trapdHeartbeat. It takes no sequence number of its own: trapdAlarmSequence repeats the last
/// one, so that the numbers of alarms stay without gaps.
bool write_heartbeat_varbinds(const Heartbeat& heartbeat, ber::Writer& writer);

struct ListRebuilt {
  std::uint32_t sys_up_time = 0;
  std::optional<std::uint64_t> active_alarms;
  std::int32_t reason = 0;  // trapdRebuildReason
};
/// trapdListRebuilt: the first notification of a numbering that begins anew; trapdAlarmSequence is
/// 0, that of no alarm.
bool write_list_rebuilt_varbinds(const ListRebuilt& rebuilt, ber::Writer& writer);

}  // namespace trapd::forwarders
