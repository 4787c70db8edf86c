// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/html.h"

#include "forwarders/record_text.h"

namespace trapd::forwarders::mail {

void append_html(std::string* out, std::string_view text) {
  for (const char c : clean(text)) {
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
        out->push_back(c);
    }
  }
}

}  // namespace trapd::forwarders::mail
