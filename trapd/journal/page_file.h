// SPDX-License-Identifier: Apache-2.0
// data.mdb as pages, read with pread and believed in nothing. LMDB maps the file and follows what
// stands in its pages: one that is damaged can crash whoever reads it, and a disk that fails is a
// SIGBUS. What looks at a store that may be damaged (verify, backup, restore) reads it through
// this instead, and gets an error that names the page.
//
// The layout is that of LMDB 0.9 on machines of 64 bits, little-endian (FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"

namespace trapd::journal {

inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
inline constexpr std::size_t kPageHeadOctets = 16;

enum class PageKind : std::uint16_t { kBranch = 1, kLeaf = 2, kOverflow = 4, kHeader = 8 };

/// LMDB's MDB_db: where a table's tree begins, and what LMDB counted in it.
struct TableRoot {
  std::uint32_t pad = 0;
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = kNoPage;
};
static_assert(sizeof(TableRoot) == 48, "read from the file as it stands");

/// The file as of one commit. Its pages stay as they are while a transaction holds them.
struct PageSnapshot {
  std::uint64_t transaction = 0;
  std::uint64_t pages = 0;  // all that were ever used
  TableRoot free_list;
  TableRoot main;
};

/// Not thread-safe. Movable.
class PageFile {
 public:
  static Result<PageFile> open(const std::string& path);

  /// As of the newest commit, or of the one with this number. Errors: no header is readable; or
  /// none of the two is that commit's (any more).
  Result<PageSnapshot> newest() const;
  Result<PageSnapshot> commit(std::uint64_t transaction) const;
  /// In words, what is wrong with either of the two headers: LMDB refuses a file for one.
  std::vector<std::string> header_faults() const;

  /// Reads pages one behind the other into `out` (resized) and checks the head of the first:
  /// number and kind, and for kOverflow that they are at least so many.
  Status read(const PageSnapshot& snapshot, std::uint64_t page, std::uint64_t count, PageKind kind,
              std::vector<std::uint8_t>* out) const;

  std::size_t page_octets() const { return page_octets_; }
  const std::string& path() const { return path_; }

 private:
  PageFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Status read_at(std::uint64_t offset, MutableBytes out) const;
  Result<PageSnapshot> header(unsigned which) const;
  std::uint64_t octets() const;  // as long as the file is now; it may grow

  Fd fd_;
  std::string path_;
  std::size_t page_octets_ = 4096;
};

}  // namespace trapd::journal
