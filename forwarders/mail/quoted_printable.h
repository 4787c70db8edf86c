// SPDX-License-Identifier: Apache-2.0
// RFC 2045 6.7 (MAI-05): lines of at most 76 characters, upper-case digits, no blank at the end of
// a line, only CRLF as line end. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace trapd::forwarders::mail {

/// `text` is UTF-8 with LF between lines; every other control character is encoded. A character is
/// not split by a soft line break. Ends in CRLF unless `text` is empty.
std::string quoted_printable(std::string_view text);

}  // namespace trapd::forwarders::mail
