// SPDX-License-Identifier: Apache-2.0
// What the journal should hold after the same operations, in plain containers and by plain rules of
// its own: nothing here calls the code that it is compared with.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/journal/fixtures.h"

namespace trapd::fault {

/// Twice the time window of RFC 3414 3.2 (7) for informs, once for traps, and what rounding takes.
inline constexpr std::int64_t kInformNs = 305 * kNsPerSecond;
inline constexpr std::int64_t kTrapNs = 155 * kNsPerSecond;

struct ModelRecord {
  alarm::Kind kind = alarm::Kind::kNotification;
  alarm::Outcome outcome = alarm::Outcome::kEvent;
  std::uint64_t alarm_id = 0;
  std::int32_t tag = 0;
  std::uint64_t content_hash = 0;
  std::uint64_t datagram_hash = 0;
  std::int64_t at_ns = 0;
};

struct ModelAlarm {
  std::string device;
  std::string name;
  std::string resource;
  alarm::Severity severity = alarm::Severity::kIndeterminate;
  std::uint32_t count = 0;
  std::uint64_t last_sequence = 0;
  std::string acknowledged_by;
  bool operator==(const ModelAlarm&) const = default;
};

class JournalModel {
 public:
  std::vector<ModelRecord> records;  // that of sequence n is records[n - 1]; nothing is trimmed
  std::map<std::uint64_t, ModelAlarm> alarms;
  journal::EngineMap engines;
  std::map<std::string, std::uint64_t> cursors;
  // Since the last start:
  std::uint64_t stored = 0;
  std::uint64_t originated = 0;
  std::uint64_t retransmissions = 0;
  std::uint64_t duplicates = 0;
  std::map<std::string, std::uint64_t> lost;

  std::uint64_t newest() const { return records.size(); }

