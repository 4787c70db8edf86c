// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/alarm_table.h"

#include <utility>

#include "trapd/base/check.h"
#include "trapd/base/hash.h"

namespace trapd::alarm {
namespace {

std::uint64_t hash_of(std::uint64_t id) {
  return hash_bytes({reinterpret_cast<const std::uint8_t*>(&id), sizeof id});
}
std::uint64_t hash_of(std::string_view device) { return hash_bytes(as_bytes(device)); }
constexpr std::size_t kSweepAbove = 1024;

AlarmKey key_of(const AlarmState& state) { return {state.device, state.name, state.resource}; }

}  // namespace

std::uint64_t hash_of(const AlarmKey& key) {
  const std::uint64_t device_and_name = hash_bytes(as_bytes(key.name), key.device_hash);
  return hash_bytes(as_bytes(key.resource), device_and_name);
}

AlarmState* AlarmTable::find(std::uint64_t id) {
  const std::uint32_t slot = slot_of(id);
  return slot == kNone ? nullptr : &at(slot).state();
}

AlarmState* AlarmTable::find(const AlarmKey& key) {
  const std::uint32_t slot = by_key_.find(hash_of(key), [&](std::uint32_t candidate) {
    const AlarmState& state = at(candidate).state();
    return same_text(state.resource, key.resource) && same_text(state.name, key.name) &&
           same_text(state.device, key.device);
  });
  return slot == kNone ? nullptr : &at(slot).state();
}

std::uint32_t AlarmTable::prefetch(const AlarmKey& key) const {
  const std::uint32_t slot = by_key_.find(hash_of(key), [](std::uint32_t) { return true; });
  if (slot != kNone) prefetch_octets(&at(slot), sizeof(Row));
  return slot;
}

void AlarmTable::prefetch_texts(std::uint32_t slot) const {
  if (slot == kNone) return;
  const AlarmState& state = at(slot).state();
  __builtin_prefetch(state.device.data());
  __builtin_prefetch(state.text.data());
  __builtin_prefetch(state.origin.packed().data());
}

AlarmState* AlarmTable::insert(AlarmState state, bool checkpointed) {
  const std::uint32_t slot = take_free();
  Row& row = at(slot);
  row.state() = std::move(state);
  row.use = Use::kActive;
  ++active_[slot / kChunkRows];
  row.checkpointed = checkpointed;
  by_id_.insert(hash_of(row.state().id), slot);
  by_key_.insert(hash_of(key_of(row.state())), slot);
  link_device(slot);
  ++counter(row.state());
  row.own = row.is_own();
  if (row.own) ++own_;
  if (!checkpointed) mark_dirty(&row, row.last_sequence);
  return &row.state();
}

void AlarmTable::remove(std::uint64_t id, std::uint64_t sequence) {
  const std::uint32_t slot = slot_of(id);
  CHECK(slot != kNone);
  Row& row = at(slot);
  --counter(row.state());
  if (row.own) --own_;
  unlink_device(slot);
  by_key_.erase(hash_of(key_of(row.state())), slot);
  by_id_.erase(hash_of(id), slot);
  row.state() = AlarmState{};  // the texts' memory goes, whatever becomes of the slot
  row.state().id = id;
  row.due_ns = row.entry_ns = 0;
  row.use = Use::kGone;
  --active_[slot / kChunkRows];
  if (row.checkpointed) return mark_dirty(&row, sequence);
  // No row on disk: a start that replays meets raise and clear both, or neither.
  mark_clean(slot);
  give_back(slot);
}

void AlarmTable::set_due(const AlarmState& state, std::int64_t at_ns) {
  Row& row = row_of(state);
  row.due_ns = at_ns;
  // An earlier entry is enough: when it comes up, it is put in again.
  if (at_ns == 0 || (row.entry_ns != 0 && row.entry_ns <= at_ns)) return;
  row.entry_ns = at_ns;
  timeouts_.put(at_ns, state.id);
  if (timeouts_.size() <= 2 * size() + kSweepAbove) return;
  timeouts_.sweep([&](const Timeouts::Entry& entry) {
    const std::uint32_t slot = slot_of(entry.id);
    return slot != kNone && this->at(slot).entry_ns == entry.at_ns;
  });
}

AlarmState* AlarmTable::take_due(std::int64_t now_ns) {
  while (timeouts_.is_due(now_ns)) {
    const Timeouts::Entry entry = timeouts_.take();
    const std::uint32_t slot = slot_of(entry.id);
    if (slot == kNone || at(slot).entry_ns != entry.at_ns) continue;
    Row& row = at(slot);
    row.entry_ns = 0;
    if (row.due_ns > now_ns) {
      row.entry_ns = row.due_ns;
      timeouts_.put(row.due_ns, entry.id);
    } else if (row.due_ns != 0) {
      row.due_ns = 0;
      return &row.state();
    }
  }
  return nullptr;
}

std::uint64_t AlarmTable::oldest_dirty() const {
  return dirty_ends_.next == kNone ? 0 : at(dirty_ends_.next).dirty_since;
}

void AlarmTable::take_dirty(
    std::size_t n, const std::function<void(std::uint64_t id, const AlarmState* state)>& row) {
  for (; n > 0 && dirty_ends_.next != kNone; --n) {
    const std::uint32_t slot = dirty_ends_.next;
    Row& taken = at(slot);
    mark_clean(slot);
    const bool gone = taken.use == Use::kGone;
    taken.checkpointed = !gone;
    row(taken.state().id, gone ? nullptr : &taken.state());
    if (gone) give_back(slot);
  }
}

std::uint32_t AlarmTable::count(Severity severity, EventType type) const {
  return counts_.at(static_cast<std::size_t>(severity)).at(static_cast<std::size_t>(type));
}

const AlarmState* AlarmTable::first_from(std::uint32_t* slot) const {
  std::size_t row = *slot % kChunkRows;
  for (std::size_t chunk = *slot / kChunkRows; chunk < chunks_.size(); ++chunk, row = 0) {
    if (active_[chunk] == 0) continue;
    for (; row < kChunkRows; ++row) {
      const Row& candidate = chunks_[chunk][row];
      if (candidate.use != Use::kActive) continue;
      *slot = static_cast<std::uint32_t>(chunk * kChunkRows + row);
      return &candidate.state();
    }
  }
  return nullptr;
}

void AlarmTable::for_each(const std::function<void(const AlarmState&)>& visit) const {
  for (const auto& chunk : chunks_) {
    for (std::size_t i = 0; i < kChunkRows; ++i) {
      if (chunk[i].use == Use::kActive) visit(chunk[i].state());
    }
  }
}

std::vector<std::uint64_t> AlarmTable::alarms_of(std::string_view device) const {
  std::vector<std::uint64_t> ids;
  for (std::uint32_t slot = first_of(device); slot != kNone; slot = at(slot).sibling.next) {
    ids.push_back(at(slot).state().id);
  }
  return ids;
}

std::uint32_t AlarmTable::sure_of(std::string_view device) const {
  const std::uint32_t head = first_of(device);
  return head == kNone ? 0 : at(head).sure_siblings;
}

std::uint32_t AlarmTable::count_of(std::string_view device) const {
  const std::uint32_t head = first_of(device);
  return head == kNone ? 0 : at(head).siblings;
}

void AlarmTable::count_sure(std::string_view device, int change) {
  at(first_of(device)).sure_siblings += static_cast<std::uint32_t>(change);
}

std::uint32_t AlarmTable::slot_of(std::uint64_t id) const {
  return by_id_.find(hash_of(id),
                     [&](std::uint32_t candidate) { return at(candidate).state().id == id; });
}

std::uint32_t AlarmTable::first_of(std::string_view device) const {
  return by_device_.find(hash_of(device), [&](std::uint32_t candidate) {
    return at(candidate).state().device == device;
  });
}

std::uint32_t& AlarmTable::counter(const AlarmState& state) {
  return counts_.at(static_cast<std::size_t>(state.severity))
      .at(static_cast<std::size_t>(state.type));
}

std::uint32_t AlarmTable::take_free() {
  if (free_ == kNone) {
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunkRows);
    chunks_.push_back(std::make_unique<Row[]>(kChunkRows));
    active_.push_back(0);
    for (std::uint32_t i = kChunkRows; i-- > 0;) {
      at(first + i).slot = first + i;
      give_back(first + i);
    }
  }
  const std::uint32_t slot = free_;
  free_ = std::exchange(at(slot).sibling.next, kNone);
  return slot;
}

