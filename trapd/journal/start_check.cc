// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/start_check.h"

#include "trapd/journal/environment.h"
#include "trapd/journal/store_directory.h"
#include "trapd/journal/table_walk.h"

namespace trapd::journal {

namespace {

/// Pages of the tree alone: a value that lies nowhere is an error of LMDB's, not a crash.
Status check_table(const PageFile& file, const PageSnapshot& snapshot, const std::string& name,
                   const TableRoot& root, ByteView from) {
  TableWalk walk(file, snapshot, root);
  walk.seek(from);
  for (auto step = walk.next(); step != TableWalk::Step::kEnd; step = walk.next()) {
    if (step == TableWalk::Step::kDamaged && walk.key().empty()) {
      return failure("the table " + name + ": " + walk.fault());
    }
  }
  return {};
}

Status check(const PageFile& file, const PageSnapshot& snapshot) {
  const auto tables = find_tables(file, snapshot);
  if (!tables) return failure(tables.error().text);
  std::uint64_t replay_from = 1;
  if (const auto facts = tables->find("facts"); facts != tables->end()) {
    const auto value = find_row(file, snapshot, facts->second, as_bytes("replay_from"));
    if (value && value->size() == 8) {
      replay_from = load_le<std::uint64_t>(as_bytes(*value).data());
    }
  }
  for (const auto& [name, root] : *tables) {
    const bool is_journal = name == "entries";
    const SequenceKey key(replay_from);
    const ByteView from = is_journal ? to_view(key.val()) : ByteView();
    if (Status done = check_table(file, snapshot, name, root, from); !done) return done;
  }
  return {};
}

}  // namespace

Status check_pages_of_start(const std::string& directory) {
  const Result<PageFile> file = PageFile::open(directory + "/data.mdb");
  if (!file || !file->header_faults().empty()) return {};
  const Result<PageSnapshot> newest = file->newest();
  if (!newest) return {};
  const Status checked = check(*file, *newest);
  if (checked) return {};
  return failure("the store is damaged: " + file->path() + ": " + checked.error().text +
                 ways_out(directory));
}

}  // namespace trapd::journal
