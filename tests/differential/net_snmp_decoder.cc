// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/net_snmp_decoder.h"

#include <net-snmp/net-snmp-config.h>
// The order matters to Net-SNMP.
#include <net-snmp/net-snmp-includes.h>
//
#include <net-snmp/agent/net-snmp-agent-includes.h>
//
#include <net-snmp/agent/agent_trap.h>
#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/snmpusm.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "trapd/base/check.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/message.h"

namespace trapd::differential::net_snmp {

namespace {

// What the callbacks of the library see.
struct Current {
  ByteView packet;
  std::uint8_t fill = 0;
  Decoded decoded;
};
Current current;
netsnmp_transport transport{};
void* session = nullptr;

int receive(netsnmp_transport*, void* buffer, int size, void**, int*) {
  const std::span room(static_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(size));
  CHECK(current.packet.size() <= room.size());
  std::copy(current.packet.begin(), current.packet.end(), room.begin());
  std::fill(room.begin() + static_cast<std::ptrdiff_t>(current.packet.size()), room.end(),
            current.fill);
  return static_cast<int>(current.packet.size());
}

// Reports go nowhere.
int send(netsnmp_transport*, const void*, int size, void**, int*) { return size; }
int close(netsnmp_transport*) { return 0; }

std::span<const oid> arcs(const oid* first, std::size_t count) { return {first, count}; }
std::uint64_t widened(long number) { return static_cast<std::uint64_t>(number); }

void add_value(const netsnmp_variable_list& variable, std::size_t varbind, Decoded* out) {
  const auto field = Field::kVarbindValue;
  switch (variable.type) {
    case ASN_INTEGER:
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
      return out->add_number(field, widened(*variable.val.integer), varbind);
    case ASN_COUNTER64:
      return out->add_number(
          field, std::uint64_t{variable.val.counter64->high} << 32 | variable.val.counter64->low,
          varbind);
    case ASN_OBJECT_ID:
      return out->add_oid(field, arcs(variable.val.objid, variable.val_len / sizeof(oid)), varbind);
    case ASN_OCTET_STR:
    case ASN_IPADDRESS:
    case ASN_OPAQUE:
    case ASN_NSAP:
    case ASN_BIT_STR:
      return out->add(field, {variable.val.string, variable.val_len}, varbind);
    default:
      return out->add(field, {}, varbind);  // NULL, the exceptions; floats in Opaque
  }
}

bool named(const netsnmp_variable_list& variable, std::span<const oid> name) {
  return snmp_oid_compare(variable.name, variable.name_length, name.data(), name.size()) == 0;
}

// RFC 3416 4.2.6.
void add_trap_oid(const netsnmp_pdu& pdu, Decoded* out) {
  constexpr oid kSysUpTime[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
  constexpr oid kTrapOid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
  const netsnmp_variable_list* const first = pdu.variables;
  const netsnmp_variable_list* const second = first == nullptr ? nullptr : first->next_variable;
  if (second == nullptr || !named(*first, kSysUpTime) || first->type != ASN_TIMETICKS) return;
  if (!named(*second, kTrapOid) || second->type != ASN_OBJECT_ID) return;
  out->add_oid(Field::kTrapOid, arcs(second->val.objid, second->val_len / sizeof(oid)));
}

void add_trap_v1(netsnmp_pdu* pdu, Decoded* out) {
  out->add_oid(Field::kEnterprise, arcs(pdu->enterprise, pdu->enterprise_length));
  out->add(Field::kAgentAddress, {pdu->agent_addr, sizeof pdu->agent_addr});
  out->add_number(Field::kGenericTrap, widened(pdu->trap_type));
  out->add_number(Field::kSpecificTrap, widened(pdu->specific_type));
  out->add_number(Field::kTimeStamp, pdu->time);
  oid room[MAX_OID_LEN + 2];
  std::size_t count = MAX_OID_LEN;
  if (netsnmp_build_trap_oid(pdu, room, &count) == SNMPERR_SUCCESS) {
    out->add_oid(Field::kTrapOid, arcs(room, count));
  }
}

void add_pdu(netsnmp_pdu* pdu, Decoded* out) {
  out->add_number(Field::kPduType, static_cast<std::uint64_t>(pdu->command));
  if (pdu->command == SNMP_MSG_TRAP) {
    add_trap_v1(pdu, out);
  } else {
    out->add_number(Field::kRequestId, widened(pdu->reqid));
    out->add_number(Field::kErrorStatus, widened(pdu->errstat));
    out->add_number(Field::kErrorIndex, widened(pdu->errindex));
    add_trap_oid(*pdu, out);
  }
  std::size_t i = 0;
  for (const auto* variable = pdu->variables; variable != nullptr;
       variable = variable->next_variable, ++i) {
    out->add_oid(Field::kVarbindName, arcs(variable->name, variable->name_length), i);
    out->add_number(Field::kVarbindType, variable->type, i);
    add_value(*variable, i, out);
  }
}

snmp::SecurityLevel level(int net_snmp_level) {
  switch (net_snmp_level) {
    case SNMP_SEC_LEVEL_AUTHPRIV:
      return snmp::SecurityLevel::kAuthPriv;
    case SNMP_SEC_LEVEL_AUTHNOPRIV:
      return snmp::SecurityLevel::kAuthNoPriv;
    default:
      return snmp::SecurityLevel::kNoAuthNoPriv;
  }
}

void add_v3(const netsnmp_pdu& pdu, Decoded* out) {
  unsigned boots = 0;
  unsigned now = 0;
  unsigned time = 0;
  Bytes device = kDevice;
  get_enginetime_ex(device.data(), static_cast<unsigned>(device.size()), &boots, &now, &time, 1);
  out->add_number(Field::kMessageId, widened(pdu.msgid));
  out->add_number(Field::kLevel, static_cast<std::uint64_t>(level(pdu.securityLevel)));
  out->add(Field::kEngineId, {pdu.securityEngineID, pdu.securityEngineIDLen});
  out->add(Field::kUser, as_bytes({pdu.securityName, pdu.securityNameLen}));
  out->add_number(Field::kClockBoots, boots);
  out->add_number(Field::kClockTime, time);
  out->add(Field::kContextEngineId, {pdu.contextEngineID, pdu.contextEngineIDLen});
  out->add(Field::kContextName, as_bytes({pdu.contextName, pdu.contextNameLen}));
}

/// The hook behind the parser; 1: go on.
int parsed(netsnmp_session*, netsnmp_pdu* pdu, int result) {
  Decoded& out = current.decoded;
  out.accepted = result == SNMPERR_SUCCESS;
  out.status = result;
  out.words = snmp_api_errstring(result);
  if (!out.accepted) return 1;
  out.add_number(Field::kVersion, widened(pdu->version));
  if (pdu->version == SNMP_VERSION_3) {
    add_v3(*pdu, &out);
  } else {
    out.add(Field::kCommunity, {pdu->community, pdu->community_len});
  }
  add_pdu(pdu, &out);
  return 1;
}

int take(int, netsnmp_session*, int, netsnmp_pdu*, void*) { return 1; }

void create_user(const Party& party, ByteView engine) {
  std::string line = "-e 0x" + to_hex(engine) + " " + party.name;
  if (party.auth != usm::AuthProtocol::kNone) {
    line += std::string(" ") + party.net_snmp_auth + " " + std::string(kPassphrase);
  }
  if (party.priv != usm::PrivProtocol::kNone) {
    line += std::string(" ") + party.net_snmp_priv + " " + std::string(kPassphrase);
  }
  usm_parse_create_usmUser("createUser", line.data());
  CHECK(usm_get_user(engine.data(), engine.size(), party.name) != nullptr);
}

}  // namespace

void prepare() {
  ::setenv("MIBS", "", 1);
  snmp_disable_log();
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
  init_snmp("trapd-differential");
  CHECK(set_exact_engineID(kOwnEngine.data(), kOwnEngine.size()) == SNMPERR_SUCCESS);
  for (const Party& party : parties()) {
    create_user(party, kOwnEngine);
    create_user(party, kDevice);
  }
  // As if it had been there when the library was initialised.
  set_enginetime(kOwnEngine.data(), static_cast<unsigned>(kOwnEngine.size()), kOwnBoots, 0, 1);
  transport.sock = ::eventfd(0, EFD_CLOEXEC);
  CHECK(transport.sock >= 0);
  transport.msgMaxSize = snmp::kMessageOctetsMax;
  transport.f_recv = receive;
  transport.f_send = send;
  transport.f_close = close;
  netsnmp_session asked;
  snmp_sess_init(&asked);
  asked.version = SNMP_DEFAULT_VERSION;
  asked.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
  asked.callback = take;
  session = snmp_sess_add(&asked, &transport, nullptr, parsed);
  CHECK(session != nullptr);
  CHECK(snmpv3_local_snmpEngineBoots() == kOwnBoots);
}

Decoded decode(ByteView packet, Clock known, std::uint8_t fill) {
  set_enginetime(kDevice.data(), static_cast<unsigned>(kDevice.size()), known.boots, known.time, 1);
  current.packet = packet;
  current.fill = fill;
  current.decoded = {};
  current.decoded.words = "not parsed";
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(transport.sock, &readable);
  snmp_sess_read(session, &readable);
  current.decoded.own_time = static_cast<std::uint32_t>(snmpv3_local_snmpEngineTime());
  return current.decoded;
}

const char* version() { return netsnmp_get_version(); }

}  // namespace trapd::differential::net_snmp
