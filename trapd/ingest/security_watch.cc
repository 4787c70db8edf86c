// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/security_watch.h"

#include <optional>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"

namespace trapd::ingest {

using alarm::OwnCondition;
using snmp::DropReason;

namespace {

constexpr std::int64_t kBehindWindowNs = 300 * kNsPerSecond;
constexpr std::uint32_t kBehindMessages = 3;

/// Which refusals are security alarms of our own; the others are counted and logged only.
std::optional<OwnCondition> condition_of(DropReason reason) {
  switch (reason) {
    case DropReason::kV1Refused:
    case DropReason::kV2cRefused:
    case DropReason::kBadCommunity:
    case DropReason::kNoAuthNoPriv:
    case DropReason::kAuthNoPriv:
    case DropReason::kLevelBelowUser:
    case DropReason::kUnsupportedSecLevel:
    case DropReason::kWeakAlgorithm:
      return OwnCondition::kWeakSecurity;
    case DropReason::kUnknownUser:
      return OwnCondition::kUnknownUser;
    case DropReason::kWrongDigest:
    case DropReason::kDecryptionError:
      return OwnCondition::kWrongDigest;
    case DropReason::kNotInTimeWindow:
    case DropReason::kBootsMaximum:
      return OwnCondition::kNotInTimeWindow;
    case DropReason::kEngineTableFull:
      return OwnCondition::kEngineTableFull;
    case DropReason::kKernel:
    case DropReason::kSourceAcl:
    case DropReason::kRefusedRate:
    case DropReason::kMalformed:
    case DropReason::kBadVersion:
    case DropReason::kUnknownSecurityModel:
    case DropReason::kInvalidFlags:
    case DropReason::kUnknownEngine:
    case DropReason::kDiscovery:
    case DropReason::kTimeSync:
    case DropReason::kResponse:
    case DropReason::kGet:
    case DropReason::kTooBig:
    case DropReason::kUntranslatable:
    case DropReason::kLoop:
    case DropReason::kRule:
    case DropReason::kCount:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Answered protocol exchanges are no news.
bool worth_a_line(DropReason reason) {
  return reason != DropReason::kDiscovery && reason != DropReason::kTimeSync;
}

std::string engine_text(const RefusalNotice& notice) {
  return to_hex(ByteView(notice.engine_id).first(notice.engine_id_octets));
}

}  // namespace

std::string describe(const RefusalNotice& notice) {
  std::string line = fmt::format("refused ({}): {} octets from {} to {}", label(notice.reason),
                                 notice.datagram_octets, notice.source.text(), notice.local.text());
  if (notice.engine_id_octets > 0) line += ", engine " + engine_text(notice);
  if (notice.user_octets > 0) {
    line += fmt::format(", user {}", std::string_view(notice.user.data(), notice.user_octets));
  }
  if (notice.reason == DropReason::kNotInTimeWindow) {
    line += fmt::format(", boots {} time {}", notice.boots, notice.time);
  }
  return line + ": " + text(notice.reason);
}

void SecurityWatch::see(const RefusalNotice& notice, std::int64_t monotonic_ns) {
  if (worth_a_line(notice.reason)) {
    log::limited(log::Level::kWarning,
                 std::string(label(notice.reason)) + " " + notice.source.address_text(),
                 describe(notice));
  }
  if (const auto condition = condition_of(notice.reason)) watch(*condition, notice, monotonic_ns);
  const bool behind = notice.window == usm::EngineClock::Verdict::kBootsLower ||
                      notice.window == usm::EngineClock::Verdict::kTooOld;
  if (notice.reason == DropReason::kNotInTimeWindow && notice.authenticated && behind) {
    watch_boots(notice, monotonic_ns);
  }
}

void SecurityWatch::watch(OwnCondition condition, const RefusalNotice& notice,
                          std::int64_t now_ns) {
  Key key{condition, notice.source.address_text()};
  auto found = watched_.find(key);
  if (found == watched_.end()) {
    if (watched_.size() >= kWatchedMax) return;
    found = watched_.emplace(std::move(key), Watched{}).first;
    sink_.raise(condition, found->first.second, describe(notice));
  }
  found->second.last_ns = now_ns;
  ++found->second.count;
}

void SecurityWatch::watch_boots(const RefusalNotice& notice, std::int64_t now_ns) {
  const std::string engine = engine_text(notice);
  auto found = behind_.find(engine);
  if (found == behind_.end()) {
    if (behind_.size() >= kWatchedMax) return;
    found = behind_.emplace(engine, Behind{}).first;
  }
  Behind& behind = found->second;
  if (now_ns - behind.first_ns > kBehindWindowNs && !behind.raised)
    behind = Behind{.first_ns = now_ns};
  const bool moved_on = notice.boots > behind.last_boots ||
                        (notice.boots == behind.last_boots && notice.time > behind.last_time) ||
                        behind.moved_on == 0;
  if (moved_on) ++behind.moved_on;
  behind.last_boots = notice.boots;
  behind.last_time = notice.time;
  behind.last_ns = now_ns;
  remember_clock(ByteView(notice.engine_id).first(notice.engine_id_octets), &behind);
  if (behind.raised || behind.moved_on < kBehindMessages) return;
  behind.raised = true;
  sink_.raise(
      OwnCondition::kBootsStuck, engine,
      fmt::format("engine {} at {} signs with boots {} time {}, which are behind what it used "
                  "before: it has forgotten its boots, or somebody replays it. If it is the "
                  "device: trapctl store forget-engine {}, and have its boots kept; or set "
                  "time_window for it under devices:",
                  engine, notice.source.text(), notice.boots, notice.time, engine));
}

void SecurityWatch::remember_clock(ByteView engine_id, Behind* behind) {
  behind->clock = engines_.find(engine_id);
  if (behind->clock != nullptr) behind->at_last_refusal = behind->clock->state();
}

bool SecurityWatch::Behind::accepted_since() const {
  if (clock == nullptr) return false;
  const usm::EngineClock::State now = clock->state();
  return now.boots > at_last_refusal.boots ||
         (now.boots == at_last_refusal.boots && now.latest_time > at_last_refusal.latest_time);
}

bool SecurityWatch::resume(OwnCondition condition, const std::string& resource,
                           std::int64_t monotonic_ns) {
  switch (condition) {
    case OwnCondition::kWeakSecurity:
    case OwnCondition::kUnknownUser:
    case OwnCondition::kWrongDigest:
    case OwnCondition::kNotInTimeWindow:
    case OwnCondition::kEngineTableFull:
      watched_[{condition, resource}] = Watched{.last_ns = monotonic_ns, .count = 0};
      return true;
    case OwnCondition::kBootsStuck: {
      Behind& behind = behind_[resource];
      behind.first_ns = behind.last_ns = monotonic_ns;
      behind.raised = true;
      if (const auto engine_id = from_hex(resource)) remember_clock(*engine_id, &behind);
      return true;
    }
    case OwnCondition::kStarted:
    case OwnCondition::kStopping:
    case OwnCondition::kTest:
    case OwnCondition::kBootsLost:
    case OwnCondition::kAlarmTableFull:
    case OwnCondition::kDestinationDown:
    case OwnCondition::kDestinationLost:
    case OwnCondition::kStoreFull:
    case OwnCondition::kStoreFailed:
    case OwnCondition::kKernelDrops:
    case OwnCondition::kReloadFailed:
    case OwnCondition::kCount:
      return false;
  }
  return false;
}

void SecurityWatch::forget_engine(ByteView engine_id) {
  const auto found = behind_.find(to_hex(engine_id));
  if (found == behind_.end()) return;
  if (found->second.raised) {
    sink_.clear(OwnCondition::kBootsStuck, found->first, "the engine was forgotten by order");
  }
  behind_.erase(found);
}

void SecurityWatch::tick(std::int64_t monotonic_ns) {
  const std::int64_t quiet_since = monotonic_ns - kQuietSeconds * kNsPerSecond;
  for (auto it = watched_.begin(); it != watched_.end();) {
    if (it->second.last_ns > quiet_since) {
      ++it;
      continue;
    }
    sink_.clear(it->first.first, it->first.second,
                fmt::format("quiet for {} s after {} refusals", kQuietSeconds, it->second.count));
    it = watched_.erase(it);
  }
  const std::int64_t accepted_before = monotonic_ns - kAcceptedSeconds * kNsPerSecond;
  for (auto it = behind_.begin(); it != behind_.end();) {
    const Behind& behind = it->second;
    const bool accepted = behind.last_ns <= accepted_before && behind.accepted_since();
    if (!accepted && behind.last_ns > quiet_since) {
      ++it;
      continue;
    }
    if (behind.raised) {
      sink_.clear(OwnCondition::kBootsStuck, it->first,
                  accepted ? "its messages are accepted again" : "not seen any more");
    }
    it = behind_.erase(it);
  }
}

}  // namespace trapd::ingest
