// SPDX-License-Identifier: Apache-2.0
// Makes text of strangers fit to be shown: no control character, no broken UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "trapd/base/bytes.h"

namespace trapd::mib {

/// UTF-8 stays; tab, line feed and carriage return become \t \n \r, every other octet that is not
/// part of a printable character \xNN. At most four octets out for each octet in.
std::string escape_text(std::string_view text);
/// As escape_text, and everything but ASCII becomes \xNN.
std::string escape_ascii(std::string_view text);
/// Is every octet part of a printable UTF-8 character?
bool is_printable_utf8(ByteView bytes);

}  // namespace trapd::mib
