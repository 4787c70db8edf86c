// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/security_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"
#include "trapd/snmp/utf8.h"

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
    case DropReason::kUnknownEngine:
      return OwnCondition::kUnknownEngine;
    case DropReason::kWrongDigest:
      return OwnCondition::kWrongDigest;
    case DropReason::kDecryptionError:
      return OwnCondition::kDecryptionError;
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

/// Who asks the agent without being named there seeks access; a listener is sent many a thing by
/// devices that nobody has got round to.
std::optional<OwnCondition> condition_of(const RefusalNotice& notice) {
  const bool not_allowed = notice.at_agent && notice.reason == DropReason::kSourceAcl;
  return not_allowed ? OwnCondition::kUnknownUser : condition_of(notice.reason);
}

/// Answered protocol exchanges are no news.
bool worth_a_line(DropReason reason) {
  return reason != DropReason::kDiscovery && reason != DropReason::kTimeSync;
}

std::string engine_text(const RefusalNotice& notice) {
  return to_hex(ByteView(notice.engine_id).first(notice.engine_id_octets));
}

/// A name nobody has vouched for: at most 32 octets, so at most 128 characters.
std::string printable(ByteView name) {
  std::string text;
  while (!name.empty()) {
    const std::size_t octets = snmp::printable_utf8_octets(name);
    if (octets == 0) {
      text += fmt::format("\\x{:02x}", name.front());
    } else {
      text += as_text(name.first(octets));
    }
    name = name.subspan(std::max<std::size_t>(octets, 1));
  }
  return text;
}

alarm::Severity worse(alarm::Severity severity) {
  switch (severity) {
    case alarm::Severity::kMinor:
      return alarm::Severity::kMajor;
    case alarm::Severity::kMajor:
    case alarm::Severity::kCritical:
      return alarm::Severity::kCritical;
    case alarm::Severity::kCleared:
    case alarm::Severity::kIndeterminate:
    case alarm::Severity::kWarning:
      return alarm::Severity::kMinor;
  }
  return severity;
}

/// With the one further place that all share who find no other.
bool has_room(std::size_t sources, const std::string& resource) {
  return sources < SecurityWatch::kSourcesMax || resource == SecurityWatch::kManySources;
}

const char* meaning(const RefusalNotice& notice) {
  if (!notice.at_agent) return text(notice.reason);
  if (notice.reason == DropReason::kSourceAcl) return "the source is not in allow: of agent:";
  if (notice.reason == DropReason::kUnknownUser && notice.authenticated) {
    return "the user is authentic, and none of the agent's (use: [agent])";
  }
  return text(notice.reason);
}

}  // namespace

std::string describe(const RefusalNotice& notice) {
  std::string line = fmt::format(
      "{} ({}): {} octets from {} to {}", notice.at_agent ? "refused by the agent" : "refused",
      label(notice.reason), notice.datagram_octets, notice.source.text(), notice.local.text());
  if (notice.engine_id_octets > 0) line += ", engine " + engine_text(notice);
  if (notice.user_octets > 0) {
    const std::string_view user(notice.user.data(), notice.user_octets);
    line += fmt::format(", user {}", printable(as_bytes(user)));
  }
  if (notice.reason == DropReason::kNotInTimeWindow) {
    line += fmt::format(", boots {} time {}", notice.boots, notice.time);
  }
  return line + ": " + meaning(notice);
}

void SecurityWatch::see(const RefusalNotice& notice, std::int64_t monotonic_ns) {
  if (notice.storm_device_octets > 0) return watch_storm(notice, monotonic_ns);
  if (worth_a_line(notice.reason)) {
    log::limited(log::Level::kWarning,
                 std::string(label(notice.reason)) + " " + notice.source.address_text(),
                 describe(notice), log::KeyOf::kStranger);
  }
  if (const auto condition = condition_of(notice)) {
    const bool table = *condition == OwnCondition::kEngineTableFull;
    watch(*condition, table ? kEngineTable : notice.source.address_text(), describe(notice),
          monotonic_ns);
  }
  const bool behind = notice.window == usm::EngineClock::Verdict::kBootsLower ||
                      notice.window == usm::EngineClock::Verdict::kTooOld;
  if (notice.reason == DropReason::kNotInTimeWindow && notice.authenticated && behind) {
    watch_boots(notice, monotonic_ns);
  }
}

