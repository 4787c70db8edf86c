// SPDX-License-Identifier: Apache-2.0
// Turns what Net-SNMP's parser logs into one line per fault, "file:line: reason", and keeps a
// single file from filling the list.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trapd::mib {

/// "Bad operator (X): At line 3 in /a/B" becomes "/a/B:3: Bad operator (X)"; other forms that end
/// in a file's name are turned in the same way; the rest stays. Empty: nothing worth a line.
std::string fault_line(std::string_view logged);

class Diagnostics {
 public:
  static constexpr std::size_t kLinesPerFileMax = 10;

  void add(std::string_view line);
  /// The lines in the order they came, with "(N more)" lines behind.
  std::vector<std::string> lines() const;

 private:
  std::vector<std::string> lines_;
  std::map<std::string, std::size_t, std::less<>> per_file_;
};

}  // namespace trapd::mib
