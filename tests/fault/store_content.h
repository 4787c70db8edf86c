// SPDX-License-Identifier: Apache-2.0
// Everything that is in a store, as one thing that can be compared: by the test that wrote it, and
// by a walk through the whole of it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/journal/fixtures.h"
#include "trapd/base/hash.h"
#include "trapd/journal/batch.h"

namespace trapd::fault {

struct StoreContent {
  using RowKey = std::pair<journal::Table, std::string>;
  std::map<std::uint64_t, std::uint64_t> records;  // sequence -> hash of the record
  std::map<RowKey, std::string> rows;

  bool operator==(const StoreContent&) const = default;

  void append(ByteView packed) {
    alarm::RecordSequence sequence(packed);
    alarm::RecordView record;
    while (sequence.next(&record)) {
      records[record.header().sequence] = hash_bytes(record.bytes());
    }
  }
  void change(const std::vector<journal::RowChange>& changes) {
    for (const journal::RowChange& change : changes) {
      if (change.erase) {
        rows.erase({change.table, change.key});
      } else {
        rows[{change.table, change.key}] = change.value;
      }
    }
  }
  void trim(std::uint64_t below) { records.erase(records.begin(), records.lower_bound(below)); }
  std::uint64_t newest() const { return records.empty() ? 0 : records.rbegin()->first; }
};

/// Walks through all of it; false when anything is not readable or a sequence is missing.
inline bool read_content(const journal::Store& store, StoreContent* content) {
  *content = {};
  std::uint64_t expected = store.usage().oldest_sequence;
  bool whole = true;
  const Status scanned = journal::scan(store, 1, [&](const alarm::RecordView& record) {
    whole = whole && record.header().sequence == expected++;
    content->records[record.header().sequence] = hash_bytes(record.bytes());
    return true;
  });
  whole = whole && scanned.has_value() && content->newest() == store.usage().newest_sequence;
  for (const journal::Table table :
       {journal::Table::kAlarms, journal::Table::kEngines, journal::Table::kFacts}) {
    const Status read = store.for_each(table, [&](ByteView key, ByteView value) {
      content->rows[{table, std::string(as_text(key))}] = std::string(as_text(value));
    });
    whole = whole && read.has_value();
  }
  return whole;
}

}  // namespace trapd::fault
