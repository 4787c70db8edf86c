// SPDX-License-Identifier: Apache-2.0
// Times at which something is due, earliest first: a heap of (time, id) that is never searched.
// Who changes his mind puts another entry and knows the old one by its time when it comes up, so
// that a repeat costs nothing and what is due costs what it is. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trapd::alarm {

class Timeouts {
 public:
  struct Entry {
    std::int64_t at_ns = 0;
    std::uint64_t id = 0;
  };

  void put(std::int64_t at_ns, std::uint64_t id) {
    heap_.push_back({at_ns, id});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  bool is_due(std::int64_t now_ns) const { return !heap_.empty() && heap_.front().at_ns <= now_ns; }
  /// The earliest; there must be one.
  Entry take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }
  std::size_t size() const { return heap_.size(); }
  /// Leaves out the entries for which keep(entry) does not hold.
  template <typename Keep>
  void sweep(Keep&& keep) {
    std::erase_if(heap_, [&](const Entry& entry) { return !keep(entry); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  static bool later(const Entry& a, const Entry& b) { return a.at_ns > b.at_ns; }

  std::vector<Entry> heap_;
};

}  // namespace trapd::alarm
