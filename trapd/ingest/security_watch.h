// SPDX-License-Identifier: Apache-2.0
// Makes of single refusals what people want: a log line that says who, where and why, and one
// stateful alarm per (condition, source) with hysteresis instead of one per packet.
//
//   quiet --- 1st refusal ---> RAISED --- no refusal for kQuietSeconds ---> cleared, quiet
//
// How many there are decides how bad it is: kFloodPerSecond of one source over kRateSeconds make it
// one degree worse, less than a tenth of that over as long takes it back. Devices beyond their rate
// (storm) are watched likewise, one alarm for each, which ends kStormQuietSeconds after the last.
//
// Messages that were recorded and sent again are refused by the ledger's memory, not by a worker;
// it tells of them by ReplayNotices, which are watched like refusals.
//
// Alarms outlive the process: resume() takes up those of the last one, as if just seen.
//
// The source of a refusal is what its datagram says, so a stranger can make any number of them.
// Each condition tells a number of sources apart; further ones are one source, "many sources",
// whose alarm is raised and ends like any other: a flood blurs alarms, it silences none.
//
// "Boots stuck" is special: the digest was right, so the device itself (or a recording of it)
// speaks, with boots or a time that are behind. Three such messages whose time moves on within
// five minutes are a device that forgot its boots, and it must not be locked out silently. Ends by
// the operator's order, or kAcceptedSeconds after the last refusal when it has been accepted since.
//
// When messages of the engine are accepted in between, again and again, there are two: who is
// behind is another one, with the same engine ID or with a recording ("clone engine", as of two
// whose clocks are near enough for both to be accepted: alarm::DeviceTable). To forget the engine
// would lock out the other one. Ends when nothing that is behind has come for kQuietSeconds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "trapd/alarm/own_condition.h"
#include "trapd/ingest/refusal_notices.h"
#include "trapd/journal/replay_notice.h"
#include "trapd/usm/engine_clock.h"

namespace trapd::ingest {

/// One thread. Bounded: kSourcesMax sources for each condition and "many sources"; kEnginesMax
/// engines that are behind, further ones are logged only (only holders of a key, or of a recording
/// of one, can name them).
class SecurityWatch {
 public:
  static constexpr std::size_t kSourcesMax = 256;
  static constexpr std::size_t kEnginesMax = 1024;
  static constexpr const char* kManySources = "many sources";
  static constexpr const char* kEngineTable = "engines";  // resource: it is no source's fault
  static constexpr std::int64_t kQuietSeconds = 600;
  static constexpr std::int64_t kStormQuietSeconds = 60;
  static constexpr std::int64_t kRateSeconds = 10;
  static constexpr std::uint64_t kFloodPerSecond = 10;
  static constexpr std::int64_t kAcceptedSeconds = 60;
  static constexpr std::uint32_t kAcceptedBetween = 2;

  /// Both outlive the watch.
  SecurityWatch(alarm::OwnConditionSink& sink, usm::EngineTable& engines)
      : sink_(sink), engines_(engines) {}
  /// An alarm that was active when the last process ended; one that finds no room here is ended.
  /// False: not one of this watch.
  bool resume(alarm::OwnCondition condition, const std::string& resource, std::int64_t monotonic_ns,
              alarm::Severity severity = alarm::Severity::kCleared);
  void see(const RefusalNotice& notice, std::int64_t monotonic_ns);
  void see(const journal::ReplayNotice& replay, std::int64_t monotonic_ns);
  /// Each second or so: clears what has been quiet.
  void tick(std::int64_t monotonic_ns);
  /// Is it an alarm of this watch that is active?
  bool tells_of(alarm::OwnCondition condition, const std::string& resource) const;
  /// An operator has cleared the alarm: what goes on raises it anew.
  void forget(alarm::OwnCondition condition, const std::string& resource);
  /// Does an alarm of this watch say that two use the engine ID?
  bool tells_of_clone(ByteView engine_id) const;
  /// The operator ordered to forget the engine.
  void forget_engine(ByteView engine_id);

 private:
  struct Watched {
    std::int64_t last_ns = 0;
    std::uint64_t count = 0;
    std::int64_t rate_since_ns = 0;
    std::uint64_t rate_count = 0;
    bool flood = false;
  };
  struct Behind {
    std::int64_t first_ns = 0;
    std::uint32_t last_boots = 0;
    std::uint32_t last_time = 0;
    std::uint32_t moved_on = 0;
    std::uint32_t accepted_between = 0;  // refusals before which others were accepted
    std::optional<alarm::OwnCondition> raised = std::nullopt;  // kBootsStuck or kCloneEngine
    std::int64_t last_ns = 0;
    usm::EngineClock* clock = nullptr;          // of this engine, which has authenticated before
    usm::EngineClock::State at_last_refusal{};  // what it had come to then
    bool accepted_since() const;
  };
  using Sources = std::map<std::string, Watched>;

  void watch(alarm::OwnCondition condition, std::string resource, const std::string& text,
             std::int64_t now_ns);
  void watch_storm(const RefusalNotice& notice, std::int64_t now_ns);
  void judge_rate(alarm::OwnCondition condition, const std::string& source, Watched* watched,
                  std::int64_t now_ns);
  void resume_source(alarm::OwnCondition condition, const std::string& resource,
                     std::int64_t now_ns, alarm::Severity severity);
  void resume_engine(const std::string& resource, std::int64_t now_ns);
  void tick_sources(std::int64_t monotonic_ns);
  void tick_engines(std::int64_t monotonic_ns);
  void watch_boots(const RefusalNotice& notice, std::int64_t now_ns);
  Behind* behind_of(const std::string& engine, std::int64_t now_ns);
  void judge_behind(const std::string& engine, const RefusalNotice& notice, Behind* behind);

  void remember_clock(ByteView engine_id, Behind* behind);

  alarm::OwnConditionSink& sink_;
  usm::EngineTable& engines_;
  std::map<alarm::OwnCondition, Sources> watched_;
  std::map<std::string, Behind> behind_;  // by engine id, hex
};

/// "refused (wrong_digest): 212 octets from 192.0.2.1:161 to 192.0.2.100:162, engine 80…, user noc:
/// <meaning>". Text in UTF-8 without control characters, whatever the user name consists of: what
/// is not printable stands as \x and two digits.
std::string describe(const RefusalNotice& notice);

}  // namespace trapd::ingest
