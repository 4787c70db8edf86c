// SPDX-License-Identifier: Apache-2.0
// Gathers entries until they make a mail: the window has passed since the first one, there are
// enough of them, or they are enough octets. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "forwarders/mail/entry.h"

namespace trapd::forwarders::mail {

class Digest {
 public:
  static constexpr std::size_t kOctetsMax = 1 << 20;  // and one entry more

  /// A window of 0: each entry is a mail of its own.
  Digest(std::int64_t window_ns, std::size_t entries_max)
      : window_ns_(window_ns), entries_max_(window_ns == 0 ? 1 : entries_max) {}

  void add(Entry entry, std::int64_t now_ns);
  /// Nothing more may be added before take().
  bool full() const { return entries_.size() >= entries_max_ || octets_ >= kOctetsMax; }
  bool due(std::int64_t now_ns) const { return !entries_.empty() && (full() || now_ns >= due_ns_); }
  /// When it will be due without further entries; far away while it is empty.
  std::int64_t due_ns() const {
    return entries_.empty() ? std::numeric_limits<std::int64_t>::max() : due_ns_;
  }
  std::size_t size() const { return entries_.size(); }
  std::size_t octets() const { return octets_; }
  /// What was gathered, in order; it is empty then.
  std::vector<Entry> take();

 private:
  const std::int64_t window_ns_;
  const std::size_t entries_max_;
  std::vector<Entry> entries_;
  std::size_t octets_ = 0;
  std::int64_t due_ns_ = 0;
};

}  // namespace trapd::forwarders::mail