  void notification(const journal::RecordSpec& spec, std::int64_t now_ns) {
    if (spec.security_level != 0) clock(spec.engine_id, spec.boots, spec.time);
    if (seen_before(spec.retransmission_hash, spec.duplicate_hash, now_ns, true)) return;
    append({.tag = spec.request_id,
            .content_hash = spec.retransmission_hash,
            .datagram_hash = spec.duplicate_hash,
            .at_ns = now_ns});
    ++stored;
    correlate({spec.device, spec.name, spec.resource}, spec.action, spec.severity);
    if ((spec.flags & static_cast<std::uint8_t>(alarm::RecordFlag::kClearsDevice)) != 0) {
      clear_device(spec.device, now_ns);
    }
  }
  void clock(const std::string& engine, std::uint32_t boots, std::uint32_t time) {
    const auto [known, added] = engines.try_emplace(engine, boots, time);
    if (!added) known->second = std::max(known->second, {boots, time});
  }
  void own(const std::string& device, const std::string& name, const std::string& resource,
           alarm::Severity severity, bool raised, std::int64_t now_ns) {
    if (!raised && !find({device, name, resource})) return;
    append({.kind = alarm::Kind::kOwn, .at_ns = now_ns});
    ++originated;
    correlate({device, name, resource}, raised ? alarm::Action::kRaise : alarm::Action::kClear,
              severity);
  }
  bool acknowledge(std::uint64_t id, const std::string& who, std::int64_t now_ns) {
    if (!alarms.contains(id)) return false;
    append({.kind = alarm::Kind::kAcknowledge, .alarm_id = id, .at_ns = now_ns});
    ++originated;
    alarms[id].acknowledged_by = who;
    alarms[id].last_sequence = newest();
    return true;
  }
  bool clear(std::uint64_t id, alarm::Kind kind, std::int64_t now_ns) {
    if (alarms.erase(id) == 0) return false;
    append({.kind = kind, .outcome = alarm::Outcome::kClear, .alarm_id = id, .at_ns = now_ns});
    ++originated;
    return true;
  }
  void forget(const std::string& engine, std::int64_t now_ns) {
    append({.kind = alarm::Kind::kForgetEngine, .at_ns = now_ns});
    ++originated;
    engines.erase(engine);
  }
  void report_cursor(const std::string& name, std::uint64_t through) {
    const auto [known, added] = cursors.try_emplace(name, through);
    if (!added) known->second = std::max(known->second, through);
  }
  /// The store has taken away what lies below.
  void trimmed(std::uint64_t oldest) {
    for (auto& [name, at] : cursors) {
      if (at + 1 >= oldest) continue;
      lost[name] += oldest - std::max(oldest_, at + 1);
      at = oldest - 1;
    }
    oldest_ = std::max(oldest_, oldest);
  }
  /// What came lately is known from the journal alone.
  void restart() {
    stored = originated = retransmissions = duplicates = 0;
    lost.clear();
    informs_.clear();
    datagrams_.clear();
    for (std::uint64_t sequence = oldest_; sequence <= newest(); ++sequence) {
      const ModelRecord& record = records[sequence - 1];
      seen_before(record.content_hash, record.datagram_hash, record.at_ns, false);
    }
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  using Seen = std::map<std::uint64_t, std::int64_t>;  // hash -> first time

  void append(ModelRecord record) { records.push_back(std::move(record)); }

  std::optional<std::uint64_t> find(const Key& key) const {
    for (const auto& [id, alarm] : alarms) {
      if (Key{alarm.device, alarm.name, alarm.resource} == key) return id;
    }
    return std::nullopt;
  }

  void correlate(const Key& key, alarm::Action action, alarm::Severity severity) {
    ModelRecord& record = records.back();
    if (action == alarm::Action::kEvent) return;
    const std::optional<std::uint64_t> id = find(key);
    if (action == alarm::Action::kClear || severity == alarm::Severity::kCleared) {
      record.outcome = id ? alarm::Outcome::kClear : alarm::Outcome::kClearWithoutRaise;
      record.alarm_id = id.value_or(0);
      if (id) alarms.erase(*id);
      return;
    }
    record.alarm_id = id.value_or(newest());
    ModelAlarm& alarm = alarms[record.alarm_id];
    if (!id) {
      record.outcome = alarm::Outcome::kRaise;
      std::tie(alarm.device, alarm.name, alarm.resource) = key;
    } else if (alarm.severity == severity) {
      record.outcome = alarm::Outcome::kRepeat;
    } else {
      record.outcome = alarm::Outcome::kChange;
      alarm.acknowledged_by.clear();
    }
    alarm.severity = severity;
    alarm.last_sequence = newest();
    ++alarm.count;
  }

  /// The device's alarms from before its restart, the newest first.
  void clear_device(const std::string& device, std::int64_t now_ns) {
    std::vector<std::uint64_t> older;
    for (const auto& [id, alarm] : alarms) {
      if (alarm.device == device && alarm.last_sequence < newest()) older.push_back(id);
    }
    for (auto id = older.rbegin(); id != older.rend(); ++id) {
      clear(*id, alarm::Kind::kAutomaticClear, now_ns);
    }
  }

  static bool seen(Seen* table, std::uint64_t hash, std::int64_t now_ns, std::int64_t window_ns) {
    if (hash == 0) return false;
    const auto [known, added] = table->try_emplace(hash, now_ns);
    if (added || now_ns - known->second <= window_ns) return !added;
    known->second = now_ns;
    return false;
  }
  bool seen_before(std::uint64_t content, std::uint64_t datagram, std::int64_t now_ns, bool count) {
    const bool inform = content != 0;
    const bool same_content = seen(&informs_, content, now_ns, kInformNs);
    const bool same_datagram = inform ? seen(&informs_, datagram, now_ns, kInformNs)
                                      : seen(&datagrams_, datagram, now_ns, kTrapNs);
    if (count && same_content) ++retransmissions;
    if (count && !same_content && same_datagram) ++duplicates;
    return same_content || same_datagram;
  }

  std::uint64_t oldest_ = 1;
  Seen informs_;
  Seen datagrams_;
};

}  // namespace trapd::fault
