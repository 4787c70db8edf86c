// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/page_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace trapd::journal {

namespace {

constexpr std::uint32_t kMagic = 0xbeefc0de;
constexpr std::uint32_t kDataVersion = 1;
constexpr std::size_t kPageOctetsMin = 256;
constexpr std::size_t kPageOctetsMax = 65'536;

struct PageHead {
  std::uint64_t number = 0;
  std::uint16_t pad = 0;
  std::uint16_t flags = 0;
  std::uint32_t count = 0;  // of an overflow page; else where free space begins and ends
};
static_assert(sizeof(PageHead) == kPageHeadOctets);

struct FileHeader {
  PageHead page;
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  std::uint64_t address = 0;
  std::uint64_t map_octets = 0;
  TableRoot free_list;  // its pad is the size of a page
  TableRoot main;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
};
static_assert(sizeof(FileHeader) == 16 + 24 + 96 + 16);

bool is_page_size(std::uint32_t octets) {
  return octets >= kPageOctetsMin && octets <= kPageOctetsMax && (octets & (octets - 1)) == 0;
}

}  // namespace

Result<PageFile> PageFile::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Unexpected(errno_error("cannot open", path, errno));
  PageFile file(std::move(fd), path);
  FileHeader first;
  std::array<std::uint8_t, sizeof first> octets{};
  if (file.read_at(0, octets)) first = load_le<FileHeader>(octets.data());
  if (first.magic == kMagic && is_page_size(first.free_list.pad)) {
    file.page_octets_ = first.free_list.pad;
  }
  return file;
}

Status PageFile::read_at(std::uint64_t offset, MutableBytes out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unexpected(errno_error("cannot read", path_, errno));
    if (got == 0) return failure(path_ + " ends too early");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

std::uint64_t PageFile::octets() const {
  struct stat status {};
  return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Result<PageSnapshot> PageFile::header(unsigned which) const {
  const std::string place = "header " + std::to_string(which + 1) + " of " + path_;
  std::array<std::uint8_t, sizeof(FileHeader)> octets{};
  std::array<std::uint8_t, sizeof(FileHeader)> again{};
  // Twice: the one that is being written just now may come in two halves.
  do {
    for (auto* into : {&octets, &again}) {
      if (Status read = read_at(which * page_octets_, *into); !read) {
        return Unexpected(read.error());
      }
    }
  } while (octets != again);
  const auto found = load_le<FileHeader>(octets.data());
  if (found.page.flags != static_cast<std::uint16_t>(PageKind::kHeader) || found.magic != kMagic) {
    return failure(place + " is not LMDB's");
  }
  if (found.version != kDataVersion) {
    return failure(place + " has LMDB's data version " + std::to_string(found.version) + ", not 1");
  }
  if (found.page.number != which || found.free_list.pad != page_octets_ || found.last_page < 1) {
    return failure(place + " is damaged");
  }
  return PageSnapshot{.transaction = found.transaction,
                      .pages = found.last_page + 1,
                      .free_list = found.free_list,
                      .main = found.main};
}

Result<PageSnapshot> PageFile::newest() const {
  auto first = header(0);
  auto second = header(1);
  if (!first && !second) return first;
  if (!first || (second && second->transaction > first->transaction)) return second;
  return first;
}

Result<PageSnapshot> PageFile::commit(std::uint64_t transaction) const {
  auto found = header(transaction % 2 == 0 ? 0 : 1);
  if (found && found->transaction != transaction) {
    return failure("commit " + std::to_string(transaction) + " is no longer in a header of " +
                   path_);
  }
  return found;
}

std::vector<std::string> PageFile::header_faults() const {
  std::vector<std::string> faults;
  for (const unsigned which : {0U, 1U}) {
    if (auto read = header(which); !read) faults.push_back(read.error().text);
  }
  return faults;
}

Status PageFile::read(const PageSnapshot& snapshot, std::uint64_t page, std::uint64_t count,
                      PageKind kind, std::vector<std::uint8_t>* out) const {
  const std::string place = "page " + std::to_string(page);
  if (page < 2 || page >= snapshot.pages || count > snapshot.pages - page) {
    return failure(place + " is not a page of the file");
  }
  // Before there is memory for it: a header and a value may claim gigabytes.
  if (count > 1 && (page + count > octets() / page_octets_)) {
    return failure(place + ": " + path_ + " ends too early");
  }
  out->resize(count * page_octets_);
  if (Status read = read_at(page * page_octets_, *out); !read) {
    return failure(place + ": " + read.error().text);
  }
  const auto head = load_le<PageHead>(out->data());
  // LMDB puts a smaller value into the pages of a larger one.
  const bool too_few = kind == PageKind::kOverflow && head.count < count;
  if (head.number != page || head.flags != static_cast<std::uint16_t>(kind) || too_few) {
    return failure(place + " is damaged: what it says of itself is not what refers to it");
  }
  return {};
}

}  // namespace trapd::journal