void SecurityWatch::see(const journal::ReplayNotice& replay, std::int64_t monotonic_ns) {
  const std::string source = replay.source.address_text();
  const std::string text = fmt::format(
      "an authenticated message of {} (user {}) came from {} once more {} s after its first time: "
      "somebody has recorded it, or the network holds datagrams back; it was not taken again",
      replay.device_name, printable(as_bytes(replay.user)), replay.source.text(),
      replay.age_ns / kNsPerSecond);
  log::limited(log::Level::kWarning, "replay " + source, text, log::KeyOf::kStranger);
  watch(OwnCondition::kReplay, source, text, monotonic_ns);
}

void SecurityWatch::watch_storm(const RefusalNotice& notice, std::int64_t now_ns) {
  const std::string device(notice.storm_device.data(), notice.storm_device_octets);
  const std::string text = fmt::format(
      "device {} at {} sends more than rate.per_engine allows: the excess is suppressed", device,
      notice.source.text());
  log::limited(log::Level::kWarning, "storm " + device, text);
  watch(OwnCondition::kStorm, device, text, now_ns);
}

void SecurityWatch::watch(OwnCondition condition, std::string resource, const std::string& text,
                          std::int64_t now_ns) {
  Sources& sources = watched_[condition];
  auto found = sources.find(resource);
  if (found == sources.end()) {
    if (!has_room(sources.size(), resource)) return watch(condition, kManySources, text, now_ns);
    if (!sink_.raise(condition, resource, text)) return;  // the next one tries again
    found = sources.emplace(std::move(resource), Watched{.rate_since_ns = now_ns}).first;
  }
  found->second.last_ns = now_ns;
  ++found->second.count;
  ++found->second.rate_count;
}

SecurityWatch::Behind* SecurityWatch::behind_of(const std::string& engine, std::int64_t now_ns) {
  auto found = behind_.find(engine);
  if (found == behind_.end()) {
    if (behind_.size() >= kEnginesMax) return nullptr;
    found = behind_.emplace(engine, Behind{}).first;
  }
  Behind& behind = found->second;
  if (now_ns - behind.first_ns > kBehindWindowNs && !behind.raised)
    behind = Behind{.first_ns = now_ns};
  return &behind;
}

void SecurityWatch::watch_boots(const RefusalNotice& notice, std::int64_t now_ns) {
  const std::string engine = engine_text(notice);
  Behind* const behind = behind_of(engine, now_ns);
  if (behind == nullptr) return;
  const bool moved_on = notice.boots > behind->last_boots ||
                        (notice.boots == behind->last_boots && notice.time > behind->last_time) ||
                        behind->moved_on == 0;
  if (moved_on) ++behind->moved_on;
  if (behind->accepted_since()) ++behind->accepted_between;
  behind->last_boots = notice.boots;
  behind->last_time = notice.time;
  behind->last_ns = now_ns;
  remember_clock(ByteView(notice.engine_id).first(notice.engine_id_octets), behind);
  if (behind->moved_on >= kBehindMessages) judge_behind(engine, notice, behind);
}

