// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/trail.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "trapd/audit/log_files.h"
#include "trapd/base/rename_to_new.h"

namespace trapd::audit {
namespace {

// trapctl writes an entry of its own before and after it replaces a store.
constexpr std::chrono::milliseconds kLockWait{2000};
constexpr std::chrono::milliseconds kLockRetry{20};

Status sync_directory(int fd, const std::string& directory) {
  if (::fsync(fd) == 0) return {};
  return Unexpected(errno_error("cannot sync", directory, errno));
}

}  // namespace

Trail::Trail(TrailOptions options) : options_(std::move(options)) {}

std::string Trail::path() const { return options_.directory + "/" + kLogName; }

Result<std::uint64_t> Trail::write(const std::string& who, const std::string& action, Json detail) {
  auto written = write_or_say({options_.now(), who, action, std::move(detail)});
  if (!written) {
    ++left_out_;
    counters_.left_out.add();
  }
  return written;
}

void Trail::note(const std::string& who, const std::string& action, Json detail) {
  Waiting entry{options_.now(), who, action, std::move(detail)};
  if (write_or_say(entry)) return;
  if (waiting_.size() < kWaitingMax) {
    waiting_.push_back(std::move(entry));
  } else {
    ++left_out_;
    counters_.left_out.add();
  }
}

void Trail::retry() {
  if (waiting_.empty() && left_out_ == 0) return;
  if (const Status written = write_waiting(); !written) failure_ = written.error().text;
}

/// Behind whatever waits.
Result<std::uint64_t> Trail::write_or_say(const Waiting& entry) {
  Status written = write_waiting();
  if (written) written = append(entry);
  if (written) return last_sequence_;
  if (failure_.empty()) first_failure_ = written.error().text;
  failure_ = written.error().text;
  return Unexpected(written.error());
}

Status Trail::write_waiting() {
  if (!waiting_.empty() || left_out_ > 0) {
    const Json late = {
        {"entries", waiting_.size()}, {"left_out", left_out_}, {"reason", first_failure_}};
    if (Status told = append_own("late", late); !told) return told;
    left_out_ = 0;
  }
  while (!waiting_.empty()) {
    if (Status written = append(waiting_.front()); !written) return written;
    waiting_.pop_front();
  }
  failure_.clear();
  return {};
}

Status Trail::append_own(const char* action, Json detail) {
  return append({options_.now(), "trapd", action, std::move(detail)});
}

Status Trail::append(const Waiting& entry) {
  if (Status opened = open(); !opened) {
    counters_.failed.add();
    return opened;
  }
  const auto next_line = [&] {
    return encode(
        {last_sequence_ + 1, entry.time, entry.who, entry.action, entry.detail, last_hash_});
  };
  std::string line = next_line();
  if (size_ > 0 && size_ + line.size() + 1 > options_.file_octets_max) {
    if (Status closed = close_file(); !closed) {
      counters_.failed.add();
      file_.reset();
      return closed;
    }
    line = next_line();
  }
  return add_line(line);
}

/// One write, so that a reader sees the line whole or not at all.
Status Trail::add_line(const std::string& line) {
  const std::string octets = line + '\n';
  const ssize_t written = ::write(file_.get(), octets.data(), octets.size());
  const bool whole = written == static_cast<ssize_t>(octets.size());
  if (!whole || ::fdatasync(file_.get()) != 0) {
    const int reason = written >= 0 && !whole ? ENOSPC : errno;
    give_up(size_);
    counters_.failed.add();
    return Unexpected(errno_error("cannot write", path(), reason));
  }
  size_ += octets.size();
  ++last_sequence_;
  if (first_sequence_ == 0) first_sequence_ = last_sequence_;
  last_hash_ = sha256_hex(line);
  counters_.written.add();
  return {};
}

/// Nobody was told of what stands behind: it goes again. Where that fails too it is what the next
/// opening finds torn, or whole.
void Trail::give_up(std::size_t size_before) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size_before)) == 0) ::fdatasync(file_.get());
  file_.reset();
}

Status Trail::hold_directory() {
  if (lock_) return {};
  Fd fd(::open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Unexpected(errno_error("cannot open", options_.directory, errno));
  const auto until = std::chrono::steady_clock::now() + kLockWait;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() > until) {
      return failure("the audit log in " + options_.directory + " is in use by another process");
    }
    std::this_thread::sleep_for(kLockRetry);
  }
  lock_ = std::move(fd);
  return {};
}

