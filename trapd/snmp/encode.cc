// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/encode.h"

#include "trapd/snmp/oids.h"

namespace trapd::snmp {

namespace {

// The value stands behind the mark already.
bool wrap_varbind(ber::Writer& writer, std::size_t mark, OidView name) {
  writer.oid(name.content());
  writer.wrap(ber::kSequence, mark);
  return writer.ok();
}

}  // namespace

bool write_varbind(ber::Writer& writer, OidView name, const ber::Value& value) {
  const std::size_t mark = writer.mark();
  writer.element(value.tag, value.content);
  return wrap_varbind(writer, mark, name);
}

bool write_varbind_integer(ber::Writer& writer, OidView name, std::int32_t value) {
  const std::size_t mark = writer.mark();
  writer.integer(value);
  return wrap_varbind(writer, mark, name);
}

bool write_varbind_unsigned(ber::Writer& writer, OidView name, std::uint8_t tag,
                            std::uint64_t value) {
  const std::size_t mark = writer.mark();
  writer.unsigned64(value, tag);
  return wrap_varbind(writer, mark, name);
}

bool write_varbind_octets(ber::Writer& writer, OidView name, ByteView octets) {
  return write_varbind(writer, name, {ber::kOctetString, octets});
}

bool write_varbind_oid(ber::Writer& writer, OidView name, OidView value) {
  return write_varbind(writer, name, {ber::kObjectIdentifier, value.content()});
}

bool write_notification_head(ber::Writer& writer, std::uint32_t sys_up_time, OidView trap_oid) {
  write_varbind_oid(writer, kSnmpTrapOid0, trap_oid);
  return write_varbind_unsigned(writer, kSysUpTime0, ber::kTimeTicks, sys_up_time);
}

bool wrap_pdu(ber::Writer& writer, std::size_t mark, std::uint8_t type, std::int32_t request_id,
              std::int32_t error_status, std::int32_t error_index) {
  writer.wrap(ber::kSequence, mark);
  writer.integer(error_index);
  writer.integer(error_status);
  writer.integer(request_id);
  writer.wrap(type, mark);
  return writer.ok();
}

bool write_pdu(ber::Writer& writer, std::uint8_t type, std::int32_t request_id,
               std::int32_t error_status, std::int32_t error_index, ByteView varbind_list_content) {
  const std::size_t mark = writer.mark();
  writer.raw(varbind_list_content);
  return wrap_pdu(writer, mark, type, request_id, error_status, error_index);
}

bool wrap_scoped_pdu(ber::Writer& writer, std::size_t mark, ByteView context_engine_id,
                     ByteView context_name) {
  writer.octets(context_name);
  writer.octets(context_engine_id);
  writer.wrap(ber::kSequence, mark);
  return writer.ok();
}

bool wrap_community_message(ber::Writer& writer, std::size_t mark, Version version,
                            ByteView community) {
  writer.octets(community);
  writer.integer(static_cast<std::int64_t>(version));
  writer.wrap(ber::kSequence, mark);
  return writer.ok();
}

}  // namespace trapd::snmp
