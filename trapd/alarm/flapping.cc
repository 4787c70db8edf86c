// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/flapping.h"

namespace trapd::alarm {
namespace {

/// A wall clock that was set back makes a window that lies in the future: it is over as well.
bool is_within(std::int64_t since_ns, std::int64_t now_ns, std::int64_t within_ns) {
  return now_ns >= since_ns && now_ns - since_ns <= within_ns;
}

}  // namespace

FlapWindows::Window* FlapWindows::open_window(std::uint64_t key, std::int64_t wall_ns,
                                              std::int64_t within_ns) {
  const auto found = windows_.find(key);
  if (found == windows_.end()) return nullptr;
  return is_within(found->second.since_wall_ns, wall_ns, within_ns) ? &found->second : nullptr;
}

std::uint32_t FlapWindows::raised(std::uint64_t key, std::int64_t wall_ns, std::int64_t within_ns) {
  Window* window = open_window(key, wall_ns, within_ns);
  return window == nullptr ? 1 : ++window->changes;
}

std::uint32_t FlapWindows::changed(std::uint64_t key, std::int64_t wall_ns,
                                   std::int64_t raised_wall_ns, std::int64_t within_ns) {
  if (Window* window = open_window(key, wall_ns, within_ns)) return ++window->changes;
  make_room(wall_ns, within_ns);
  const bool with_raise = is_within(raised_wall_ns, wall_ns, within_ns);
  const Window begun{with_raise ? raised_wall_ns : wall_ns, with_raise ? 2U : 1U};
  windows_.insert_or_assign(key, begun);
  begun_.push_back({begun.since_wall_ns, key});
  return begun.changes;
}

void FlapWindows::make_room(std::int64_t wall_ns, std::int64_t within_ns) {
  while (!begun_.empty() && !is_within(begun_.front().since_wall_ns, wall_ns, within_ns)) {
    drop_oldest();
  }
  while (begun_.size() >= kKeysMax) drop_oldest();
}

void FlapWindows::drop_oldest() {
  const Begun oldest = begun_.front();
  begun_.pop_front();
  const auto found = windows_.find(oldest.key);
  if (found != windows_.end() && found->second.since_wall_ns == oldest.since_wall_ns) {
    windows_.erase(found);
  }
}

}  // namespace trapd::alarm
