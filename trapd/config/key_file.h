// SPDX-License-Identifier: Apache-2.0
// keys.cache: the keys of passphrases (Ku, RFC 3414 A.2), sealed (key_seal.h), so that a start need
// not hash a mebibyte for each again. Format: FORMAT.md.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "trapd/base/error.h"
#include "trapd/config/key_seal.h"

namespace trapd::config {

inline constexpr std::size_t kKeysInFileMax = 1'000'000;

struct TagHash {
  std::size_t operator()(const Tag& tag) const;
};

using SealedKey = std::array<std::uint8_t, usm::kDigestOctetsMax>;

/// What the file holds. A value: reading and writing are functions.
struct KeyFile {
  Salt salt{};
  std::unordered_map<Tag, SealedKey, TagHash> keys;

  /// Empty when the file does not have it.
  usm::Key open(const KeySeal& seal, usm::AuthProtocol auth) const;
  void add(const KeySeal& seal, const usm::Key& ku);
};

/// No keys, a new random salt.
KeyFile new_key_file();
/// Fails when there is one that must not be used: open to group or others, another's, no regular
/// file, of another version, damaged. ENOENT is a new file without keys.
Result<KeyFile> read_key_file(const std::string& path);
/// Whole or not at all: a new file of mode 0600 takes the place of the old one. Makes no directory.
Status write_key_file(const std::string& path, const KeyFile& file);
/// Also what a process left that ended while it wrote. There may be none.
Status remove_key_file(const std::string& path);

/// "keys.cache" in the store's directory.
std::string key_file_in(const std::string& store_directory);

/// What is to become of the file once the configuration counts: only then, and only by the process
/// that holds the store's lock, or it would be another's keys that go.
struct KeyFileChange {
  enum class Kind : std::uint8_t { kNone, kWrite, kRemove };
  Kind kind = Kind::kNone;
  KeyFile file;  // kWrite: its content

  Status apply(const std::string& path) const;
};

}  // namespace trapd::config
