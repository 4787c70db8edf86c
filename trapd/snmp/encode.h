// SPDX-License-Identifier: Apache-2.0
// Encoders of PDUs and of the layers around them, on the backward ber::Writer: what is innermost
// and last is written first.
//
//   const std::size_t mark = w.mark();
//   write_varbind(w, name, value);                 // varbinds in REVERSE order
//   write_notification_head(w, ticks, trap_oid);   // sysUpTime.0 and snmpTrapOID.0
//   wrap_pdu(w, mark, ber::kTrapV2, request_id, 0, 0);
//   wrap_community_message(w, mark, Version::kV2c, community);
//
// Every function gives w.ok(): false when the buffer is too small, and then nothing is usable.
// No allocation; any thread, one writer each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/ber/reader.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oid.h"

namespace trapd::snmp {

/// One VarBind. The value's content is copied as it stands.
bool write_varbind(ber::Writer& writer, OidView name, const ber::Value& value);
bool write_varbind_integer(ber::Writer& writer, OidView name, std::int32_t value);
/// tag: Counter32, Gauge32, TimeTicks or Counter64.
bool write_varbind_unsigned(ber::Writer& writer, OidView name, std::uint8_t tag,
                            std::uint64_t value);
bool write_varbind_octets(ber::Writer& writer, OidView name, ByteView octets);
bool write_varbind_oid(ber::Writer& writer, OidView name, OidView value);
/// sysUpTime.0 and snmpTrapOID.0, in the order of RFC 3416 4.2.6; the last thing to write into
/// the list of a notification.
bool write_notification_head(ber::Writer& writer, std::uint32_t sys_up_time, OidView trap_oid);

/// Makes what was written since the mark the varbinds of a PDU (RFC 3416 section 3).
bool wrap_pdu(ber::Writer& writer, std::size_t mark, std::uint8_t type, std::int32_t request_id,
              std::int32_t error_status, std::int32_t error_index);
/// The same around varbinds that exist already (the content of a VarBindList, e.g. Pdu::varbinds).
bool write_pdu(ber::Writer& writer, std::uint8_t type, std::int32_t request_id,
               std::int32_t error_status, std::int32_t error_index, ByteView varbind_list_content);

/// Makes the PDU written since the mark a ScopedPDU (RFC 3412 section 6).
bool wrap_scoped_pdu(ber::Writer& writer, std::size_t mark, ByteView context_engine_id,
                     ByteView context_name);
/// Makes the PDU written since the mark an SNMPv1 or SNMPv2c message (RFC 1901 section 3).
bool wrap_community_message(ber::Writer& writer, std::size_t mark, Version version,
                            ByteView community);

}  // namespace trapd::snmp
