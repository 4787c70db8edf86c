// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/mailbox.h"

#include <algorithm>

#include "forwarders/record_text.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::size_t kLocalOctetsMax = 64;
constexpr std::size_t kDomainOctetsMax = 255;
constexpr std::size_t kAddressOctetsMax = 254;  // a path of 256 with its angle brackets
constexpr std::size_t kLabelOctetsMax = 63;

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 5322 3.2.3 atext
bool is_atext(char c) {
  return is_letter_or_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atext(c); });
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelOctetsMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return c == '-' || c == '_' || is_letter_or_digit(c); });
}

}  // namespace

bool is_domain(std::string_view name) {
  if (name.empty() || name.size() > kDomainOctetsMax) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string domain_text(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, kDomainOctetsMax)) {
    if (c == '.' || c == '-' || is_letter_or_digit(c)) name += c;
  }
  return is_domain(name) ? name : "localhost";
}

Status check_mailbox(std::string_view address) {
  const std::string shown = "\"" + clean(address) + "\"";
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return failure(shown + " is not an address: it has no @");
  const std::string_view local = address.substr(0, at);
  if (local.size() > kLocalOctetsMax || address.size() > kAddressOctetsMax) {
    return failure(shown + " is too long for an address (RFC 5321 4.5.3.1)");
  }
  if (!is_dot_string(local)) return failure(shown + " is not an address: unusable before @");
  if (!is_domain(address.substr(at + 1))) {
    return failure(shown + " is not an address: unusable behind @");
  }
  return {};
}

}  // namespace trapd::forwarders::mail
