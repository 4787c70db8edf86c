// SPDX-License-Identifier: Apache-2.0
// What must hold of whatever the decoders of PDUs accept: the views lie inside the input, the
// varbinds can be walked, what is encoded again is decoded to the same.
#pragma once

#include "trapd/base/bytes.h"
#include "trapd/snmp/message.h"

namespace trapd::fuzz {

/// Those that a decoder can meet.
inline constexpr snmp::Deviations kEveryDeviation{
    snmp::Deviation::kPaddedNumbers, snmp::Deviation::kUnsignedWithoutZero,
    snmp::Deviation::kEmptyNumbers,  snmp::Deviation::kEmptyOids,
    snmp::Deviation::kOldTypes,      snmp::Deviation::kTrailingOctets};

/// Is the view empty or inside the bytes?
bool inside(ByteView part, ByteView whole);

/// decode_pdu, decode_trap_v1, from_pdu, from_trap_v1, VarbindReader, value_to_text, OidView.
void check_pdu(ByteView bytes);

/// decode_scoped_pdu, and check_pdu on what it holds.
void check_scoped_pdu(ByteView bytes, bool padded);

/// The fault that a decoder gave for these bytes says where and what.
void check_fault(const snmp::DecodeFault& fault, ByteView bytes);

}  // namespace trapd::fuzz
