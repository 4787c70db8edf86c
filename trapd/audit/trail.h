// SPDX-License-Identifier: Apache-2.0
// Adds entries to the audit log of a store's directory. Each is on disk (fdatasync) when it has
// been written; none is ever changed. One process at a time: it holds a lock on the directory.
//
// Two kinds of entries, by what a disk that fails means for them:
//   write()  what an operator asks for: an error, and the caller must not do it
//   note()   what happens anyway (a start, a stop): kept, and written once the disk works again,
//            behind an entry `late` that says so. At most kWaitingMax; further ones are counted.
//
// A file is closed at file_octets_max, and the oldest of files_max closed ones is removed, behind
// an entry `removed` that names its last hash. What a crash left half written is kept as it is, and
// the next entry, `torn`, tells of it. A chain that is found broken at opening goes on behind an
// entry `broken`.
//
// Threads: one; the counters may be read by any.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "trapd/audit/chain.h"
#include "trapd/base/counter.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"

namespace trapd::audit {

struct TrailOptions {
  std::string directory;
  /// RFC 3339, for the time of entries.
  std::function<std::string()> now;
  std::size_t file_octets_max = std::size_t{1} << 20;
  std::size_t files_max = 100;  // closed ones
};

struct TrailCounters {
  Counter written;   // entries
  Counter failed;    // attempts to write one
  Counter left_out;  // entries that are in no file: refused, or beyond kWaitingMax
};

class Trail {
 public:
  static constexpr std::size_t kWaitingMax = 100;

  /// Opens nothing yet.
  explicit Trail(TrailOptions options);
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

  /// The sequence of the entry.
  Result<std::uint64_t> write(const std::string& who, const std::string& action, Json detail);
  void note(const std::string& who, const std::string& action, Json detail);
  /// Tries again what waits; nothing when nothing does. To be called now and then.
  void retry();

  /// Of the last entry on disk; kNoPrevious before the first.
  std::uint64_t last_sequence() const { return last_sequence_; }
  const std::string& last_hash() const { return last_hash_; }
  /// Why the last attempt failed; empty = it did not.
  const std::string& failure_text() const { return failure_; }
  /// Where the chain did not hold when the log was opened.
  const std::optional<Fault>& fault() const { return fault_; }
  std::size_t waiting() const { return waiting_.size(); }
  const TrailCounters& counters() const { return counters_; }

 private:
  struct Waiting {
    std::string time;
    std::string who;
    std::string action;
    Json detail;
  };

  Result<std::uint64_t> write_or_say(const Waiting& entry);
  Status write_waiting();
  Status append(const Waiting& entry);
  Status append_own(const char* action, Json detail);
  Status add_line(const std::string& line);
  Status open();
  Status hold_directory();
  Status open_file(bool* fresh);
  Status read_former(Chain* chain, bool* any);
  Result<std::string> with_last_line_feed(std::string text);
  Status close_torn(const Chain& chain);
  Status close_file();
  Status remove_oldest();
  void give_up(std::size_t size_before);
  std::string path() const;

  const TrailOptions options_;
  Fd lock_;  // on the directory
  Fd file_;
  std::size_t size_ = 0;              // of the file
  std::uint64_t first_sequence_ = 0;  // in the file; 0 = none
  std::uint64_t last_sequence_ = 0;
  std::string last_hash_{kNoPrevious};
  std::optional<Fault> fault_;
  bool fault_told_ = false;
  std::deque<Waiting> waiting_;
  std::uint64_t left_out_ = 0;  // that no `late` entry has told of yet
  std::string failure_;
  std::string first_failure_;  // of those that wait
  TrailCounters counters_;
};

}  // namespace trapd::audit
