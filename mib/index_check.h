// SPDX-License-Identifier: Apache-2.0
// Decides whether bytes are a sound index: afterwards every offset in them may be followed.
#pragma once

#include <string>

#include "trapd/base/bytes.h"

namespace trapd::mib {

/// Empty when sound, else what is wrong. bytes must be aligned to 8.
std::string index_fault(ByteView bytes);

}  // namespace trapd::mib
