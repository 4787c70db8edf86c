// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/deviation.h"

#include <array>
#include <cstddef>

namespace trapd::snmp {

namespace {

struct Words {
  const char* label;
  const char* text;
};

#define X(name, label, text) Words{label, text},
constexpr std::array kWords = {TRAPD_DEVIATIONS(X)};
#undef X

static_assert(kWords.size() == static_cast<std::size_t>(Deviation::kCount));

const Words& words(Deviation deviation) {
  static constexpr Words kNone{"none", "nothing"};
  const auto index = static_cast<std::size_t>(deviation);
  return index < kWords.size() ? kWords[index] : kNone;
}

}  // namespace

const char* label(Deviation deviation) { return words(deviation).label; }
const char* text(Deviation deviation) { return words(deviation).text; }

}  // namespace trapd::snmp
