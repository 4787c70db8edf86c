// SPDX-License-Identifier: Apache-2.0
// The journal record: one notification with its classification and outcome, self-contained and
// versioned, so that a reader needs nothing else to deliver it (trapd/journal/FORMAT.md).
//
//   RecordHeader | RecordExtension | lengths of the fields (u16 each) | fields in the order of
//   Field | varbinds
//
// Version 1, which older stores hold, has no extension and only the first sixteen fields.
//
// A worker encodes it straight into its ring; the ledger fills sequence, outcome and alarm id;
// destinations read it. Nothing in it points anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "trapd/alarm/x733.h"
#include "trapd/base/bytes.h"
#include "trapd/base/hash.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/oid.h"

namespace trapd::alarm {

inline constexpr std::uint8_t kRecordVersion = 2;

enum class Kind : std::uint8_t {
  kNotification = 1,    // from a device
  kOwn = 2,             // trapd's own condition (originated, outside the conservation law)
  kAcknowledge = 3,     // operator's action on an alarm
  kManualClear = 4,     // operator's action on an alarm
  kForgetEngine = 5,    // operator: the engine's boots and time are forgotten
  kAutomaticClear = 6,  // the ledger's: timeout, restart of the device, end of flapping
  kSettled = 7,         // the ledger's: an alarm flaps no more and is active
};

enum class Outcome : std::uint8_t {
  kEvent = 0,              // stateless
  kRaise = 1,              // a new active alarm
  kRepeat = 2,             // the same alarm again, nothing changed but count and time
  kChange = 3,             // severity changed
  kClear = 4,              // the alarm left the active list
  kClearWithoutRaise = 5,  // a clear for which nothing was active
  kHeld = 6,               // a raise, clear or severity of an alarm that flaps: it stays active
};
const char* to_text(Outcome outcome);

/// How the classifier sees it: what the correlator does with the alarm key.
enum class Action : std::uint8_t {
  kEvent = 0,  // no state
  kRaise = 1,  // raise or repeat (severity says how bad)
  kClear = 2,  // clears the alarm of the same key
};

enum class RecordFlag : std::uint8_t {
  kInform = 1,
  kMalformed = 2,  // the first two varbinds were not as RFC 3416 wants (PDU-02)
  kTimeWindowWaived = 4,
  kFromV1 = 8,
  kRelayed = 16,       // device taken from snmpTrapAddress.0 of a trusted relay
  kClearsDevice = 32,  // the device restarted: its alarms end (rule)
  kResync = 64,        // made for a resynchronisation; never in the journal
  kMarksDevice = 128,  // the device restarted: its alarms are unsure until they come again (rule)
};

enum class Field : std::uint8_t {
  kAuthoritativeEngineId,  // v3: of the message (ours for an inform)
  kContextEngineId,
  kContextName,
  kSecurityName,  // USM user; for v1/v2c the name of the configured community, not its text
  kDevice,        // stable identity: hex engine id, inventory name's key, or address
  kDeviceName,    // for people: inventory name, else the address
  kSite,
  kTenant,
  kTrapOid,       // BER content
  kEnterprise,    // BER content; v1 only
  kAgentAddress,  // four octets; v1 only
  kRule,          // name of the rule that classified it; empty = none
  kAlarmName,
  kResource,
  kText,      // one line for people, UTF-8, made by the rule from the varbinds
  kOperator,  // who, for operator actions
  kLabels,    // of the rule: "key=value" lines, without a line feed at the end
  kReason,    // why, for operator actions; empty = not said
  kReserved2,
  kReserved3,
  kVarbinds,  // content of the VarBindList without sysUpTime.0 and snmpTrapOID.0
  kCount
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::kCount);

/// Little-endian, no padding; FORMAT.md says the same in words.
struct RecordHeader {
  std::uint32_t size = 0;  // whole record, a multiple of 8
  std::uint8_t version = kRecordVersion;
  Kind kind = Kind::kNotification;
  std::uint8_t snmp_version = 0;    // 0 v1, 1 v2c, 3 v3
  std::uint8_t security_level = 0;  // snmp::SecurityLevel
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  Action action = Action::kEvent;
  Outcome outcome = Outcome::kEvent;  // ledger
  std::uint16_t probable_cause = kCauseOther;
  std::uint8_t flags = 0;                           // RecordFlag
  Severity previous_severity = Severity::kCleared;  // ledger, kChange and kClear
  std::uint64_t sequence = 0;                       // ledger; 1, 2, 3 …
  std::uint64_t alarm_id = 0;                       // ledger; 0 = none
  std::int64_t received_wall_ns = 0;                // the kernel's stamp
  std::uint32_t sys_up_time = 0;                    // hundredths of seconds
  std::uint32_t engine_boots = 0;                   // v3
  std::uint32_t engine_time = 0;                    // v3, seconds
  std::int32_t request_id = 0;
  std::uint64_t retransmission_hash = 0;  // informs: source, user, context engine, PDU; else 0
  std::uint64_t duplicate_hash = 0;       // authenticated datagrams: of the digest; else 0
  Endpoint source;
  std::uint32_t repeat_count = 0;  // ledger: how often this alarm came, this one included
  std::uint16_t listener = 0;
  std::uint16_t node = 0;  // reserved: many machines
  std::uint32_t varbind_octets = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(RecordHeader) == 112, "written to disk as it stands");

/// What version 2 added.
struct RecordExtension {
  std::int64_t first_raised_wall_ns = 0;  // ledger; of this alarm, 0 = no alarm
  std::uint32_t timeout_s = 0;     // the rule's: without a repeat for so long it clears; 0 = never
  std::uint32_t flap_changes = 0;  // ledger; changes of this alarm while it flaps, 0 = does not
};
static_assert(sizeof(RecordExtension) == 16, "written to disk as it stands");

inline constexpr std::size_t kRecordLengthsAt = sizeof(RecordHeader) + sizeof(RecordExtension);
inline constexpr std::size_t kRecordFixedOctets =
    kRecordLengthsAt + 2 * (kFieldCount - 1);  // varbinds' length is in the header
static_assert(kRecordFixedOctets % 8 == 0);
/// Largest record: a full datagram of varbinds and every other field at its longest.
inline constexpr std::size_t kFieldOctetsMax = 1024;
inline constexpr std::size_t kRecordOctetsMax = 96 * 1024;
inline constexpr std::size_t kRecordPaddingOctets = 8;
constexpr std::size_t padded_record_octets(std::size_t octets) {
  return (octets + kRecordPaddingOctets - 1) / kRecordPaddingOctets * kRecordPaddingOctets;
}

/// What goes into a record. Views are borrowed until encode() returns.
struct RecordFields {
  RecordHeader header;
  RecordExtension extension;
  std::array<ByteView, kFieldCount> fields{};

