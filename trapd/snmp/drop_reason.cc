// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/drop_reason.h"

#include <array>
#include <cstddef>

namespace trapd::snmp {

namespace {

struct Words {
  const char* label;
  const char* text;
};

#define X(name, label, text) Words{label, text},
constexpr std::array kDropWords = {TRAPD_DROP_REASONS(X)};
constexpr std::array kSuppressWords = {TRAPD_SUPPRESS_REASONS(X)};
#undef X

static_assert(kDropWords.size() == static_cast<std::size_t>(DropReason::kCount));
static_assert(kSuppressWords.size() == static_cast<std::size_t>(SuppressReason::kCount));

template <typename Table, typename Reason>
const Words& words(const Table& table, Reason reason) {
  static constexpr Words kNone{"none", "no reason"};
  const auto index = static_cast<std::size_t>(reason);
  return index < table.size() ? table[index] : kNone;
}

}  // namespace

const char* label(DropReason reason) { return words(kDropWords, reason).label; }
std::optional<DropReason> drop_reason(std::string_view label) {
  for (std::size_t i = 0; i < kDropWords.size(); ++i) {
    if (label == kDropWords[i].label) return static_cast<DropReason>(i);
  }
  return std::nullopt;
}
const char* text(DropReason reason) { return words(kDropWords, reason).text; }
const char* label(SuppressReason reason) { return words(kSuppressWords, reason).label; }
const char* text(SuppressReason reason) { return words(kSuppressWords, reason).text; }

}  // namespace trapd::snmp
