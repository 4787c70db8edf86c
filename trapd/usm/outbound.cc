// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/outbound.h"

#include <array>

#include "trapd/ber/writer.h"

namespace trapd::usm {
namespace {

constexpr std::int32_t kVersion3 = 3;

/// Octets of the buffer that are filled in once the whole message stands, found from its end.
struct Patch {
  std::size_t from_end = 0;
  std::size_t octets = 0;
  MutableBytes in(MutableBytes buffer) const { return buffer.last(from_end).first(octets); }
};

bool authenticated(const OutboundParameters& p) {
  return (static_cast<std::uint8_t>(p.level) & snmp::kAuthFlag) != 0;
}
bool encrypted(const OutboundParameters& p) {
  return (static_cast<std::uint8_t>(p.level) & snmp::kPrivFlag) != 0;
}

/// A level without its keys is refused, never lowered.
bool has_keys(const OutboundParameters& p) {
  if (authenticated(p) && (p.auth == nullptr || p.auth->protocol() == AuthProtocol::kNone)) {
    return false;
  }
  return !encrypted(p) ||
         (p.priv != nullptr && !p.priv->empty() && p.priv_protocol != PrivProtocol::kNone);
}

/// msgData: the ScopedPDU, or an OCTET STRING with room for the encrypted one.
Patch write_data(const OutboundParameters& p, ByteView scoped_pdu, ber::Writer* writer) {
  static constexpr std::array<std::uint8_t, 8> kPadding{};
  const std::size_t mark = writer->mark();
  if (!encrypted(p)) {
    writer->raw(scoped_pdu);
    return {};
  }
  const std::size_t octets = encrypted_octets(p.priv_protocol, scoped_pdu.size());
  writer->raw(ByteView(kPadding).first(octets - scoped_pdu.size()));
  writer->raw(scoped_pdu);
  const Patch data{writer->size(), octets};
  writer->wrap(ber::kOctetString, mark);
  return data;
}

/// UsmSecurityParameters (RFC 3414 2.4), last field first; returns where the digest goes.
Patch write_security_parameters(const OutboundParameters& p, ByteView salt, ber::Writer* writer) {
  static constexpr std::array<std::uint8_t, kMacOctetsMax> kNoDigestYet{};
  const std::size_t mac_octets = authenticated(p) ? row(p.auth->protocol()).mac_octets : 0;
  const std::size_t mark = writer->mark();
  writer->octets(salt);
  const std::size_t behind_mac = writer->size();
  writer->octets(ByteView(kNoDigestYet).first(mac_octets));
  const Patch mac{behind_mac + mac_octets, mac_octets};
  writer->octets(p.user_name);
  writer->integer(p.authoritative_engine_time);
  writer->integer(p.authoritative_engine_boots);
  writer->octets(p.authoritative_engine_id);
  writer->wrap(ber::kSequence, mark);
  writer->wrap(ber::kOctetString, mark);
  return mac;
}

/// HeaderData (RFC 3412 6), last field first.
void write_header(const OutboundParameters& p, ber::Writer* writer) {
  const std::array<std::uint8_t, 1> flags = {
      static_cast<std::uint8_t>(static_cast<std::uint8_t>(p.level) |
                                (p.reportable ? snmp::kReportableFlag : std::uint8_t{0}))};
  const std::size_t mark = writer->mark();
  writer->integer(snmp::kUsmSecurityModel);
  writer->octets(flags);
  writer->integer(p.max_size);
  writer->integer(p.msg_id);
  writer->wrap(ber::kSequence, mark);
}

}  // namespace

ByteView MessageBuilder::build(const OutboundParameters& p, ByteView scoped_pdu,
                               MutableBytes buffer) {
  if (!has_keys(p)) return {};
  std::array<std::uint8_t, kSaltOctets> salt;
  ByteView privacy_parameters;
  if (encrypted(p)) {
    salts_.next(p.priv_protocol, p.authoritative_engine_boots, salt);
    privacy_parameters = salt;
  }

  ber::Writer writer(buffer);
  const Patch data = write_data(p, scoped_pdu, &writer);
  const Patch mac = write_security_parameters(p, privacy_parameters, &writer);
  write_header(p, &writer);
  writer.integer(kVersion3);
  writer.wrap(ber::kSequence, 0);
  if (!writer.ok()) return {};

  if (encrypted(p) &&
      cipher_.encrypt(p.priv_protocol, *p.priv, p.authoritative_engine_boots,
                      p.authoritative_engine_time, salt, scoped_pdu, data.in(buffer)) == 0) {
    return {};
  }
  // RFC 3414 6.3.1: the digest covers the message with its own octets zero, as they still are.
  if (authenticated(p)) p.auth->sign(writer.done(), {}, {}, mac.in(buffer));
  return writer.done();
}

CachedKeys localise_user(const User& user, ByteView engine_id) {
  CachedKeys keys;
  keys.user = &user;
  keys.auth = HmacKey(user.auth, localised_auth_key(user, engine_id));
  keys.priv = localised_priv_key(user, engine_id);
  return keys;
}

}  // namespace trapd::usm
