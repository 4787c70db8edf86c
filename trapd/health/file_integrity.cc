// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/file_integrity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <vector>

#include "trapd/base/clock.h"
#include "trapd/base/fd.h"

namespace trapd::health {

namespace {

constexpr std::uint64_t kHashedMax = std::uint64_t{256} << 20;
constexpr std::size_t kReadOctets = 64 << 10;

struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

bool hash_file(int fd, std::array<std::uint8_t, 32>* sha256, const std::atomic<bool>* stop) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) return false;
  std::vector<std::uint8_t> chunk(kReadOctets);
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t size = ::read(fd, chunk.data(), chunk.size());
    if (size < 0) return false;
    if (size == 0) break;
    if (stop != nullptr && *stop) return false;
    total += static_cast<std::uint64_t>(size);
    if (total > kHashedMax) return false;  // it grows under us
    if (EVP_DigestUpdate(digest.get(), chunk.data(), static_cast<std::size_t>(size)) != 1) {
      return false;
    }
  }
  unsigned int written = 0;
  return EVP_DigestFinal_ex(digest.get(), sha256->data(), &written) == 1;
}

std::int64_t ns_of(const timespec& time) { return time.tv_sec * kNsPerSecond + time.tv_nsec; }

FileState state_of(const struct stat& status) {
  FileState state;
  state.present = true;
  state.inode = status.st_ino;
  state.device = status.st_dev;
  state.mode = status.st_mode;
  state.owner = status.st_uid;
  state.group = status.st_gid;
  state.octets = static_cast<std::uint64_t>(status.st_size);
  state.modified_ns = ns_of(status.st_mtim);
  state.changed_ns = ns_of(status.st_ctim);
  return state;
}

}  // namespace

bool FileState::same_attributes(const FileState& other) const {
  return present == other.present && inode == other.inode && device == other.device &&
         mode == other.mode && owner == other.owner && group == other.group &&
         octets == other.octets && modified_ns == other.modified_ns &&
         changed_ns == other.changed_ns;
}

FileState look_at_file(const std::string& path, bool with_hash, const std::atomic<bool>* stop) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  FileState state = state_of(status);
  if (!with_hash || !S_ISREG(status.st_mode) || state.octets > kHashedMax) return state;
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  state.hashed = file && hash_file(file.get(), &state.sha256, stop);
  return state;
}

std::string difference(const FileState& before, const FileState& now) {
  if (before.present != now.present) return now.present ? "it has appeared" : "it is gone";
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  const bool written = before.modified_ns != now.modified_ns;
  if (before.hashed && now.hashed) {
    if (before.sha256 != now.sha256) add("content");
  } else if (before.hashed) {
    add("content (it cannot be read any more)");
  } else if (written) {
    add("written");  // before its content was read
  }
  if (before.octets != now.octets) add(fmt::format("size {} -> {}", before.octets, now.octets));
  if (before.mode != now.mode) add(fmt::format("mode {:o} -> {:o}", before.mode, now.mode));
  if (before.owner != now.owner) add(fmt::format("owner {} -> {}", before.owner, now.owner));
  if (before.group != now.group) add(fmt::format("group {} -> {}", before.group, now.group));
  if (before.inode != now.inode || before.device != now.device) {
    add(fmt::format("another file (inode {} -> {})", before.inode, now.inode));
  }
  if (text.empty() && written) add("written with the same content");
  if (text.empty() && before.changed_ns != now.changed_ns) add("its inode was changed");
  return text;
}

}  // namespace trapd::health
