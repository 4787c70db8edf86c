// SPDX-License-Identifier: Apache-2.0
// The key=value words of a line. Each must be taken by whoever reads the line, so that a slip of
// the pen is an error and never ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trapd::scenario {

class Options {
 public:
  /// Takes the words before the first one without `=` (or all); *at moves behind them, and behind
  /// a `--` that ends them.
  Options(const std::vector<std::string>& words, std::size_t* at);

  /// The value, once; nullopt when it is not given. The last of several wins.
  std::optional<std::string> take(const std::string& key);
  /// Takes all.
  std::vector<std::pair<std::string, std::string>> take_all();
  /// Those whose key begins so; the keys without it.
  std::vector<std::pair<std::string, std::string>> take_all_of(const std::string& prefix);
  /// Throws Mistake when a key is left that nobody took.
  void finish() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Decimal, within the bounds; throws Mistake that names `what`.
std::int64_t number(const std::string& text, const std::string& what, std::int64_t min,
                    std::int64_t max);
/// "10s", "5m", "200ms"; nanoseconds.
std::int64_t duration_ns(const std::string& text);
/// Throws Mistake.
std::vector<std::uint8_t> octets(const std::string& hex, const std::string& what);

}  // namespace trapd::scenario
