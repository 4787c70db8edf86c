// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/html.h"

#include <algorithm>
#include <string_view>

#include "forwarders/record_text.h"

namespace trapd::forwarders::mail {

void append_html(std::string* out, std::string_view text) {
  const auto special = [](char c) {
    return c == '&' || c == '<' || c == '>' || c == '"' || c == '\'';
  };
  const std::string cleaned = clean(text);
  for (std::string_view rest = cleaned;;) {
    const auto* const end = std::find_if(rest.begin(), rest.end(), special);
    out->append(rest.begin(), end);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
    if (rest.empty()) return;
    const char c = rest.front();
    rest.remove_prefix(1);
    switch (c) {
      case '&':
        out->append("&amp;");
        break;
      case '<':
        out->append("&lt;");
        break;
      case '>':
        out->append("&gt;");
        break;
      case '"':
        out->append("&quot;");
        break;
      case '\'':
        out->append("&#39;");
        break;
      default:
        break;
    }
  }
}

}  // namespace trapd::forwarders::mail
