// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/options.h"

#include <algorithm>

#include "tests/scenario/failure.h"
#include "trapd/base/bytes.h"
#include "trapd/base/clock.h"
#include "trapd/config/units.h"

namespace trapd::scenario {

Options::Options(const std::vector<std::string>& words, std::size_t* at) {
  for (; *at < words.size(); ++*at) {
    const std::string& word = words[*at];
    if (word == "--") {
      ++*at;
      return;
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return;
    pairs_.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
}

std::optional<std::string> Options::take(const std::string& key) {
  std::optional<std::string> value;
  std::erase_if(pairs_, [&](const auto& pair) {
    if (pair.first != key) return false;
    value = pair.second;
    return true;
  });
  return value;
}

std::vector<std::pair<std::string, std::string>> Options::take_all() {
  return std::exchange(pairs_, {});
}

std::vector<std::pair<std::string, std::string>> Options::take_all_of(const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> taken;
  std::erase_if(pairs_, [&](const auto& pair) {
    if (!pair.first.starts_with(prefix)) return false;
    taken.emplace_back(pair.first.substr(prefix.size()), pair.second);
    return true;
  });
  return taken;
}

void Options::finish() const {
  if (!pairs_.empty()) throw Mistake("'" + pairs_.front().first + "=' means nothing here");
}

std::int64_t number(const std::string& text, const std::string& what, std::int64_t min,
                    std::int64_t max) {
  const auto value = config::parse_integer(text);
  if (!value || *value < min || *value > max) {
    throw Mistake(what + ": expected a number from " + std::to_string(min) + " to " +
                  std::to_string(max) + ", not '" + text + "'");
  }
  return *value;
}

std::int64_t duration_ns(const std::string& text) {
  const auto ms = config::parse_duration_ms(text);
  if (!ms) throw Mistake("expected a duration like 10s, 5m or 200ms, not '" + text + "'");
  return *ms * kNsPerMs;
}

std::vector<std::uint8_t> octets(const std::string& hex, const std::string& what) {
  auto bytes = from_hex(hex);
  if (!bytes) throw Mistake(what + ": expected hexadecimal octets, not '" + hex + "'");
  return std::move(*bytes);
}

}  // namespace trapd::scenario
