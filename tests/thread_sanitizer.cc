// SPDX-License-Identifier: Apache-2.0
// What the thread sanitizer is told when trapd is built with it.

// Its name is the sanitizer's. NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions();

// libuv closes its descriptors by the system call, which the sanitizer does not see: to it the
// directory that the kernel then gives the same number is the connection still open, and
// closedir() on another thread a race with accept4(). Only that function is excused.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() { return "race:^closedir$\n"; }
