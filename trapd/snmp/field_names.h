// SPDX-License-Identifier: Apache-2.0
// Names the field at which a cursor failed, for the decoders of this folder.
#pragma once

#include <cstddef>

#include "trapd/ber/reader.h"
#include "trapd/snmp/message.h"

namespace trapd::snmp {

/// True when the cursor is sound. Otherwise fills `fault` (may be null): `names` are the fields of
/// the cursor's structure in their order; what follows the last one bears the structure's name.
template <std::size_t N>
bool sound(const ber::Reader& reader, const char* const (&names)[N], const char* structure,
           DecodeFault* fault) {
  if (reader.ok()) [[likely]]
    return true;
  if (fault != nullptr) {
    fault->error = reader.error();
    fault->offset = reader.error_offset();
    fault->field = reader.taken() < N ? names[reader.taken()] : structure;
  }
  return false;
}

}  // namespace trapd::snmp
