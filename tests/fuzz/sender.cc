// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/sender.h"

#include <algorithm>

#include "trapd/base/check.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/outbound.h"

namespace trapd::fuzz {
namespace {

usm::User make_user(const char* name, usm::AuthProtocol auth, usm::PrivProtocol priv) {
  usm::User user;
  user.name = name;
  user.auth = auth;
  user.priv = priv;
  if (auth == usm::AuthProtocol::kNone) return user;
  const usm::Key ku = usm::password_to_key(auth, as_bytes("maplesyrup"));
  user.auth_ku = ku;
  if (priv != usm::PrivProtocol::kNone) user.priv_ku = ku;
  return user;
}

std::vector<usm::User> make_users() {
  using usm::AuthProtocol;
  using usm::PrivProtocol;
  const PrivProtocol weak = usm::Cipher::des_available() ? PrivProtocol::kDes : PrivProtocol::kNone;
  std::vector<usm::User> users{
      make_user("noa", AuthProtocol::kNone, PrivProtocol::kNone),
      make_user("sha1", AuthProtocol::kSha1, PrivProtocol::kAes128),
      make_user("sha256", AuthProtocol::kSha256, PrivProtocol::kAes256Blumenthal),
      make_user("md5", AuthProtocol::kMd5, weak),
      // As they are in scenarios, so that the packets of tests/hostile are right here too.
      make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128),
      make_user("mac", AuthProtocol::kSha1, PrivProtocol::kNone),
      make_user("agent", AuthProtocol::kSha1, PrivProtocol::kNone)};
  users.back().may_receive = false;
  users.back().may_use_agent = true;
  return users;
}

const usm::User* find_user(ByteView name) {
  const auto found = std::find_if(users().begin(), users().end(), [&](const usm::User& user) {
    return user.name == as_text(name);
  });
  return found == users().end() ? nullptr : &*found;
}

/// The octets that a view of the datagram shows, to be written.
MutableBytes writable(ByteView part, Bytes* datagram) {
  return MutableBytes(*datagram).subspan(static_cast<std::size_t>(part.data() - datagram->data()),
                                         part.size());
}

void encrypt_in_place(const snmp::V3Message& message, const usm::User& user,
                      const usm::Key& privacy, Bytes* datagram) {
  static usm::Cipher cipher;
  Bytes encrypted(message.encrypted_pdu.size() + 16);
  const std::size_t size = cipher.encrypt(
      user.priv, privacy, static_cast<std::uint32_t>(message.authoritative_engine_boots),
      static_cast<std::uint32_t>(message.authoritative_engine_time), message.privacy_parameters,
      message.encrypted_pdu, encrypted);
  if (size != message.encrypted_pdu.size()) return;
  std::copy_n(encrypted.begin(), size, writable(message.encrypted_pdu, datagram).begin());
}

}  // namespace

const std::vector<usm::User>& users() {
  static const std::vector<usm::User> all = make_users();
  return all;
}

Bytes signed_message(const std::string& name, ByteView engine_id, std::uint32_t boots,
                     std::uint32_t time, ByteView scoped_pdu) {
  const usm::User* user = find_user(as_bytes(name));
  CHECK(user != nullptr);
  const usm::CachedKeys keys = usm::localise_user(*user, engine_id);
  usm::OutboundParameters parameters;
  parameters.msg_id = 4660;
  parameters.level = user->level();
  parameters.reportable = true;
  parameters.authoritative_engine_id = engine_id;
  parameters.authoritative_engine_boots = boots;
  parameters.authoritative_engine_time = time;
  parameters.user_name = as_bytes(user->name);
  parameters.auth = &keys.auth;
  parameters.priv_protocol = user->priv;
  parameters.priv = &keys.priv;
  Bytes room(scoped_pdu.size() + 512);
  usm::MessageBuilder builder;
  const ByteView message = builder.build(parameters, scoped_pdu, room);
  return {message.begin(), message.end()};
}

void repair(Repair how, Bytes* datagram) {
  snmp::Message decoded;
  if (snmp::decode_message(*datagram, &decoded, nullptr) != snmp::DecodeStatus::kOk ||
      decoded.version != snmp::Version::kV3) {
    return;
  }
  const snmp::V3Message& message = decoded.v3;
  const usm::User* user = find_user(message.user_name);
  if (user == nullptr || user->auth == usm::AuthProtocol::kNone) return;
  const usm::CachedKeys keys = usm::localise_user(*user, message.authoritative_engine_id);
  if (how.encrypt && user->priv != usm::PrivProtocol::kNone && !message.encrypted_pdu.empty()) {
    encrypt_in_place(message, *user, keys.priv, datagram);
  }
  if (!how.sign || message.authentication_parameters.size() != usm::row(user->auth).mac_octets) {
    return;
  }
  const MutableBytes mac = writable(message.authentication_parameters, datagram);
  std::fill(mac.begin(), mac.end(), std::uint8_t{0});
  Bytes digest(mac.size());
  keys.auth.sign(message.whole, {}, {}, digest);
  std::copy(digest.begin(), digest.end(), mac.begin());
}

}  // namespace trapd::fuzz
