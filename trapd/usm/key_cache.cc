// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/key_cache.h"

#include "trapd/base/check.h"
#include "trapd/base/hash.h"
#include "trapd/base/locked_memory.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kChunkOctets = 16'384;
constexpr std::size_t kUnitOctets = 8;  // entries begin at multiples of it
constexpr std::size_t kUnitsPerChunk = kChunkOctets / kUnitOctets;
constexpr std::size_t kFirstSlots = 256;

/// Behind it: engine ID and user name where the clock and the user do not have them, the two states
/// of the HMAC, the privacy key.
struct Head {
  const User* user = nullptr;
  EngineClock* clock = nullptr;
  AuthProtocol auth = AuthProtocol::kNone;
  std::uint8_t engine_octets = 0;  // kElsewhere: the clock's
  std::uint8_t user_octets = 0;    // kElsewhere: the user's
  std::uint8_t auth_octets = 0;
  std::uint8_t priv_octets = 0;

  static constexpr std::uint8_t kElsewhere = 0xff;

  std::size_t engine_octets_here() const { return engine_octets == kElsewhere ? 0 : engine_octets; }
  std::size_t user_octets_here() const { return user_octets == kElsewhere ? 0 : user_octets; }
  const std::uint8_t* rest() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
  std::uint8_t* rest() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  ByteView engine_id() const {
    return engine_octets == kElsewhere ? clock->engine_id() : ByteView(rest(), engine_octets);
  }
  ByteView user_name() const {
    return user_octets == kElsewhere ? as_bytes(user->name)
                                     : ByteView(rest() + engine_octets_here(), user_octets);
  }
  const std::uint8_t* keys() const { return rest() + engine_octets_here() + user_octets_here(); }
  ByteView auth_states() const { return {keys(), auth_octets}; }
  ByteView priv_key() const { return {keys() + auth_octets, priv_octets}; }
  bool is(ByteView engine, ByteView name) const {
    return equal(engine_id(), engine) && equal(user_name(), name);
  }
};
static_assert(sizeof(Head) == 24 && alignof(Head) == kUnitOctets);

using Chunk = std::vector<std::uint64_t, LockedAllocator<std::uint64_t>>;  // kUnitsPerChunk

/// Where an entry is, with some bits of its hash, so that a search rarely looks at an entry that
/// is not the one.
struct Slot {
  std::uint32_t hash_bits = 0;
  std::uint32_t unit_plus_1 = 0;  // 0 = empty
};

std::uint64_t hash_of(ByteView engine_id, ByteView user_name) {
  return hash_bytes(user_name, hash_bytes(engine_id));
}
std::uint32_t high_bits(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

/// Slots double when they are four fifths full; entries never move. Nothing is allocated before
/// the first entry.
struct KeyCache::Table {
  std::size_t entries_max = 0;
  std::size_t size = 0;
  std::vector<Slot> slots;  // a power of two, or none
  std::vector<Chunk> chunks;
  std::size_t units_used = kUnitsPerChunk;  // of the last chunk
  CachedKeys found;                         // of the entry `found_at`
  const Head* found_at = nullptr;

  Head* at(std::size_t unit) {
    return reinterpret_cast<Head*>(chunks[unit / kUnitsPerChunk].data() + unit % kUnitsPerChunk);
  }

  const Head* find(ByteView engine_id, ByteView user_name) {
    if (slots.empty()) return nullptr;
    const std::uint64_t hash = hash_of(engine_id, user_name);
    const std::size_t mask = slots.size() - 1;
    for (std::size_t i = hash & mask; slots[i].unit_plus_1 != 0; i = (i + 1) & mask) {
      if (slots[i].hash_bits != high_bits(hash)) continue;
      const Head* const candidate = at(slots[i].unit_plus_1 - 1);
      if (candidate->is(engine_id, user_name)) return candidate;
    }
    return nullptr;
  }

  void place(std::uint64_t hash, std::uint32_t unit_plus_1) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = hash & mask;
    while (slots[i].unit_plus_1 != 0) i = (i + 1) & mask;
    slots[i] = {high_bits(hash), unit_plus_1};
  }

  void grow() {
    std::vector<Slot> old(slots.empty() ? kFirstSlots : slots.size() * 2);
    old.swap(slots);
    for (const Slot& slot : old) {
      if (slot.unit_plus_1 == 0) continue;
      const Head* const head = at(slot.unit_plus_1 - 1);
      place(hash_of(head->engine_id(), head->user_name()), slot.unit_plus_1);
    }
  }

  /// Room for an entry of so many octets; its unit.
  std::size_t take_room(std::size_t octets) {
    const std::size_t units = (octets + kUnitOctets - 1) / kUnitOctets;
    CHECK(units <= kUnitsPerChunk);
    if (units_used + units > kUnitsPerChunk) {
      chunks.emplace_back(kUnitsPerChunk);
      units_used = 0;
    }
    const std::size_t unit = (chunks.size() - 1) * kUnitsPerChunk + units_used;
    units_used += units;
    return unit;
  }

  void wipe_all() {
    size = 0;
    slots.clear();
    chunks.clear();  // locked memory is wiped when it goes
    units_used = kUnitsPerChunk;
    found = {};
    found_at = nullptr;
  }
};

