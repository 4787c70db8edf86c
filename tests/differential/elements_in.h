// SPDX-License-Identifier: Apache-2.0
// The elements of a message that trapd has accepted, as they stand on the wire.
#pragma once

#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::differential {

struct WireElement {
  std::uint8_t tag = 0;
  std::size_t length_octets = 1;  // the length takes that many
  ByteView content;
};

/// All of them in their order, those inside msgSecurityParameters too; stops where a header does
/// not fit.
std::vector<WireElement> elements_in(ByteView message);
/// The first; nothing but its header need fit.
WireElement first_element(ByteView octets);

}  // namespace trapd::differential
