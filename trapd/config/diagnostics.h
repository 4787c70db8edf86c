// SPDX-License-Identifier: Apache-2.0
// Errors and warnings of one run over the configuration, gathered and sorted by position, so that
// the owner sees all of them at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace trapd::config {

/// Counted from 1; 0 = the file as a whole. Columns count octets.
struct Position {
  int line = 0;
  int column = 0;
};

class Diagnostics {
 public:
  /// Errors beyond this are counted, not kept.
  static constexpr std::size_t kErrorsMax = 1'000;

  explicit Diagnostics(std::string file) : file_(std::move(file)) {}

  /// About the configuration file. Text: what is wrong, and what was expected.
  void error(Position at, std::string text) { add({file_, at, std::move(text), true}); }
  void warning(Position at, std::string text) { add({file_, at, std::move(text), false}); }
  /// About another file that it names (rules).
  void error_in(std::string file, Position at, std::string text) {
    add({std::move(file), at, std::move(text), true});
  }

  bool failed() const { return errors_ > 0; }
  std::size_t error_count() const { return errors_; }
  const std::string& file() const { return file_; }

  /// "file:line:column: error: text", the configuration file's first, each file's by position.
  std::vector<std::string> error_lines() const { return lines(true); }
  std::vector<std::string> warning_lines() const { return lines(false); }

 private:
  struct Entry {
    std::string file;
    Position at;
    std::string text;
    bool is_error = false;
  };
  void add(Entry entry);
  std::vector<std::string> lines(bool errors) const;

  std::string file_;
  std::vector<Entry> entries_;
  std::size_t errors_ = 0;
};

}  // namespace trapd::config