KeyCache::KeyCache(std::size_t entries_max) : table_(std::make_unique<Table>()) {
  table_->entries_max = entries_max;
}
KeyCache::~KeyCache() { table_->wipe_all(); }

const CachedKeys* KeyCache::find(ByteView engine_id, ByteView user_name) {
  Table& table = *table_;
  const Head* const head = table.find(engine_id, user_name);
  if (head == nullptr) return nullptr;
  CachedKeys& found = table.found;
  if (head == table.found_at) return &found;
  table.found_at = head;
  found.user = head->user;
  found.clock = head->clock;
  found.auth.unpack(head->auth, head->auth_states());
  found.priv.assign(head->priv_key());
  found.place = reinterpret_cast<std::uintptr_t>(head);
  return &found;
}

bool KeyCache::has(ByteView engine_id, ByteView user_name) const {
  return table_->find(engine_id, user_name) != nullptr;
}

bool KeyCache::add(ByteView engine_id, ByteView user_name, const CachedKeys& keys) {
  Table& table = *table_;
  if (engine_id.size() > kEngineIdOctetsMax || user_name.size() > snmp::kUserNameOctetsMax) {
    return false;
  }
  CHECK(table.find(engine_id, user_name) == nullptr);
  if (table.size >= table.entries_max) return false;
  if ((table.size + 1) * 5 > table.slots.size() * 4) table.grow();
  const std::size_t auth_octets = HmacKey::packed_octets(keys.auth.protocol());
  const ByteView priv = keys.priv.expose();
  const bool clock_has_id = keys.clock != nullptr && equal(keys.clock->engine_id(), engine_id);
  const bool user_has_name = keys.user != nullptr && equal(as_bytes(keys.user->name), user_name);
  const ByteView id_here = clock_has_id ? ByteView() : engine_id;
  const ByteView name_here = user_has_name ? ByteView() : user_name;
  const std::size_t unit =
      table.take_room(sizeof(Head) + id_here.size() + name_here.size() + auth_octets + priv.size());
  Head* const head = std::construct_at(table.at(unit));
  head->user = keys.user;
  head->clock = keys.clock;
  head->auth = keys.auth.protocol();
  head->engine_octets =
      clock_has_id ? Head::kElsewhere : static_cast<std::uint8_t>(engine_id.size());
  head->user_octets =
      user_has_name ? Head::kElsewhere : static_cast<std::uint8_t>(user_name.size());
  head->auth_octets = static_cast<std::uint8_t>(auth_octets);
  head->priv_octets = static_cast<std::uint8_t>(priv.size());
  std::uint8_t* rest = head->rest();
  for (const ByteView name : {id_here, name_here}) {
    if (!name.empty()) std::memcpy(rest, name.data(), name.size());
    rest += name.size();
  }
  keys.auth.pack({rest, auth_octets});
  if (!priv.empty()) std::memcpy(rest + auth_octets, priv.data(), priv.size());
  table.place(hash_of(engine_id, user_name), static_cast<std::uint32_t>(unit + 1));
  ++table.size;
  return true;
}

void KeyCache::clear() { table_->wipe_all(); }

std::size_t KeyCache::size() const { return table_->size; }

}  // namespace trapd::usm
