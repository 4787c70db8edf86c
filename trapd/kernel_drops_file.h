// SPDX-License-Identifier: Apache-2.0
// What the kernel had dropped on each socket when a process last looked: a socket that outlives the
// process (systemd holds it, or a successor takes it over) goes on counting, and what it dropped
// while nobody looked must be counted once.
//
// A text file in the store's directory, replaced by rename; it is worth nothing after a reboot,
// says so itself (the kernel's boot id), and is therefore not synced.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "trapd/base/error.h"

namespace trapd {

/// By the kernel's name of the socket (SO_COOKIE: never given twice between two boots).
using KernelDropCounts = std::map<std::uint64_t, std::uint32_t>;

/// Nothing when there is no such file, when it is of another boot, or not readable as one.
KernelDropCounts read_kernel_drops(const std::string& path);
Status write_kernel_drops(const std::string& path, const KernelDropCounts& counts);

}  // namespace trapd
