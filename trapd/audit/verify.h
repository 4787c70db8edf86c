// SPDX-License-Identifier: Apache-2.0
// Reads audit logs from their files, also beside the trapd that writes them. Any thread; blocking.
#pragma once

#include <string>
#include <vector>

#include "trapd/audit/chain.h"
#include "trapd/base/error.h"

namespace trapd::audit {

/// Hashes that were written down; each must be that of a line still (Chain::await).
using Awaited = std::vector<std::string>;

struct Verdict {
  Chain chain;
  std::size_t files = 0;
};
/// All files of the directory, from the oldest on. Errors: there is none, or one cannot be read.
Result<Verdict> verify_directory(const std::string& directory, const Awaited& awaited);
/// One file; where it begins is taken as it is.
Result<Verdict> verify_file(const std::string& path, const Awaited& awaited);

/// The newest entries, oldest first; lines that are none are left out.
Result<std::vector<Entry>> last_entries(const std::string& directory, std::size_t count);

}  // namespace trapd::audit
