// SPDX-License-Identifier: Apache-2.0
// Makes of single refusals what people want: a log line that says who, where and why, and one
// stateful alarm per (condition, source) with hysteresis instead of one per packet.
//
//   quiet --- 1st refusal ---> RAISED --- no refusal for kQuietSeconds ---> cleared, quiet
//
// "Boots stuck" is special: the digest was right, so the device itself (or a recording of it)
// speaks, with boots or a time that are behind. Three such messages whose time moves on within
// five minutes are a device that forgot its boots, and it must not be locked out silently.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "trapd/alarm/own_condition.h"
#include "trapd/ingest/refusal_notices.h"

namespace trapd::ingest {

/// One thread. Bounded: kWatchedMax sources and engines; further ones are logged only.
class SecurityWatch {
 public:
  static constexpr std::size_t kWatchedMax = 1024;
  static constexpr std::int64_t kQuietSeconds = 600;

  explicit SecurityWatch(alarm::OwnConditionSink& sink) : sink_(sink) {}
  void see(const RefusalNotice& notice, std::int64_t monotonic_ns);
  /// Each second or so: clears what has been quiet.
  void tick(std::int64_t monotonic_ns);
  /// The operator ordered to forget the engine. One that is accepted again is not seen here: its
  /// alarm ends when it has been quiet.
  void forget_engine(ByteView engine_id);

 private:
  struct Watched {
    std::int64_t last_ns = 0;
    std::uint64_t count = 0;
  };
  struct Behind {
    std::int64_t first_ns = 0;
    std::uint32_t last_boots = 0;
    std::uint32_t last_time = 0;
    std::uint32_t moved_on = 0;
    bool raised = false;
    std::int64_t last_ns = 0;
  };
  using Key = std::pair<alarm::OwnCondition, std::string>;

  void watch(alarm::OwnCondition condition, const RefusalNotice& notice, std::int64_t now_ns);
  void watch_boots(const RefusalNotice& notice, std::int64_t now_ns);

  alarm::OwnConditionSink& sink_;
  std::map<Key, Watched> watched_;
  std::map<std::string, Behind> behind_;  // by engine id, hex
};

/// "wrong digest: v3 from 192.0.2.1:161 to 0.0.0.0:162, engine 80…, user noc: <meaning>".
std::string describe(const RefusalNotice& notice);

}  // namespace trapd::ingest
