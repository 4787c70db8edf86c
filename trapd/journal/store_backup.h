// SPDX-License-Identifier: Apache-2.0
// A copy of a store that can be restored, or started from: data.mdb and engine.state in a
// directory of their own.
//
// It is consistent as of one commit, though it is made in slices: all rows and facts are copied in
// one transaction, and the values of the journal, which never change once they are written, from
// the oldest to the newest of that commit in many short ones. So a backup of any size keeps no page
// of a busy store from being used again; LMDB's own copy holds one transaction to its end. The copy
// has no free pages in it.
#pragma once

#include <cstdint>
#include <string>

#include "trapd/base/error.h"
#include "trapd/journal/store_verify.h"
#include "trapd/journal/store_view.h"

namespace trapd::journal {

struct Backup {
  std::string directory;
  std::uint64_t octets = 0;  // of data.mdb
  Verdict verdict;           // the backup's own: it is verified before it gets its name
};

/// Makes `directory` (mode 0700, files 0600), which must not exist: under another name until it is
/// complete, verified and on disk. Errors leave nothing behind; a damaged store is one of them.
Result<Backup> back_up(StoreView* view, const std::string& directory);

}  // namespace trapd::journal
