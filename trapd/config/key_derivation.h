// SPDX-License-Identifier: Apache-2.0
// Keys of many passphrases: each distinct one once, on all processors, and those that keys.cache
// has not at all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trapd/base/secret.h"
#include "trapd/usm/keys.h"

namespace trapd::config {

/// From so many distinct passphrases on they are kept in a file; fewer are derived in a tenth of a
/// second, and nothing is written that is not needed.
inline constexpr std::size_t kKeptFrom = 128;

struct WantedKey {
  usm::AuthProtocol auth = usm::AuthProtocol::kNone;
  std::shared_ptr<const Secret> passphrase;  // not null, not empty
  /// False: it never gets into a file (it comes from the environment).
  bool may_be_kept = true;
  usm::Key* ku = nullptr;  // filled; lives as long as the call
};

struct Derivation {
  std::size_t distinct = 0;
  std::size_t hashed = 0;  // of these, how many were not in the file
  std::vector<std::string> warnings;
};

/// `key_file`: path of keys.cache; empty = none is read or written. It then holds exactly the keys
/// that are wanted and may be kept: what is no longer wanted is gone, and the file when they are
/// fewer than kKeptFrom. A file that must not be used is said and made anew; one that cannot be
/// written is said. Blocks, with threads of its own: half a millisecond per passphrase and
/// processor.
Derivation derive(std::vector<WantedKey>& wanted, const std::string& key_file);
/// `store.key_cache: off`: what an earlier configuration has left goes. Empty = nothing to do.
void remove_key_file(const std::string& key_file);

}  // namespace trapd::config
