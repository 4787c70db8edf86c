// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/chain.h"

#include <fmt/format.h>

#include <algorithm>

namespace trapd::audit {

void Chain::await(std::string hash) { awaited_.push_back(std::move(hash)); }

void Chain::begin_file(std::string name) {
  file_ = std::move(name);
  line_ = 0;
}

void Chain::add_fault(const std::string& file, std::uint64_t line, std::string text) {
  if (faults_++ == 0) fault_ = Fault{file, line, std::move(text)};
}

Json Chain::torn_detail(std::string_view octets) {
  if (octets.ends_with('\n')) octets.remove_suffix(1);
  return {{"octets", octets.size()}, {"sha256", sha256_hex(octets)}};
}

/// What cannot be read is what a crash left, if the next entry tells of exactly these octets.
void Chain::check_torn(const Entry& entry) {
  const bool tells = entry.action == "torn";
  if (torn_.empty() && tells && entries_ > 0) {
    add_fault(line_, fmt::format("entry {} tells of a torn line before it, and there is none: it "
                                 "was removed",
                                 entry.sequence));
  }
  if (torn_.empty()) return;
  const Json expected = torn_detail(torn_);
  if (tells && entry.detail.value("octets", Json()) == expected["octets"] &&
      entry.detail.value("sha256", Json()) == expected["sha256"]) {
    ++torn_count_;
  } else {
    add_fault(torn_file_, torn_line_,
              last_sequence_ == 0
                  ? std::string("is no entry: it was changed, cut or put in")
                  : fmt::format("is no entry: it was changed, cut or put in, behind entry {}",
                                last_sequence_));
  }
  torn_.clear();
}

void Chain::check_place(const Entry& entry) {
  if (entries_ == 0) {
    if (entry.sequence == 1 && entry.previous != kNoPrevious) {
      add_fault(line_, "entry 1 names an entry before it; it was changed");
    }
    return;
  }
  if (entry.sequence <= last_sequence_) {
    add_fault(line_,
              fmt::format("entry {} stands behind entry {}: it was moved, repeated or put in",
                          entry.sequence, last_sequence_));
  } else if (entry.sequence > last_sequence_ + 1) {
    const std::uint64_t from = last_sequence_ + 1;
    const std::uint64_t through = entry.sequence - 1;
    add_fault(line_,
              from == through
                  ? fmt::format("entry {} is missing before entry {}: it was removed or moved",
                                from, entry.sequence)
                  : fmt::format("entries {} to {} are missing before entry {}: they were "
                                "removed or moved",
                                from, through, entry.sequence));
  } else if (entry.previous != last_hash_) {
    add_fault(last_file_, last_line_,
              fmt::format("entry {} is not what it was when entry {} was written behind it: one of "
                          "the two was changed",
                          last_sequence_, entry.sequence));
  }
}

void Chain::take(const Entry& entry, std::string_view octets) {
  if (entries_++ == 0) {
    first_file_ = file_;
    first_sequence_ = entry.sequence;
    first_previous_ = entry.previous;
  }
  last_sequence_ = entry.sequence;
  last_hash_ = sha256_hex(octets);
  last_file_ = file_;
  last_line_ = line_;
  std::erase(awaited_, last_hash_);
  if (entry.action == "removed") {
    const Json last = entry.detail.value("last", Json());
    const Json hash = entry.detail.value("hash", Json());
    if (last.is_number_unsigned() && hash.is_string()) {
      removed_.push_back({last.get<std::uint64_t>(), hash.get<std::string>()});
    }
  }
}

void Chain::line(std::string_view octets) {
  ++line_;
  const std::optional<Entry> entry = decode(octets);
  if (!entry) {
    if (torn_.empty()) {
      torn_file_ = file_;
      torn_line_ = line_;
    }
    torn_.append(octets).append("\n");
    return;
  }
  check_torn(*entry);
  check_place(*entry);
  take(*entry, octets);
}

void Chain::unfinished(std::string_view octets) {
  if (octets.empty()) return;
  ++line_;
  if (torn_.empty()) {
    torn_file_ = file_;
    torn_line_ = line_;
  }
  torn_.append(octets);
}

void Chain::lines(std::string_view octets) {
  for (std::size_t end = octets.find('\n'); end != std::string_view::npos;
       end = octets.find('\n')) {
    line(octets.substr(0, end));
    octets.remove_prefix(end + 1);
  }
  unfinished(octets);
}

void Chain::check_awaited() {
  if (!torn_.empty()) {
    add_fault(torn_file_, torn_line_,
              "is not whole: a crash or somebody has cut it. If it was a crash, the next start "
              "closes it and says so");
  }
  for (const std::string& hash : awaited_) {
    add_fault(file_, line_,
              "is the last line, and no line has the hash " + hash +
                  ": what had it was changed, or cut from the end");
  }
}

void Chain::log_missing(const std::string& name) {
  add_fault(name, 0,
            "is missing: somebody removed it, or trapd died between closing a file and beginning "
            "the next");
}

void Chain::end_of_some() { check_awaited(); }

void Chain::end_of_all() {
  check_awaited();
  const bool whole = first_sequence_ <= 1;
  const bool told = std::any_of(removed_.begin(), removed_.end(), [&](const Removed& removed) {
    return removed.last_sequence + 1 == first_sequence_ && removed.last_hash == first_previous_;
  });
  if (whole || told) return;
  // It is the first place, whatever was found behind it.
  ++faults_;
  fault_ = Fault{first_file_, 1,
                 fmt::format("entries 1 to {} are missing, and no entry tells that trapd removed "
                             "them at the bound",
                             first_sequence_ - 1)};
}

}  // namespace trapd::audit