/// One that seemed to have forgotten its boots may turn out to be a second one.
void SecurityWatch::judge_behind(const std::string& engine, const RefusalNotice& notice,
                                 Behind* behind) {
  const OwnCondition condition = behind->accepted_between >= kAcceptedBetween
                                     ? OwnCondition::kCloneEngine
                                     : OwnCondition::kBootsStuck;
  if (behind->raised == condition || behind->raised == OwnCondition::kCloneEngine) return;
  const std::string who =
      fmt::format("engine {} at {} signs with boots {} time {}, which are behind", engine,
                  notice.source.text(), notice.boots, notice.time);
  const std::string text =
      condition == OwnCondition::kCloneEngine
          ? who +
                " those of messages that are accepted in between: two devices use this engine ID, "
                "or somebody replays the messages of one; trapctl devices shows where the accepted "
                "ones come from. If they are two, give one of them another engine ID"
          : who +
                fmt::format(
                    " what it used before: it has forgotten its boots, or somebody replays it. If "
                    "it is the device: trapctl store forget-engine {}, and have its boots kept; "
                    "or set time_window for it under devices:",
                    engine);
  // What is not taken is tried again with the next one.
  if (behind->raised && !sink_.clear(*behind->raised, engine, "two use this engine ID")) return;
  behind->raised.reset();
  if (sink_.raise(condition, engine, text)) behind->raised = condition;
}

bool SecurityWatch::tells_of(OwnCondition condition, const std::string& resource) const {
  const auto sources = watched_.find(condition);
  if (sources != watched_.end() && sources->second.contains(resource)) return true;
  const auto behind = behind_.find(resource);
  return behind != behind_.end() && behind->second.raised == condition;
}

void SecurityWatch::forget(OwnCondition condition, const std::string& resource) {
  if (const auto sources = watched_.find(condition); sources != watched_.end()) {
    sources->second.erase(resource);
  }
  const auto behind = behind_.find(resource);
  if (behind != behind_.end() && behind->second.raised == condition) behind_.erase(behind);
}

bool SecurityWatch::tells_of_clone(ByteView engine_id) const {
  const auto found = behind_.find(to_hex(engine_id));
  return found != behind_.end() && found->second.raised == OwnCondition::kCloneEngine;
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
                           std::int64_t monotonic_ns, alarm::Severity severity) {
  switch (condition) {
    case OwnCondition::kWeakSecurity:
    case OwnCondition::kUnknownUser:
    case OwnCondition::kWrongDigest:
    case OwnCondition::kNotInTimeWindow:
    case OwnCondition::kEngineTableFull:
    case OwnCondition::kUnknownEngine:
    case OwnCondition::kDecryptionError:
    case OwnCondition::kStorm:
    case OwnCondition::kReplay:
      resume_source(condition, resource, monotonic_ns, severity);
      return true;
    case OwnCondition::kBootsStuck:
      resume_engine(resource, monotonic_ns);
      return true;
    case OwnCondition::kAuditFailed:
    case OwnCondition::kStarted:
    case OwnCondition::kStopping:
    case OwnCondition::kTest:
    case OwnCondition::kBootsLost:
    case OwnCondition::kAlarmTableFull:
    case OwnCondition::kFlapping:
    case OwnCondition::kSuppression:
    case OwnCondition::kDestinationDown:
    case OwnCondition::kDestinationLost:
    case OwnCondition::kStoreFull:
    case OwnCondition::kStoreFailed:
    case OwnCondition::kKernelDrops:
    case OwnCondition::kReloadFailed:
    case OwnCondition::kClockUnsynchronised:
    case OwnCondition::kCertificateExpiry:
    case OwnCondition::kIntegrityViolation:
    case OwnCondition::kDeviceSilent:
    case OwnCondition::kCloneEngine:
    case OwnCondition::kDestinationBacklog:
    case OwnCondition::kQueueOverflow:
    case OwnCondition::kCount:
      return false;
  }
  return false;
}

void SecurityWatch::resume_source(OwnCondition condition, const std::string& resource,
                                  std::int64_t now_ns, alarm::Severity severity) {
  Sources& sources = watched_[condition];
  if (!has_room(sources.size(), resource)) {
    sink_.clear(condition, resource, "more sources than are told apart");
    return;
  }
  const bool flood = severity == worse(alarm::row(condition).severity);
  sources[resource] = Watched{.last_ns = now_ns, .rate_since_ns = now_ns, .flood = flood};
}

