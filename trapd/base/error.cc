// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/error.h"

#include <system_error>

namespace trapd {

Error errno_error(const std::string& what, const std::string& subject, int errno_value) {
  return Error{what + " " + subject + ": " + std::generic_category().message(errno_value)};
}

}  // namespace trapd