Status Trail::open_file(bool* fresh) {
  constexpr int kFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  file_ = Fd(::open(path().c_str(), kFlags));
  if (!file_ && errno == ENOENT) {
    *fresh = true;
    file_ = Fd(::open(path().c_str(), kFlags | O_CREAT | O_EXCL, 0600));
  }
  if (!file_) return Unexpected(errno_error("cannot open", path(), errno));
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    file_.reset();
    return failure(path() + " is no file");
  }
  if (!*fresh) return {};
  // What root makes in a directory of trapd's user must be that user's, or trapd cannot open it.
  struct stat owner {};
  const bool foreign = ::fstat(lock_.get(), &owner) == 0 && owner.st_uid != status.st_uid;
  if (::geteuid() == 0 && foreign && ::fchown(file_.get(), owner.st_uid, owner.st_gid) != 0) {
    return Unexpected(errno_error("cannot give to trapd's user:", path(), errno));
  }
  return sync_directory(lock_.get(), options_.directory);
}

/// The newest of the closed files, whose last entry is that before the log's first.
Status Trail::read_former(Chain* chain, bool* any) {
  const auto names = closed_files(options_.directory);
  if (!names) return Unexpected(names.error());
  *any = !names->empty();
  if (names->empty()) return {};
  const auto text = read_log_file(options_.directory + "/" + names->back());
  if (!text) return Unexpected(text.error());
  chain->begin_file(names->back());
  chain->lines(*text);
  return {};
}

Status Trail::open() {
  if (file_) return {};
  if (Status held = hold_directory(); !held) return held;
  bool fresh = false;
  bool former = false;
  Chain chain;
  if (Status read = read_former(&chain, &former); !read) return read;
  const std::uint64_t entries_before = chain.entries();
  const std::uint64_t last_before = chain.last_sequence();
  if (Status opened = open_file(&fresh); !opened) {
    file_.reset();
    return opened;
  }
  auto text = read_log_file(path());
  if (text) text = with_last_line_feed(std::move(*text));
  if (!text) {
    file_.reset();
    return Unexpected(text.error());
  }
  chain.begin_file(kLogName);
  chain.lines(*text);
  size_ = text->size();
  last_sequence_ = chain.last_sequence();
  last_hash_ = chain.last_hash();
  first_sequence_ = chain.entries() > entries_before ? last_before + 1 : 0;
  Status closed = close_torn(chain);
  if (closed && fresh && former) closed = append_own("missing", {{"file", kLogName}});
  if (closed && chain.fault() && !fault_told_) {
    fault_ = chain.fault();
    fault_told_ = true;
    closed = append_own("broken", {{"file", fault_->file},
                                   {"line", fault_->line},
                                   {"text", fault_->text},
                                   {"places", chain.faults()}});
  }
  if (!closed) file_.reset();
  return closed;
}

/// An entry of which just the LF is missing gets it: whether it belongs there is the chain's
/// question, as with every line.
Result<std::string> Trail::with_last_line_feed(std::string text) {
  const std::size_t begin = text.rfind('\n') + 1;  // npos + 1 = 0
  if (!decode(std::string_view(text).substr(begin))) return text;
  if (::write(file_.get(), "\n", 1) != 1) {
    return Unexpected(errno_error("cannot write", path(), errno));
  }
  return text + '\n';
}

/// Kept as it is, and told of in the next entry.
Status Trail::close_torn(const Chain& chain) {
  const std::string& torn = chain.torn();
  if (torn.empty()) return {};
  if (!torn.ends_with('\n')) {
    if (::write(file_.get(), "\n", 1) != 1) {
      return Unexpected(errno_error("cannot write", path(), errno));
    }
    ++size_;
  }
  return append_own("torn", Chain::torn_detail(torn));
}

Status Trail::close_file() {
  const std::uint64_t first = first_sequence_ == 0 ? last_sequence_ + 1 : first_sequence_;
  const std::string to = options_.directory + "/" + closed_name(first);
  if (rename_to_new(path(), to) != 0) {
    return Unexpected(errno_error("cannot rename " + path() + " to", to, errno));
  }
  bool fresh = false;
  if (Status opened = open_file(&fresh); !opened) return opened;
  size_ = 0;
  first_sequence_ = 0;
  return remove_oldest();
}

/// The entry first: what is gone has been told of.
Status Trail::remove_oldest() {
  const auto names = closed_files(options_.directory);
  if (!names) return Unexpected(names.error());
  for (std::size_t i = 0; i + options_.files_max < names->size(); ++i) {
    const std::string file = options_.directory + "/" + (*names)[i];
    const auto text = read_log_file(file);
    if (!text) return Unexpected(text.error());
    Chain chain;
    chain.lines(*text);
    Status told = append_own("removed", {{"file", (*names)[i]},
                                         {"first", chain.first_sequence()},
                                         {"last", chain.last_sequence()},
                                         {"hash", chain.last_hash()}});
    if (!told) return told;
    if (::unlink(file.c_str()) != 0) return Unexpected(errno_error("cannot remove", file, errno));
  }
  return {};
}

}  // namespace trapd::audit
