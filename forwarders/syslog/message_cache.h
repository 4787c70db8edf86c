// SPDX-License-Identifier: Apache-2.0
// Messages that were rendered lately. A device that tells of the same alarm again sends the same
// varbinds, and of what is rendered from them only the time, the ticks of sysUpTime and our own
// numbering differ: a message that is known is copied, and these three are written into it.
//
// What a message is known by is the whole record but for the members of its header that are in
// no message or are written anew (varying()); nothing is taken for the same by its hash alone.
//
// A message is kept when its record comes for the second time: one that never comes again costs no
// more than its hash.
//
// Bounds: kOctetsMax of records and messages; a message that would take more than kEntryOctetsMax
// is rendered each time. Two records that fall into one of kSlots drive each other out. One
// destination's; not shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "forwarders/forwarder.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders::syslog {

/// Where in an RFC 5424 message stands what the record is not known by.
struct Varying {
  bool known = false;            // else the message was shortened: what was left out is not told
  std::size_t time_at = 0;       // TIMESTAMP, kTimestampOctets
  std::size_t ticks_at = 0;      // value of sysUpTime.0
  std::size_t ticks_octets = 0;  // 0: it is not in the message
  std::size_t number_at = 0;     // sequenceId
  std::size_t number_octets = 0;
};

inline constexpr std::size_t kTimestampOctets = 27;  // "2026-11-23T06:15:15.123456Z"

class MessageCache {
 public:
  static constexpr std::size_t kSlots = 4096;
  static constexpr std::size_t kOctetsMax = 4 << 20;
  static constexpr std::size_t kEntryOctetsMax = 16 << 10;

  /// Replaces `out` when the record's message is known and has at most octets_max octets.
  bool find(const Item& item, std::size_t octets_max, std::string* out);
  /// `message` is what was rendered for the record.
  void put(const Item& item, const std::string& message, const Varying& varying);
  /// What would be rendered now differs: other names.
  void clear();
  /// Of records and messages, for tests.
  std::size_t octets() const { return octets_; }

 private:
  struct Slot {
    std::uint64_t seen = 0;  // the last one that was not known
    std::uint64_t hash = 0;
    alarm::RecordHeader header;      // as known_by() gives it
    std::vector<std::uint8_t> rest;  // of the record; empty: nothing is here
    std::string message;
    Varying varying;
    std::size_t octets() const { return rest.size() + message.size(); }
  };
  struct Key {
    alarm::RecordHeader header;
    ByteView rest;
    std::uint64_t hash = 0;
  };
  static Key key_of(const alarm::RecordView& record);
  void write(const Slot& slot, const Item& item, std::string* out);
  void append_time(std::int64_t wall_ns, std::string* out);
  void drop(Slot& slot);

  std::vector<Slot> slots_;  // none before the first put()
  std::size_t octets_ = 0;
  std::size_t hand_ = 0;  // what gives way next when there is too much
  std::int64_t second_ = -1;
  std::string second_text_;
};

}  // namespace trapd::forwarders::syslog
