// SPDX-License-Identifier: Apache-2.0
// Giving a file a name that nobody has. Any thread.
#pragma once

#include <string>

namespace trapd {

/// Like rename(2), 0 or -1 with errno, but a name that is taken is EEXIST. In one step where the
/// file system can (not every one: NFS, older ZFS), else in two: the caller holds a lock against
/// others of us. in_one_step: false = as on a file system that cannot.
int rename_to_new(const std::string& from, const std::string& to, bool in_one_step = true);

}  // namespace trapd
