// SPDX-License-Identifier: Apache-2.0
// Plain text of a value without knowledge of its MIB, for text templates on the packet path.
#pragma once

#include <cstddef>
#include <span>

#include "trapd/ber/reader.h"

namespace trapd::snmp {

/// Writes the value's text to `out`, without a final NUL, and returns how many characters. Never
/// more than out.size(), no allocation. What does not fit is left out in whole pieces: characters,
/// hexadecimal octets, arcs of an OID; a number or an address that does not fit is left out.
///
/// Numbers in decimal; OIDs dotted; IpAddress as dotted quad; NULL and the exceptions by their
/// names. An OCTET STRING that is UTF-8 without control characters, but for tab, line feed and
/// carriage return, which become blanks, and for NULs at its end, which go, is text. Everything
/// else, Opaque too, and a content that does not fit its type, is 0x and hexadecimal digits.
std::size_t value_to_text(const ber::Value& value, std::span<char> out);

/// "INTEGER", "OCTET STRING", … as RFC 2578 calls a value with this tag; "unknown" for another.
const char* type_text(std::uint8_t tag);

}  // namespace trapd::snmp
