// SPDX-License-Identifier: Apache-2.0
// Text in header fields: RFC 5322 3.2.5 unstructured text and display names, with RFC 2047
// encoded-words where it is not plain ASCII. Whatever comes in, CR and LF come out only as folding
// before a blank (MAI-01, MAI-04). Any thread.
#pragma once

#include <string>
#include <string_view>

namespace trapd::forwarders::mail {

/// "NAME: text" with CRLF at its end; lines of at most 78 characters as far as words allow. The
/// text is made clean (record_text.h) and runs of blanks become one; it is encoded as a whole when
/// a character is not ASCII, or when it could be mistaken for an encoded-word. `text` should be at
/// most a few hundred octets: an ASCII word is never broken.
std::string text_field(std::string_view name, std::string_view text);

/// A display name of at most 60 octets for "NAME <address>": a quoted string, or encoded-words.
std::string display_name(std::string_view text);

}  // namespace trapd::forwarders::mail
