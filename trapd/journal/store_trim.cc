// SPDX-License-Identifier: Apache-2.0
// Taking the oldest values away: with a commit, or alone when the map is full.
#include <algorithm>
#include <utility>

#include "trapd/base/log.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/map_fault.h"

namespace trapd::journal {

namespace {

// LMDB's layout: what a key of 8 octets costs beside its value, and when the value leaves the leaf.
constexpr std::uint64_t kPageOctets = 4096;
constexpr std::uint64_t kPageHeaderOctets = 16;
constexpr std::uint64_t kNodeOctets = 8 + 8 + 2;  // header, key, place in the page's index
constexpr std::uint64_t kInLeafMax = (kPageOctets - kPageHeaderOctets) / 2 - 2 - kNodeOctets;
constexpr std::uint64_t kPageNumberOctets = 8;

}  // namespace

std::uint64_t stored_octets(std::size_t value_octets) {
  if (value_octets <= kInLeafMax) return kNodeOctets + value_octets;
  const std::uint64_t pages = (kPageHeaderOctets + value_octets + kPageOctets - 1) / kPageOctets;
  return kNodeOctets + kPageNumberOctets + pages * kPageOctets;
}

void Store::trim_with_next_commit(std::uint64_t sequence, std::uint64_t alone_below,
                                  std::vector<RowChange> alone_rows) {
  environment_->trim_below = sequence;
  environment_->trim_alone_below = std::min(sequence, alone_below);
  environment_->trim_alone_rows = std::move(alone_rows);
}

Result<std::uint64_t> Store::trim_point(std::uint64_t limit, const TrimBudget& budget) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.entries);
  MDB_val key{};
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&key, &value, MDB_FIRST);
  std::uint64_t point = code == 0 ? sequence_of(key) : 0;
  std::uint64_t freed = 0;
  for (std::size_t passed = 0; code == 0 && passed < budget.values_max && freed < budget.octets;
       ++passed) {
    freed += stored_octets(value.mv_size);
    code = reading.cursor.get(&key, &value, MDB_NEXT);
    if (code != 0 || sequence_of(key) > limit) break;
    point = sequence_of(key);
  }
  if (code != 0 && code != MDB_NOTFOUND) return e.error("cannot read", code);
  return point;
}

int Store::Environment::remove_below(MDB_txn* txn, std::uint64_t below) const {
  if (below <= oldest) return 0;
  Cursor cursor;
  if (const int code = cursor.open(txn, entries); code != 0) return code;
  MDB_val key{};
  MDB_val value{};
  int code = cursor.get(&key, &value, MDB_FIRST);
  while (code == 0) {
    // A value ends where the next one begins; the last one has no next and stays.
    code = cursor.get(&key, &value, MDB_NEXT);
    if (code != 0 || sequence_of(key) > below) break;
    code = cursor.get(&key, &value, MDB_FIRST);
    if (code == 0) code = cursor.remove();
    if (code == 0) code = cursor.get(&key, &value, MDB_FIRST);
  }
  return code == MDB_NOTFOUND ? 0 : code;
}

/// A page that one transaction frees can be used by the next but one: one frees, the other only
/// lets time pass.
int Store::Environment::trim_alone() {
  for (const bool removes : {true, false}) {
    Transaction txn;
    int code = txn.begin(env, 0);
    if (code == 0 && removes) code = remove_below(txn.get(), trim_alone_below);
    if (code == 0 && removes) code = put_rows(txn.get(), trim_alone_rows);
    // LMDB does not count one that changes nothing.
    if (code == 0) code = put_format(txn.get(), dbi(Table::kFacts));
    Extent extent;
    if (code == 0) code = measure(txn.get(), &extent);
    if (code == 0) code = txn.commit();
    if (code != 0) return code;
    take_over(extent);
  }
  return 0;
}

Status Store::Environment::enlarge_map() {
  const std::unique_lock alone(reopening);  // no transaction of ours is open now
  const std::uint64_t size = map_size + std::max(map_size / 4, kSlackOctets);
  log::warning("the map of {} is full with {} octets in use: enlarged from {} to {} octets",
               data_path(), bytes_used.load(), map_size.load(), size);
  if (const int code = mdb_env_set_mapsize(env, size); code != 0) {
    // Nothing is mapped any more; the next commit opens it again, as it was.
    const auto failed = error("cannot enlarge the map of", code);
    close();
    return failed;
  }
  map_size = size;
  watch_map(options.directory);
  return {};
}

Status Store::Environment::make_room(bool* trimmed) {
  if (!std::exchange(*trimmed, true)) {
    const int code = trim_alone();
    if (code == 0) return {};
    if (code != MDB_MAP_FULL) return error("cannot write to", code);
  }
  return enlarge_map();
}

}  // namespace trapd::journal