void SecurityWatch::resume_engine(const std::string& resource, std::int64_t now_ns) {
  if (behind_.size() >= kEnginesMax) {
    sink_.clear(OwnCondition::kBootsStuck, resource, "more engines than are watched");
    return;
  }
  Behind& behind = behind_[resource];
  behind.first_ns = behind.last_ns = now_ns;
  behind.raised = OwnCondition::kBootsStuck;
  if (const auto engine_id = from_hex(resource)) remember_clock(*engine_id, &behind);
}

void SecurityWatch::forget_engine(ByteView engine_id) {
  const auto found = behind_.find(to_hex(engine_id));
  if (found == behind_.end()) return;
  if (found->second.raised) {
    sink_.clear(*found->second.raised, found->first, "the engine was forgotten by order");
  }
  behind_.erase(found);
}

void SecurityWatch::tick(std::int64_t monotonic_ns) {
  tick_sources(monotonic_ns);
  tick_engines(monotonic_ns);
}

void SecurityWatch::tick_sources(std::int64_t monotonic_ns) {
  for (auto& [condition, sources] : watched_) {
    const bool storm = condition == OwnCondition::kStorm;
    const std::int64_t quiet_s = storm ? kStormQuietSeconds : kQuietSeconds;
    for (auto it = sources.begin(); it != sources.end();) {
      if (it->second.last_ns > monotonic_ns - quiet_s * kNsPerSecond) {
        if (!storm) judge_rate(condition, it->first, &it->second, monotonic_ns);
        ++it;
        continue;
      }
      const bool told =
          sink_.clear(condition, it->first,
                      fmt::format("quiet for {} s after {} {}", quiet_s, it->second.count,
                                  storm ? "seconds of it" : "refusals"));
      it = told ? sources.erase(it) : std::next(it);
    }
  }
}

void SecurityWatch::judge_rate(OwnCondition condition, const std::string& source, Watched* watched,
                               std::int64_t now_ns) {
  const std::int64_t window_ns = now_ns - watched->rate_since_ns;
  if (window_ns < kRateSeconds * kNsPerSecond) return;
  const std::uint64_t per_window = std::exchange(watched->rate_count, 0);
  watched->rate_since_ns = now_ns;
  const auto seconds = static_cast<std::uint64_t>(window_ns / kNsPerSecond);
  const bool flood = per_window >= kFloodPerSecond * seconds;
  const bool calm = per_window * 10 < kFloodPerSecond * seconds;
  if (watched->flood ? !calm : !flood) return;
  watched->flood = flood;
  const alarm::Severity usual = alarm::row(condition).severity;
  sink_.raise_as(condition, flood ? worse(usual) : usual, source,
                 fmt::format("{} refusals in the last {} s, {} since the alarm was raised",
                             per_window, seconds, watched->count));
}

void SecurityWatch::tick_engines(std::int64_t monotonic_ns) {
  const std::int64_t quiet_since = monotonic_ns - kQuietSeconds * kNsPerSecond;
  const std::int64_t accepted_before = monotonic_ns - kAcceptedSeconds * kNsPerSecond;
  for (auto it = behind_.begin(); it != behind_.end();) {
    const Behind& behind = it->second;
    const bool accepted = behind.raised != OwnCondition::kCloneEngine &&
                          behind.last_ns <= accepted_before && behind.accepted_since();
    if (!accepted && behind.last_ns > quiet_since) {
      ++it;
      continue;
    }
    const bool told = !behind.raised || sink_.clear(*behind.raised, it->first,
                                                    accepted ? "its messages are accepted again"
                                                             : "not seen any more");
    it = told ? behind_.erase(it) : std::next(it);
  }
}

}  // namespace trapd::ingest