void AlarmTable::give_back(std::uint32_t slot) {
  at(slot).use = Use::kFree;
  at(slot).sibling.next = std::exchange(free_, slot);
}

void AlarmTable::link_device(std::uint32_t slot) {
  const std::string& device = at(slot).state().device;
  const std::uint32_t head = first_of(device);
  at(slot).sibling = {kNone, head};
  at(slot).siblings = 1;
  at(slot).sure_siblings = at(slot).state().unsure ? 0 : 1;
  if (head == kNone) return by_device_.insert(hash_of(device), slot);
  at(slot).siblings += at(head).siblings;
  at(slot).sure_siblings += at(head).sure_siblings;
  at(head).sibling.previous = slot;
  by_device_.replace(hash_of(device), head, slot);
}

void AlarmTable::unlink_device(std::uint32_t slot) {
  Row& row = at(slot);
  if (!row.state().unsure) count_sure(row.state().device, -1);
  --at(first_of(row.state().device)).siblings;
  const auto [previous, next] = std::exchange(row.sibling, Link{});
  if (next != kNone) at(next).sibling.previous = previous;
  if (previous != kNone) {
    at(previous).sibling.next = next;
    return;
  }
  const std::uint64_t hash = hash_of(row.state().device);
  if (next == kNone) return by_device_.erase(hash, slot);
  at(next).siblings = row.siblings;
  at(next).sure_siblings = row.sure_siblings;
  by_device_.replace(hash, slot, next);
}

// Changes come in the order of their sequences, so that appending keeps the list in order.
void AlarmTable::mark_dirty(Row* row, std::uint64_t sequence) {
  if (row->dirty_since != 0) return;
  row->dirty_since = sequence;
  row->dirty = {dirty_ends_.previous, kNone};
  (row->dirty.previous == kNone ? dirty_ends_.next : at(row->dirty.previous).dirty.next) =
      row->slot;
  dirty_ends_.previous = row->slot;
}

void AlarmTable::mark_clean(std::uint32_t slot) {
  Row& row = at(slot);
  if (row.dirty_since == 0) return;
  row.dirty_since = 0;
  const auto [previous, next] = std::exchange(row.dirty, Link{});
  (previous == kNone ? dirty_ends_.next : at(previous).dirty.next) = next;
  (next == kNone ? dirty_ends_.previous : at(next).dirty.previous) = previous;
}

}  // namespace trapd::alarm
