// SPDX-License-Identifier: Apache-2.0
// Threads are named, owned and joined; none is ever detached.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace trapd {

/// Starts a thread whose name (at most 15 characters) shows in top, perf and core files. The
/// body must catch what it throws; all signals but those of its own
/// instructions (SIGBUS, SIGSEGV …) are blocked in it. Throws std::system_error when there can be
/// no further thread; the caller's signals are then as they were.
std::jthread start_thread(const std::string& name, std::function<void()> body);

}  // namespace trapd
