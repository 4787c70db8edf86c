// SPDX-License-Identifier: Apache-2.0
// Do the files that trapd depends on stay what they were? The state of each is taken when trapd
// starts and when a reload has taken the files into use; every change that no reload has taken is
// an alarm, per path, that says what changed:
//
//   as taken --- changed ---> RAISED --- as taken again, or a reload takes it ---> cleared
//
// The content is read again when any attribute differs, and each kFullLookNs in any case: whoever
// can write around the file system's times is found too.
//
// Own thread: hashing large MIB directories takes a while.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "trapd/alarm/own_condition.h"
#include "trapd/base/clock.h"

namespace trapd::health {

class IntegrityWatch {
 public:
  static constexpr std::int64_t kLookNs = 60 * kNsPerSecond;
  static constexpr std::int64_t kFullLookNs = 3600 * kNsPerSecond;
  static constexpr std::size_t kPathsMax = 65'536;  // further ones are named in the log

  /// interval_ns between two looks, for tests. The sink outlives the watch.
  explicit IntegrityWatch(alarm::OwnConditionSink& sink, std::int64_t interval_ns = kLookNs);
  ~IntegrityWatch();
  IntegrityWatch(const IntegrityWatch&) = delete;
  IntegrityWatch& operator=(const IntegrityWatch&) = delete;

  /// An alarm that was active when the last process ended; before start().
  void resume(const std::string& path);
  /// The files as they are now are right: after a start, and after a reload that succeeded. A path
  /// may be a directory: the files in it count, those of its sub-directories do not. Asks for
  /// their attributes, the content is read later; any thread.
  void take(std::set<std::string> paths);
  void start();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::health
