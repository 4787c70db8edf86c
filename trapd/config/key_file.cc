// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "trapd/base/check.h"
#include "trapd/base/fd.h"
#include "trapd/usm/digest.h"

namespace trapd::config {
namespace {

struct Header {
  std::array<char, 8> magic{'T', 'R', 'A', 'P', 'D', 'K', 'E', 'Y'};
  std::uint32_t version = 1;
  std::uint32_t rounds = kSealRounds;
  Salt salt{};
  std::uint64_t count = 0;
};
static_assert(sizeof(Header) == 56);  // FORMAT.md

struct Entry {
  Tag tag;
  SealedKey key;
};
static_assert(sizeof(Entry) == 80);  // FORMAT.md

constexpr std::size_t kSumOctets = 32;
constexpr std::size_t kFileOctetsLeast = sizeof(Header) + kSumOctets;
constexpr std::size_t kFileOctetsMost = kFileOctetsLeast + kKeysInFileMax * sizeof(Entry);

std::array<std::uint8_t, kSumOctets> sum_of(ByteView bytes) {
  std::array<std::uint8_t, kSumOctets> sum{};
  usm::Digest digest(usm::AuthProtocol::kSha256);
  digest.update(bytes);
  digest.finish(sum);
  return sum;
}

/// Empty when the file may be used.
std::string fault_of(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "it is no file";
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fmt::format("it has mode {:04o}, open to group or others", status.st_mode & 07777);
  }
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < kFileOctetsLeast || size > kFileOctetsMost) return "it is damaged";
  return {};
}

bool read_whole(const Fd& fd, std::vector<std::uint8_t>* bytes) {
  for (std::size_t size = 0; size < bytes->size();) {
    const ssize_t got = ::read(fd.get(), bytes->data() + size, bytes->size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    size += static_cast<std::size_t>(got);
  }
  return true;
}

Result<KeyFile> parse(ByteView bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != Header().magic) return failure("it is damaged");
  if (header.version != Header().version || header.rounds != kSealRounds) {
    return failure("it is of another version");
  }
  const std::size_t covered = bytes.size() - kSumOctets;
  const auto sum = sum_of(bytes.first(covered));
  if (header.count != (covered - sizeof header) / sizeof(Entry) ||
      covered != sizeof header + header.count * sizeof(Entry) ||
      !std::equal(sum.begin(), sum.end(), bytes.begin() + static_cast<std::ptrdiff_t>(covered))) {
    return failure("it is damaged");
  }
  KeyFile file;
  file.salt = header.salt;
  file.keys.reserve(header.count);
  for (std::size_t i = 0; i < header.count; ++i) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + sizeof header + i * sizeof entry, sizeof entry);
    file.keys.emplace(entry.tag, entry.key);
  }
  return file;
}

std::vector<std::uint8_t> encode(const KeyFile& file) {
  Header header;
  header.salt = file.salt;
  header.count = file.keys.size();
  std::vector<std::uint8_t> bytes(sizeof header + file.keys.size() * sizeof(Entry));
  std::memcpy(bytes.data(), &header, sizeof header);
  std::uint8_t* at = bytes.data() + sizeof header;
  for (const auto& [tag, key] : file.keys) {
    const Entry entry{tag, key};
    std::memcpy(at, &entry, sizeof entry);
    at += sizeof entry;
  }
  const auto sum = sum_of(bytes);
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  return bytes;
}

}  // namespace

std::size_t TagHash::operator()(const Tag& tag) const {
  std::size_t hash = 0;  // the tag is a hash already
  static_assert(sizeof hash <= sizeof tag);
  std::memcpy(&hash, tag.data(), sizeof hash);
  return hash;
}

usm::Key KeyFile::open(const KeySeal& seal, usm::AuthProtocol auth) const {
  const auto found = keys.find(seal.tag);
  if (found == keys.end()) return {};
  SealedKey ku = found->second;
  const ByteView pad = seal.pad.expose();
  CHECK(pad.size() == ku.size());
  for (std::size_t i = 0; i < ku.size(); ++i) ku[i] ^= pad[i];
  usm::Key key(ByteView(ku).first(usm::row(auth).digest_octets));
  wipe(ku);
  return key;
}

void KeyFile::add(const KeySeal& seal, const usm::Key& ku) {
  SealedKey sealed{};
  const ByteView pad = seal.pad.expose();
  CHECK(pad.size() == sealed.size());
  std::copy(ku.expose().begin(), ku.expose().end(), sealed.begin());
  for (std::size_t i = 0; i < sealed.size(); ++i) sealed[i] ^= pad[i];
  keys.insert_or_assign(seal.tag, sealed);
}

KeyFile new_key_file() {
  KeyFile file;
  CHECK(::RAND_bytes(file.salt.data(), static_cast<int>(file.salt.size())) == 1);
  return file;
}

Result<KeyFile> read_key_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ENOENT) return new_key_file();
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return Unexpected(errno_error("cannot read", path, errno));
  }
  if (const std::string fault = fault_of(status); !fault.empty()) return failure(fault);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  if (!read_whole(fd, &bytes)) return failure("it cannot be read whole");
  return parse(bytes);
}

Status write_key_file(const std::string& path, const KeyFile& file) {
  const std::string next = path + ".new";
  ::unlink(next.c_str());
  const Fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return Unexpected(errno_error("cannot make", next, errno));
  const std::vector<std::uint8_t> bytes = encode(file);
  for (ByteView rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Unexpected(errno_error("cannot write", next, errno));
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  // Before the name: a power cut must not leave an empty file under it.
  if (::fdatasync(fd.get()) != 0) return Unexpected(errno_error("cannot sync", next, errno));
  if (::rename(next.c_str(), path.c_str()) != 0) {
    return Unexpected(errno_error("cannot replace", path, errno));
  }
  return {};
}

Status remove_key_file(const std::string& path) {
  ::unlink((path + ".new").c_str());
  if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
  return Unexpected(errno_error("cannot remove", path, errno));
}

std::string key_file_in(const std::string& store_directory) {
  return store_directory + "/keys.cache";
}

Status KeyFileChange::apply(const std::string& path) const {
  switch (kind) {
    case Kind::kNone:
      break;
    case Kind::kWrite:
      return write_key_file(path, file);
    case Kind::kRemove:
      return remove_key_file(path);
  }
  return {};
}

}  // namespace trapd::config
