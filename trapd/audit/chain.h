// SPDX-License-Identifier: Apache-2.0
// Follows the chain line by line, from the oldest on, and tells the first place where it does not
// hold. Pure; one thread.
//
// What a chain can show: a line that was changed, removed, put in, repeated or moved, as long as a
// line behind it still stands. What it cannot: that lines are gone from the end, or that the last
// one is another; only a hash that somebody remembered can (`await`). Nor that somebody who may
// write the files has written the whole chain anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/audit/entry.h"

namespace trapd::audit {

struct Fault {
  std::string file;
  std::uint64_t line = 0;  // of the file, from 1
  std::string text;
};

class Chain {
 public:
  /// A hash that was written down, which must be that of a line still. Before the lines.
  void await(std::string hash);
  /// The lines that follow are of this file.
  void begin_file(std::string name);
  /// One line, without its LF.
  void line(std::string_view octets);
  /// What stands behind the last LF of the newest file: a crash left it, a writer is at work, or
  /// somebody has cut the file.
  void unfinished(std::string_view octets);
  /// Of octets with LFs, the rest being unfinished.
  void lines(std::string_view octets);
  /// The file to which entries are added is not there, and closed ones are.
  void log_missing(const std::string& name);
  /// After the last line, when these are all files there are: the chain begins where it must, and
  /// what was awaited has come.
  void end_of_all();
  /// When these are some files only: just what was awaited.
  void end_of_some();

  const std::optional<Fault>& fault() const { return fault_; }  // the first
  std::uint64_t faults() const { return faults_; }
  std::uint64_t entries() const { return entries_; }
  std::uint64_t torn_lines() const { return torn_count_; }
  std::uint64_t first_sequence() const { return first_sequence_; }  // 0 = no entry
  const std::string& first_previous() const { return first_previous_; }
  std::uint64_t last_sequence() const { return last_sequence_; }
  const std::string& last_hash() const { return last_hash_; }  // kNoPrevious = no entry
  /// Octets behind the last entry that are none, LFs included: what a `torn` entry must tell of.
  const std::string& torn() const { return torn_; }
  /// What a `torn` entry says of these octets.
  static Json torn_detail(std::string_view octets);

 private:
  struct Removed {
    std::uint64_t last_sequence = 0;
    std::string last_hash;
  };
  void add_fault(std::uint64_t line, std::string text) { add_fault(file_, line, std::move(text)); }
  void add_fault(const std::string& file, std::uint64_t line, std::string text);
  void check_place(const Entry& entry);
  void check_torn(const Entry& entry);
  void take(const Entry& entry, std::string_view octets);
  void check_awaited();

  std::string file_;
  std::uint64_t line_ = 0;
  std::string last_file_;  // where the last entry stands
  std::uint64_t last_line_ = 0;
  std::string first_file_;
  std::uint64_t entries_ = 0;
  std::uint64_t first_sequence_ = 0;
  std::string first_previous_;
  std::uint64_t last_sequence_ = 0;
  std::string last_hash_{kNoPrevious};
  std::string torn_;
  std::string torn_file_;
  std::uint64_t torn_line_ = 0;
  std::uint64_t torn_count_ = 0;
  std::vector<Removed> removed_;
  std::vector<std::string> awaited_;
  std::optional<Fault> fault_;
  std::uint64_t faults_ = 0;
};

}  // namespace trapd::audit
