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
};

/// Open addressing; about 330 octets an entry, allocated as engines turn up (add() now and then
/// allocates; find() never). Entries are only added and, at a new generation of users, all
/// dropped. When it is full, keys are localised anew for each message.
class KeyCache {
 public:
  explicit KeyCache(std::size_t entries_max);
  ~KeyCache();
  const CachedKeys* find(ByteView engine_id, ByteView user_name) const;
  /// nullptr when full. The pointer lives until clear().
  CachedKeys* add(ByteView engine_id, ByteView user_name);
  void clear();
  std::size_t size() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace trapd::usm
