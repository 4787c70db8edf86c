// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/protocols.h"

namespace trapd::usm {
namespace {

template <typename Rows>
constexpr bool in_enum_order(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].protocol) != i) return false;
  }
  return true;
}
static_assert(in_enum_order(kAuthRows) && in_enum_order(kPrivRows), "row() indexes by value");

}  // namespace

std::optional<AuthProtocol> auth_protocol(std::string_view name) {
  for (const AuthRow& candidate : kAuthRows) {
    if (candidate.name == name) return candidate.protocol;
  }
  return std::nullopt;
}

std::optional<PrivProtocol> priv_protocol(std::string_view name, AuthProtocol auth) {
  for (const PrivRow& candidate : kPrivRows) {
    if (candidate.name == name) return candidate.protocol;
  }
  // A family's name is unambiguous when no key has to be lengthened (KEY-12).
  for (const PrivRow& candidate : kPrivRows) {
    if (candidate.family == name && row(auth).digest_octets >= candidate.key_octets) {
      return candidate.protocol;
    }
  }
  return std::nullopt;
}

}  // namespace trapd::usm
