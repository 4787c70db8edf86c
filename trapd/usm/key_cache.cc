// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/key_cache.h"

#include <algorithm>
#include <array>

#include "trapd/base/hash.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kEntriesPerChunk = 64;
constexpr std::size_t kFirstSlots = 256;

struct Entry {
  std::array<std::uint8_t, kEngineIdOctetsMax> engine_id{};
  std::array<std::uint8_t, snmp::kUserNameOctetsMax> user_name{};
  std::uint8_t engine_id_size = 0;
  std::uint8_t user_name_size = 0;
  CachedKeys keys;

  bool is(ByteView engine, ByteView user) const {
    return equal(ByteView(engine_id).first(engine_id_size), engine) &&
           equal(ByteView(user_name).first(user_name_size), user);
  }
};
using Chunk = std::array<Entry, kEntriesPerChunk>;

/// Where an entry is, with some bits of its hash, so that a search rarely looks at an entry that
/// is not the one.
struct Slot {
  std::uint32_t hash_bits = 0;
  std::uint32_t entry_plus_1 = 0;  // 0 = empty
};

std::uint64_t hash_of(ByteView engine_id, ByteView user_name) {
  return hash_bytes(user_name, hash_bytes(engine_id));
}
std::uint32_t high_bits(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

/// Slots double when they are three quarters full; entries never move, so pointers stay good.
/// Nothing is allocated before the first entry.
struct KeyCache::Table {
  std::size_t entries_max = 0;
  std::size_t size = 0;
  std::vector<Slot> slots;  // a power of two, or none
  std::vector<std::unique_ptr<Chunk>> chunks;

  Entry& entry(std::size_t i) { return (*chunks[i / kEntriesPerChunk])[i % kEntriesPerChunk]; }

  Entry* find(ByteView engine_id, ByteView user_name) {
    if (slots.empty()) return nullptr;
    const std::uint64_t hash = hash_of(engine_id, user_name);
    const std::size_t mask = slots.size() - 1;
    for (std::size_t at = hash & mask; slots[at].entry_plus_1 != 0; at = (at + 1) & mask) {
      if (slots[at].hash_bits != high_bits(hash)) continue;
      Entry& candidate = entry(slots[at].entry_plus_1 - 1);
      if (candidate.is(engine_id, user_name)) return &candidate;
    }
    return nullptr;
  }

  void place(std::uint64_t hash, std::size_t index) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = hash & mask;
    while (slots[at].entry_plus_1 != 0) at = (at + 1) & mask;
    slots[at] = {high_bits(hash), static_cast<std::uint32_t>(index + 1)};
  }

  void grow() {
    const std::size_t slots_wanted = slots.empty() ? kFirstSlots : slots.size() * 2;
    slots.assign(slots_wanted, Slot{});
    for (std::size_t i = 0; i < size; ++i) {
      const Entry& e = entry(i);
      place(hash_of(ByteView(e.engine_id).first(e.engine_id_size),
                    ByteView(e.user_name).first(e.user_name_size)),
            i);
    }
  }
};

KeyCache::KeyCache(std::size_t entries_max) : table_(std::make_unique<Table>()) {
  table_->entries_max = entries_max;
}
KeyCache::~KeyCache() = default;

const CachedKeys* KeyCache::find(ByteView engine_id, ByteView user_name) const {
  const Entry* const found = table_->find(engine_id, user_name);
  return found != nullptr ? &found->keys : nullptr;
}

CachedKeys* KeyCache::add(ByteView engine_id, ByteView user_name) {
  if (engine_id.size() > kEngineIdOctetsMax || user_name.size() > snmp::kUserNameOctetsMax) {
    return nullptr;
  }
  if (Entry* const known = table_->find(engine_id, user_name); known != nullptr) {
    return &known->keys;
  }
  if (table_->size >= table_->entries_max) return nullptr;
  if ((table_->size + 1) * 4 > table_->slots.size() * 3) table_->grow();
  if (table_->size == table_->chunks.size() * kEntriesPerChunk) {
    table_->chunks.push_back(std::make_unique<Chunk>());
  }
  Entry& added = table_->entry(table_->size);
  std::copy(engine_id.begin(), engine_id.end(), added.engine_id.begin());
  std::copy(user_name.begin(), user_name.end(), added.user_name.begin());
  added.engine_id_size = static_cast<std::uint8_t>(engine_id.size());
  added.user_name_size = static_cast<std::uint8_t>(user_name.size());
  table_->place(hash_of(engine_id, user_name), table_->size);
  ++table_->size;
  return &added.keys;
}

void KeyCache::clear() {
  table_->size = 0;
  table_->slots.clear();
  table_->chunks.clear();
}

std::size_t KeyCache::size() const { return table_->size; }

}  // namespace trapd::usm
