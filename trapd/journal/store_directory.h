// SPDX-License-Identifier: Apache-2.0
// The store's directory: made when missing, and held by one trapd at a time.
#pragma once

#include <string>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"

namespace trapd::journal {

/// Makes the directory (mode 0700, parents too) and takes the lock of `trapd.lock` in it, which
/// goes with the returned descriptor: also when the process is killed. Refuses with the other
/// trapd's process id when the lock is taken.
Result<Fd> hold_directory(const std::string& directory);

struct StoreHold {
  Fd lock;        // the same lock; none when there is no `trapd.lock`, as in a backup
  int other = 0;  // process id of the one that holds it; -1 = it does not say; 0 = none
};
/// Takes the lock when it is free, and makes no file.
Result<StoreHold> try_hold(const std::string& directory);

/// For the message that a store is refused: what an operator can do about it, as commands.
std::string ways_out(const std::string& directory);

/// Makes a rename or a new file in the directory durable.
Status sync_directory(const std::string& directory);

}  // namespace trapd::journal
