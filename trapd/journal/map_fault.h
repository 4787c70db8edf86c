// SPDX-License-Identifier: Apache-2.0
// LMDB reads its file through a map: a page that the disk cannot give, or one that a damaged page
// refers to beyond the file's end, is a SIGBUS. There is no way back from there, but the next start
// must not run into it again:
//
//   SIGBUS inside the map --> `data.fault` with the place --> the process ends by the signal
//   start --> the place can be read: the file goes, and trapd runs
//         --> it cannot: trapd says so and does not start (systemd tries again each second)
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::journal {

/// Follows the map of `directory`/data.mdb from now on, as it is now, instead of any other. Not
/// while another thread does so.
void watch_map(const std::string& directory);
/// It is about to go.
void leave_map();

/// Error: the place in `directory`/data.fault still cannot be read.
Status check_former_fault(const std::string& directory);

/// Another data.mdb was put in place.
Status forget_fault(const std::string& directory);

}  // namespace trapd::journal
