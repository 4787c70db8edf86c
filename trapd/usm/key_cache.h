// SPDX-License-Identifier: Apache-2.0
// Localised keys per (engine, user), bounded; one cache per worker, no lock. An entry exists only
// for engines whose digest was verified once, so strangers leave nothing here.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/usm/engine_clock.h"
#include "trapd/usm/hmac.h"
#include "trapd/usm/user.h"

namespace trapd::usm {

struct CachedKeys {
  const User* user = nullptr;    // of the generation the cache was made for
  EngineClock* clock = nullptr;  // nullptr for keys localised to our own engine
  HmacKey auth;
  Key priv;
  std::uintptr_t place = 0;  // of the entry they are from, for Cipher::decrypt; 0 = of none
};

/// Open addressing. An entry takes what its protocols need and not what the longest would, and its
/// names stand with the clock and the user: 80 octets with SHA-1 and AES-128, 184 with SHA-512 and
/// AES-256, so that a hundred thousand engines cost 9 MB and a message few cache lines. Both must
/// live while find() and has() are called. Allocated as engines turn up (add() now and then
/// allocates; find() never). Entries are only added and, at a new generation of users, all wiped.
/// When it is full, keys are localised anew for each message.
class KeyCache {
 public:
  explicit KeyCache(std::size_t entries_max);
  ~KeyCache();
  /// The keys lie in one place for all entries: they last until the next find() or clear().
  const CachedKeys* find(ByteView engine_id, ByteView user_name);
  /// Is there one? Leaves the keys of the last find() as they are.
  bool has(ByteView engine_id, ByteView user_name) const;
  /// Of an engine and user that it has not. False: there is no room, or a name is too long.
  bool add(ByteView engine_id, ByteView user_name, const CachedKeys& keys);
  /// Users may be gone already: looks at none.
  void clear();
  std::size_t size() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace trapd::usm
