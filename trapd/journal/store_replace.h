// SPDX-License-Identifier: Apache-2.0
// Another store in the place of one that cannot be trusted, while no trapd runs: a backup, or none
// so that trapd begins anew. Nothing is deleted: the old data.mdb goes into a directory
// `set-aside-DATE` inside the store's, which is itself a store that can be looked at and restored.
//
// The next trapd tells the receivers that the list of alarms is another one (replaced_mark.h).
//
// Inside, because the store's directory may be a mount point or lie where only root may rename;
// and its `trapd.lock` stays, and is held from beginning to end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/journal/store_verify.h"

namespace trapd::journal {

struct Replacement {
  std::string set_aside;  // directory; empty = there was no store
  std::vector<std::string> notes;
  // of a restore
  Verdict verdict;  // of what is in place now
  std::uint64_t backup_newest = 0;
  std::uint64_t newer_records = 0;  // taken over from the old store
};

/// Our own engine ID and boots are kept in engine.state; when they are in no readable place any
/// more the file says that they are lost, and the next start does. The clocks of the devices are
/// not kept: protection from replays begins anew.
Result<Replacement> set_aside(const std::string& directory);

struct RestoreOptions {
  bool with_newer = true;  // records of the old store behind the backup's
};

/// Puts the backup `from` in place, in one rename of data.mdb; before it, the old store stays in
/// force. Refuses a backup in which anything is wrong.
///
/// What is never set back, as far as the old store is readable: boots and time of each engine (else
/// a trap from before the restore could be replayed), our own boots, the cursors, and with
/// `with_newer` the journal: when the old store goes on where the backup ends, its records do too.
/// Our own boots are the larger of all places. When only the backup has them, they are raised by
/// the seconds since its newest record: no trapd has started more often in between. A clock before
/// that record is refused, and without any record they are lost.
Result<Replacement> restore(const std::string& from, const std::string& directory,
                            const RestoreOptions& options);

}  // namespace trapd::journal
