// SPDX-License-Identifier: Apache-2.0
// What one commit writes beside its records: some of the rows that lag behind memory, cursors that
// moved, where a replay begins, and how much of the oldest goes when the store is full.
#pragma once

#include <cstdint>
#include <vector>

#include "trapd/journal/book.h"
#include "trapd/journal/cursors.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

struct CommitPlan {
  std::vector<RowChange> rows;
  std::vector<Loss> losses;            // certain once the commit succeeded
  std::uint64_t trim_below = 0;        // 0 = nothing is trimmed
  std::uint64_t trim_alone_below = 0;  // what lies below it needs none of the rows but these:
  std::vector<RowChange> trim_alone_rows;
};

/// Rows are marked as written when they are handed out: the plan must be committed, be it at a
/// later try. `idle`: no records wait, so that more rows may be written. An empty plan (no row,
/// no trim) needs no commit.
CommitPlan plan_commit(bool idle, Book* book, Cursors* cursors, const Store& store);

/// The sequence from which the rows in the store have to be brought up to date.
Result<std::uint64_t> stored_replay_from(const Store& store);

}  // namespace trapd::journal
