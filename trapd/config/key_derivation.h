// SPDX-License-Identifier: Apache-2.0
// Keys of many passphrases: each distinct one once, on all processors, and those that keys.cache
// has not at all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trapd/base/secret.h"
#include "trapd/config/key_file.h"
#include "trapd/usm/keys.h"

namespace trapd::config {

/// From so many distinct passphrases on (about a second of CPU) their keys are kept in a file.
/// Fewer are not worth that a thief could try passphrases on it (key_seal.h).
inline constexpr std::size_t kKeptFrom = 1'000;

/// How the keys of passphrases are derived.
struct KeyUse {
  std::string key_file{};  // path of keys.cache; empty = none is read
  std::size_t kept_from = kKeptFrom;
  bool packets_flow = false;  // then a processor is left to reception
};

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
  KeyFileChange change;    // none without a file
  std::vector<std::string> warnings;
};

/// Takes from the file what it has, derives the rest, and says what is to become of the file: it
/// then holds exactly the keys that are wanted and may be kept (what is no longer wanted is gone),
/// and goes when they are fewer than kept_from. The file itself is only read. One that must not be
/// used is said. Blocks, with threads of its own, behind the others in the queue for processors:
/// half a millisecond per passphrase and processor. Without a thread the caller derives.
Derivation derive(std::vector<WantedKey>& wanted, const KeyUse& use);

/// Processors that this process may run on (affinity, cpuset), at most 8; while packets flow, all
/// but one. At least 1.
std::size_t threads_for_keys(bool packets_flow);

}  // namespace trapd::config
