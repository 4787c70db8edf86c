// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/history.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "forwarders/record_json.h"

namespace trapd::admin {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kWindow = 1024;  // records read at a time, going backwards
constexpr std::size_t kChunkOctets = std::size_t{256} * 1024;
/// Values that are passed in search of one that tells a time.
constexpr int kUnreadableMax = 64;
/// For one page.
constexpr std::uint64_t kLookedAtMax = std::uint64_t{kHistoryRecordsMax} * 16;

class HistoryPage {
 public:
  HistoryPage(const journal::Store& store, const HistoryQuery& query, const mib::MibIndex& names)
      : store_(store), query_(query), names_(names) {}
  Result<Json> make();

 private:
  /// When the first readable record from here on was received; nothing when none is.
  Result<std::optional<std::int64_t>> time_at(std::uint64_t sequence) const;
  /// The first of [low, high) that was received later than `wall_ns`, when times only rise; else
  /// high.
  Result<std::uint64_t> first_after(std::int64_t wall_ns, std::uint64_t low,
                                    std::uint64_t high) const;
  Status find_span();
  Status read_window(std::uint64_t from);
  void take(const journal::Passage& passage, std::uint64_t from);
  bool fits(const alarm::RecordView& record) const;
  void add_found();

  const journal::Store& store_;
  const HistoryQuery& query_;
  const mib::MibIndex& names_;
  std::uint64_t oldest_ = 1;
  std::uint64_t stop_ = 1;    // nothing older is looked at
  std::uint64_t before_ = 0;  // nothing from here on is left to look at
  std::vector<Json> found_;   // of one window, oldest first
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps_;  // from, behind; newest first
  Json page_ = Json::array();
};

Result<std::optional<std::int64_t>> HistoryPage::time_at(std::uint64_t sequence) const {
  journal::Passage passage;
  for (int i = 0; i < kUnreadableMax; ++i) {
    if (Status read = store_.read(sequence, 1, &passage); !read) return Unexpected(read.error());
    alarm::RecordSequence records(passage.records);
    alarm::RecordView record;
    while (records.next(&record)) {
      if (record.header().sequence >= sequence) return {record.header().received_wall_ns};
    }
    if (passage.through < sequence) break;
    sequence = passage.through + 1;
  }
  return std::optional<std::int64_t>();
}

Result<std::uint64_t> HistoryPage::first_after(std::int64_t wall_ns, std::uint64_t low,
                                               std::uint64_t high) const {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto time = time_at(middle);
    if (!time) return Unexpected(time.error());
    const bool later = !*time || **time > wall_ns;
    (later ? high : low) = later ? middle : middle + 1;
  }
  return low;
}

Status HistoryPage::find_span() {
  const journal::StoreUsage usage = store_.usage();
  oldest_ = stop_ = std::max<std::uint64_t>(usage.oldest_sequence, 1);
  before_ = usage.newest_sequence + 1;
  if (query_.before_sequence != 0) before_ = std::min(before_, query_.before_sequence);
  if (query_.since_wall_ns > std::numeric_limits<std::int64_t>::min() + kHistorySlackNs) {
    auto first = first_after(query_.since_wall_ns - kHistorySlackNs, oldest_, before_);
    if (!first) return Unexpected(first.error());
    stop_ = *first;
  }
  if (query_.until_wall_ns < std::numeric_limits<std::int64_t>::max() - kHistorySlackNs) {
    auto behind = first_after(query_.until_wall_ns + kHistorySlackNs, stop_, before_);
    if (!behind) return Unexpected(behind.error());
    before_ = *behind;
  }
  return {};
}

bool HistoryPage::fits(const alarm::RecordView& record) const {
  const std::int64_t received = record.header().received_wall_ns;
  return received >= query_.since_wall_ns && received <= query_.until_wall_ns &&
         query_.filter.takes(record);
}

void HistoryPage::take(const journal::Passage& passage, std::uint64_t from) {
  alarm::RecordSequence records(passage.records);
  alarm::RecordView record;
  while (records.next(&record)) {
    const std::uint64_t sequence = record.header().sequence;
    if (sequence < from || sequence >= before_ || !fits(record)) continue;
    found_.push_back(forwarders::record_json(record, names_));
  }
}

/// Records of [from, before_), as far as they match, and what of it is not readable.
Status HistoryPage::read_window(std::uint64_t from) {
  journal::Passage passage;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps;
  std::size_t octets = kChunkOctets;
  while (from < before_) {
    if (Status read = store_.read(from, octets, &passage); !read) return read;
    if (passage.through < from) break;
    // Value by value from here on: a passage tells of one gap.
    if (passage.unreadable > 0 && octets != 1) {
      octets = 1;
      continue;
    }
    take(passage, from);
    if (passage.unreadable > 0 && passage.unreadable_from < before_) {
      const std::uint64_t behind = std::min(passage.unreadable_from + passage.unreadable, before_);
      gaps.emplace_back(passage.unreadable_from, behind);
    }
    from = passage.through + 1;
  }
  for (auto gap = gaps.rbegin(); gap != gaps.rend(); ++gap) {
    if (!gaps_.empty() && gaps_.back().first == gap->second) {
      gaps_.back().first = gap->first;
    } else {
      gaps_.push_back(*gap);
    }
  }
  return {};
}

Result<Json> HistoryPage::make() {
  if (Status found = find_span(); !found) return Unexpected(found.error());
  std::uint64_t looked_at = 0;
  while (before_ > stop_ && page_.size() < query_.limit && looked_at < kLookedAtMax) {
    const std::uint64_t from = before_ - std::min(before_ - stop_, kWindow);
    found_.clear();
    if (Status read = read_window(from); !read) return Unexpected(read.error());
    looked_at += before_ - from;
    before_ = from;
    add_found();
  }
  Json gaps = Json::array();
  for (const auto& [from, behind] : gaps_) {
    if (from >= before_) gaps.push_back({{"from", from}, {"through", behind - 1}});
  }
  Json next = nullptr;
  if (before_ > stop_) next = before_;
  return Json{{"records", std::move(page_)},
              {"next", std::move(next)},
              {"gaps", std::move(gaps)},
              {"oldest_sequence", oldest_},
              {"complete", oldest_ == 1 || stop_ > oldest_}};
}

/// Newest first, until the page is full; what is left of the window is looked at again then.
void HistoryPage::add_found() {
  for (auto it = found_.rbegin(); it != found_.rend(); ++it) {
    if (page_.size() == query_.limit) {
      before_ = (*it)["sequence"].get<std::uint64_t>() + 1;
      return;
    }
    page_.push_back(std::move(*it));
  }
}

}  // namespace

Result<Json> history_page(const journal::Store& store, const HistoryQuery& query,
                          const mib::MibIndex& names) {
  return HistoryPage(store, query, names).make();
}

}  // namespace trapd::admin
