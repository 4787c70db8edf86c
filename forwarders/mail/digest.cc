// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/digest.h"

#include <utility>

namespace trapd::forwarders::mail {

void Digest::add(Entry entry, std::int64_t now_ns) {
  if (entries_.empty()) due_ns_ = now_ns + window_ns_;
  octets_ += entry.text.size() + entry.html.size();
  entries_.push_back(std::move(entry));
}

std::vector<Entry> Digest::take() {
  octets_ = 0;
  return std::exchange(entries_, {});
}

}  // namespace trapd::forwarders::mail
