// SPDX-License-Identifier: Apache-2.0
// Net-SNMP's decoder as snmptrapd calls it: a session that is authoritative or not, as each
// message wants, reads from a transport. The transport is ours and hands out one packet.
//
// Net-SNMP keeps all this in globals, and may read what is not its own or crash: one instance, in
// a process of its own (net_snmp_process.h).
#pragma once

#include "tests/differential/decoded.h"
#include "tests/differential/parties.h"

namespace trapd::differential::net_snmp {

/// Users, engine, session. Reads and writes no file.
void prepare();
/// fill: the octets that stand behind the packet in Net-SNMP's buffer.
Decoded decode(ByteView packet, Clock known, std::uint8_t fill);
/// Of Net-SNMP itself.
const char* version();

}  // namespace trapd::differential::net_snmp