  ByteView& operator[](Field field) { return fields[static_cast<std::size_t>(field)]; }
  ByteView operator[](Field field) const { return fields[static_cast<std::size_t>(field)]; }
  void set(Field field, std::string_view text) { (*this)[field] = as_bytes(text); }
};

/// Of a record of this version in memory.
inline RecordExtension& extension_of(RecordHeader& header) {
  return *reinterpret_cast<RecordExtension*>(&header + 1);
}

/// Encoded size. Fields other than varbinds are cut to kFieldOctetsMax.
std::size_t encoded_size(const RecordFields& fields);
/// Writes the record to the start of `out`; returns its size, 0 when it does not fit.
std::size_t encode(const RecordFields& fields, MutableBytes out);
/// No record without varbinds is larger.
inline constexpr std::size_t kRecordFieldsOctetsMax =
    kRecordFixedOctets + (kFieldCount - 1) * kFieldOctetsMax + 8;

class RecordView;

/// Where the fields of a record stand, for who asks for many of them: in the record are only their
/// lengths. With the hash of its device, which several tables have for a key. Of a copy of the
/// record too.
class FieldPlaces {
 public:
  FieldPlaces() = default;  // of none
  /// valid() has been asked.
  explicit FieldPlaces(const RecordView& record);

 private:
  friend class RecordView;
  template <typename AnyLayout>
  void find_fields(ByteView record, const AnyLayout& layout);

  std::array<std::uint16_t, kFieldCount> begins_;  // from the start of the record
  std::uint64_t device_hash_;
};

/// A record in place. Borrowed bytes; check valid() once for bytes that come from a file.
class RecordView {
 public:
  RecordView() = default;
  explicit RecordView(ByteView bytes) : bytes_(bytes) {}
  /// `places`, of this record, live as long as the view and its copies are asked for fields.
  RecordView(ByteView bytes, const FieldPlaces* places) : bytes_(bytes), places_(places) {}

  /// Version known, sizes consistent with the bytes.
  bool valid() const;
  const RecordHeader& header() const& {
    return *reinterpret_cast<const RecordHeader*>(bytes_.data());
  }
  /// All zeros in a record of version 1.
  const RecordExtension& extension() const&;
  ByteView field(Field field) const {
    if (places_ == nullptr) return searched_field(field);
    const auto index = static_cast<std::size_t>(field);
    const std::size_t begin = places_->begins_[index];
    const std::size_t octets = field == Field::kVarbinds
                                   ? header().varbind_octets
                                   : std::size_t{places_->begins_[index + 1]} - begin;
    return {bytes_.data() + begin, octets};
  }
  std::string_view text(Field field) const { return as_text(this->field(field)); }
  /// hash_bytes() of kDevice.
  std::uint64_t device_hash() const {
    return places_ != nullptr ? places_->device_hash_ : hash_bytes(field(Field::kDevice));
  }
  snmp::OidView trap_oid() const { return snmp::OidView(field(Field::kTrapOid)); }
  bool has(RecordFlag flag) const {
    return (header().flags & static_cast<std::uint8_t>(flag)) != 0;
  }
  ByteView bytes() const { return bytes_.first(header().size); }
  /// Of a copy of this record, with the places of this one.
  RecordView of_copy(ByteView bytes) const { return {bytes, places_}; }

 private:
  friend class FieldPlaces;
  ByteView searched_field(Field field) const;

  ByteView bytes_;  // 8-byte aligned
  const FieldPlaces* places_ = nullptr;
};

/// Records one behind the other, as in a batch or a packed journal value.
class RecordSequence {
 public:
  explicit RecordSequence(ByteView packed) : rest_(packed) {}
  /// False at the end or at the first damaged record; damaged() tells which.
  bool next(RecordView* record);
  bool damaged() const { return damaged_; }

 private:
  ByteView rest_;
  bool damaged_ = false;
};

}  // namespace trapd::alarm
