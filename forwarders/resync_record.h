// SPDX-License-Identifier: Apache-2.0
// Records that only a resynchronisation makes: they stand in no journal, carry
// RecordFlag::kResync, and go to one destination, whose format marks them.
//
//   start    trapd's own, trapdResyncStart; varbinds: target, active alarms
//   alarm    an active alarm as the list has it; outcome raise
//   clear    an alarm that left the list after it had been sent
//   end      trapd's own, trapdResyncEnd; varbinds: target, result, active alarms
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders {

/// trapdResyncResult.
enum class ResyncResult : std::uint8_t { kNone = 0, kCompleted = 1, kStopped = 2, kFailed = 3 };
const char* to_text(ResyncResult result);

/// An encoded record that owns its octets.
class ResyncRecord {
 public:
  struct Origin {
    std::string own_device;  // hexadecimal engine ID: tells own alarms from devices'
    std::string own_device_name;
    std::int64_t wall_ns = 0;
  };
  static ResyncRecord start(const Origin& origin, const std::string& target, std::uint64_t alarms);
  static ResyncRecord end(const Origin& origin, const std::string& target, ResyncResult result,
                          std::uint64_t alarms);
  static ResyncRecord alarm(const Origin& origin, const alarm::AlarmState& state);
  static ResyncRecord clear(const Origin& origin, const alarm::AlarmState& state);

  alarm::RecordView view() const {
    return alarm::RecordView(
        ByteView(reinterpret_cast<const std::uint8_t*>(words_.data()), words_.size() * 8));
  }

 private:
  explicit ResyncRecord(alarm::RecordFields fields);
  std::vector<std::uint64_t> words_;
};

/// "start", "alarm", "clear", "end"; null for a record of the journal.
const char* resync_text(const alarm::RecordView& record);

}  // namespace trapd::forwarders
