// SPDX-License-Identifier: Apache-2.0
// CHECK(condition): a broken promise inside trapd ends the process; it is on in every build.
#pragma once

namespace trapd {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::trapd::check_failed(__FILE__, __LINE__, #condition))
