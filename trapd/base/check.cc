// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace trapd {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "trapd: bug at %s:%d: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace trapd
