// SPDX-License-Identifier: Apache-2.0
// The files of an audit log in the store's directory: `audit.log`, to which entries are added, and
// closed ones, named after their first entry: `audit-000000000001.log`.
#pragma once

#include <string>
#include <vector>

#include "trapd/base/error.h"

namespace trapd::audit {

inline constexpr char kLogName[] = "audit.log";
/// A closed file has 1 MiB and a line at most; what is larger is none of ours.
inline constexpr std::size_t kFileOctetsReadable = std::size_t{64} << 20;

std::string closed_name(std::uint64_t first_sequence);
/// Names of the closed files, the oldest first.
Result<std::vector<std::string>> closed_files(const std::string& directory);
/// Whole. `missing`, when it is not null, is set instead of an error when there is no such file.
Result<std::string> read_log_file(const std::string& path, bool* missing = nullptr);

}  // namespace trapd::audit
