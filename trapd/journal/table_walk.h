// SPDX-License-Identifier: Apache-2.0
// One table of data.mdb in the order of its keys, every page checked before it is followed
// (page_file.h says why). A damaged page is told and passed: the walk goes on behind it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "trapd/journal/page_file.h"

namespace trapd::journal {

class TableWalk {
 public:
  enum class Step : std::uint8_t { kRow, kDamaged, kEnd };

  /// `file` and `snapshot` outlive the walk. Begins at the first key.
  TableWalk(const PageFile& file, const PageSnapshot& snapshot, const TableRoot& root);
  /// Goes to the first key that is not below `from`, as octets; or to the last key.
  void seek(ByteView from);
  void seek_last();
  /// From here on values that have pages of their own are not read: they come empty.
  void leave_values() { leaves_values_ = true; }

  /// kRow: key() and value() are there until the next call; the value aligned to 8.
  /// kDamaged: fault() says what, key() is empty unless it is only this key's value.
  Step next();
  ByteView key() const { return key_; }
  ByteView value() const { return value_; }
  const std::string& fault() const { return fault_; }
  /// Looked at since the beginning, pages of values too.
  std::uint64_t pages() const { return pages_; }

 private:
  struct Level {
    std::vector<std::uint8_t> octets;
    std::uint64_t page = 0;
    std::size_t index = 0;  // of the next one
    std::size_t count = 0;
  };
  struct Node {
    ByteView key;
    ByteView rest;  // behind the key: the value, or the number of its page
    std::uint64_t child = 0;
    std::uint32_t value_octets = 0;
    std::uint16_t flags = 0;
  };

  void restart();
  bool push(std::uint64_t page);
  bool check(const Level& level, bool leaf);
  Node node(const Level& level, std::size_t index) const;
  bool is_leaf() const { return depth_ == root_.depth; }
  bool take_value(const Node& node);
  bool damaged(std::string fault);
  bool below(ByteView a, ByteView b) const;

  const PageFile& file_;
  const PageSnapshot& snapshot_;
  const TableRoot root_;
  bool leaves_values_ = false;
  std::vector<Level> levels_;  // room for the deepest; depth_ of them are in use
  std::size_t depth_ = 0;
  bool pending_ = false;  // a fault that next() has not told yet
  std::vector<std::uint8_t> last_key_;
  bool has_last_ = false;
  std::vector<std::uint8_t> key_;
  std::vector<std::uint8_t> held_;  // of the value
  ByteView value_;
  std::string fault_;
  std::uint64_t pages_ = 0;
  std::uint64_t tree_pages_ = 0;  // since the last seek
};

/// The tables by name, as the main tree has them. Error: it is damaged.
Result<std::map<std::string, TableRoot>> find_tables(const PageFile& file,
                                                     const PageSnapshot& snapshot);

/// The value of one key; empty when it is missing. Error: a page on the way is damaged.
Result<std::string> find_row(const PageFile& file, const PageSnapshot& snapshot,
                             const TableRoot& root, ByteView key);

}  // namespace trapd::journal
