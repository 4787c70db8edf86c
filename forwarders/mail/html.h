// SPDX-License-Identifier: Apache-2.0
// Text in HTML. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace trapd::forwarders::mail {

/// Appends `text`, made clean (record_text.h), with & < > " ' as character references: it stays
/// text between tags and in a quoted attribute, whatever it holds. At most six times as long, a
/// single octet that is not UTF-8 three times.
void append_html(std::string* out, std::string_view text);

}  // namespace trapd::forwarders::mail
