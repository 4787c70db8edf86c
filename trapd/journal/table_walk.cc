// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/table_walk.h"

#include <algorithm>
#include <utility>

namespace trapd::journal {

namespace {

// A page: head (16), places of its nodes (u16 each), free space, nodes.
constexpr std::size_t kFreeBeginsAt = 12;
constexpr std::size_t kFreeEndsAt = 14;
// A node: size of the value u32 (branch: page, 48 bits), flags u16, size of the key u16, key,
// value.
constexpr std::size_t kNodeHeadOctets = 8;
constexpr std::uint16_t kValueHasPages = 1;
constexpr std::size_t kDepthMax = 32;
/// Of a table: its keys are numbers as the machine has them (LMDB's list of free pages alone).
constexpr std::uint16_t kKeysAreNumbers = 8;

std::size_t u16_at(ByteView octets, std::size_t at) {
  return load_le<std::uint16_t>(octets.data() + at);
}

}  // namespace

TableWalk::TableWalk(const PageFile& file, const PageSnapshot& snapshot, const TableRoot& root)
    : file_(file), snapshot_(snapshot), root_(root) {
  levels_.resize(std::min<std::size_t>(root.depth, kDepthMax));
  seek({});
}

bool TableWalk::below(ByteView a, ByteView b) const {
  if ((root_.flags & kKeysAreNumbers) == 0) return as_text(a) < as_text(b);
  if (a.size() != sizeof(std::uint64_t) || b.size() != a.size()) return a.size() < b.size();
  return load_le<std::uint64_t>(a.data()) < load_le<std::uint64_t>(b.data());
}

bool TableWalk::damaged(std::string fault) {
  fault_ = std::move(fault);
  return false;
}

void TableWalk::restart() {
  depth_ = 0;
  tree_pages_ = 0;
  pending_ = has_last_ = false;
  if (root_.root == kNoPage) return;
  if (root_.depth == 0 || root_.depth > kDepthMax) {
    pending_ = !damaged("a tree of depth " + std::to_string(root_.depth));
  } else {
    pending_ = !push(root_.root);
  }
}

void TableWalk::seek(ByteView from) {
  restart();
  while (depth_ > 0 && !pending_) {
    Level& level = levels_[depth_ - 1];
    // A branch's first key stands for everything below the second.
    std::size_t low = is_leaf() ? 0 : 1;
    std::size_t high = level.count;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const ByteView key = node(level, middle).key;
      const bool left = is_leaf() ? below(key, from) : !below(from, key);
      (left ? low : high) = left ? middle + 1 : middle;
    }
    level.index = low;
    if (is_leaf()) return;
    pending_ = !push(node(level, level.index - 1).child);
  }
}

void TableWalk::seek_last() {
  restart();
  while (depth_ > 0 && !pending_) {
    Level& level = levels_[depth_ - 1];
    level.index = level.count;
    if (is_leaf()) {
      --level.index;
      return;
    }
    pending_ = !push(node(level, level.count - 1).child);
  }
}

bool TableWalk::push(std::uint64_t page) {
  const bool leaf = depth_ + 1 == root_.depth;
  Level& level = levels_[depth_];
  ++pages_;
  if (++tree_pages_ > snapshot_.pages) {
    depth_ = 0;
    return damaged("a tree with more pages than the file: it runs in a circle");
  }
  const Status read =
      file_.read(snapshot_, page, 1, leaf ? PageKind::kLeaf : PageKind::kBranch, &level.octets);
  if (!read) return damaged(read.error().text);
  level.page = page;
  level.index = 0;
  if (!check(level, leaf)) return damaged("page " + std::to_string(page) + " is damaged inside");
  level.count = (u16_at(level.octets, kFreeBeginsAt) - kPageHeadOctets) / 2;
  ++depth_;
  return true;
}

bool TableWalk::check(const Level& level, bool leaf) {
  const ByteView page = level.octets;
  const std::size_t begin = u16_at(page, kFreeBeginsAt);
  const std::size_t end = u16_at(page, kFreeEndsAt);
  if (begin <= kPageHeadOctets || begin % 2 != 0 || begin > end || end > page.size()) return false;
  const std::size_t count = (begin - kPageHeadOctets) / 2;
  if (!leaf && count < 2) return false;
  ByteView before;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = u16_at(page, kPageHeadOctets + 2 * i);
    if (at < end || at + kNodeHeadOctets > page.size() || at % 2 != 0) return false;
    const std::size_t key_octets = u16_at(page, at + 6);
    std::size_t octets = kNodeHeadOctets + key_octets;
    if (leaf) {
      const bool has_pages = (u16_at(page, at + 4) & kValueHasPages) != 0;
      octets += has_pages ? sizeof(std::uint64_t) : load_le<std::uint32_t>(page.data() + at);
    }
    if (octets > page.size() - at) return false;
    const ByteView key = page.subspan(at + kNodeHeadOctets, key_octets);
    const bool first_of_branch = !leaf && i == 0;
    if (!first_of_branch && (key.empty() || (i > (leaf ? 0U : 1U) && !below(before, key)))) {
      return false;
    }
    before = key;
  }
  return true;
}

TableWalk::Node TableWalk::node(const Level& level, std::size_t index) const {
  const ByteView page = level.octets;
  const std::size_t at = u16_at(page, kPageHeadOctets + 2 * index);
  Node found;
  found.flags = load_le<std::uint16_t>(page.data() + at + 4);
  found.value_octets = load_le<std::uint32_t>(page.data() + at);
  found.child = std::uint64_t{found.flags} << 32 | found.value_octets;
  found.key = page.subspan(at + kNodeHeadOctets, u16_at(page, at + 6));
  found.rest = page.subspan(at + kNodeHeadOctets + found.key.size());
  return found;
}

bool TableWalk::take_value(const Node& node) {
  std::size_t begin = 0;
  if ((node.flags & kValueHasPages) != 0) {
    if (leaves_values_) return true;
    const auto page = load_le<std::uint64_t>(node.rest.data());
    const std::size_t size = file_.page_octets();
    const std::uint64_t count = (kPageHeadOctets + node.value_octets + size - 1) / size;
    const Status read = file_.read(snapshot_, page, count, PageKind::kOverflow, &held_);
    if (!read) return damaged(read.error().text);
    pages_ += count;
    begin = kPageHeadOctets;
  } else {
    held_.assign(node.rest.begin(), node.rest.begin() + node.value_octets);
  }
  value_ = ByteView(held_).subspan(begin, node.value_octets);
  return true;
}

TableWalk::Step TableWalk::next() {
  key_.clear();
  value_ = {};
  if (std::exchange(pending_, false)) return Step::kDamaged;
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    if (level.index == level.count) {
      --depth_;
      continue;
    }
    const Node found = node(level, level.index++);
    if (!is_leaf()) {
      if (!push(found.child)) return Step::kDamaged;
      continue;
    }
    if (has_last_ && !below(last_key_, found.key)) {
      level.index = level.count;
      damaged("page " + std::to_string(level.page) + " is not in its place: its keys come again");
      return Step::kDamaged;
    }
    key_.assign(found.key.begin(), found.key.end());
    last_key_ = key_;
    has_last_ = true;
    return take_value(found) ? Step::kRow : Step::kDamaged;
  }
  return Step::kEnd;
}

Result<std::map<std::string, TableRoot>> find_tables(const PageFile& file,
                                                     const PageSnapshot& snapshot) {
  std::map<std::string, TableRoot> tables;
  TableWalk walk(file, snapshot, snapshot.main);
  for (auto step = walk.next(); step != TableWalk::Step::kEnd; step = walk.next()) {
    if (step == TableWalk::Step::kDamaged) return failure("the list of tables: " + walk.fault());
    if (walk.value().size() != sizeof(TableRoot)) return failure("the list of tables is damaged");
    tables.emplace(as_text(walk.key()), load_le<TableRoot>(walk.value().data()));
  }
  return tables;
}

Result<std::string> find_row(const PageFile& file, const PageSnapshot& snapshot,
                             const TableRoot& root, ByteView key) {
  TableWalk walk(file, snapshot, root);
  walk.seek(key);
  const TableWalk::Step step = walk.next();
  if (step == TableWalk::Step::kDamaged) return failure(walk.fault());
  if (step == TableWalk::Step::kEnd || !equal(walk.key(), key)) return std::string();
  return std::string(as_text(walk.value()));
}

}  // namespace trapd::journal
