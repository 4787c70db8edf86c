// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/bent_packet.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>

#include "tests/scenario/ber_tree.h"
#include "tests/scenario/failure.h"
#include "trapd/ber/reader.h"
#include "trapd/ber/writer.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/outbound.h"

namespace trapd::scenario {
namespace {

constexpr std::int64_t kLengthOctetsMax = 126;
constexpr std::array<std::uint8_t, usm::kSaltOctets> kSalt = {1,    0x23, 0x45, 0x67,
                                                              0x89, 0xab, 0xcd, 0xef};
const char* const kDigest = "digest";

BerTree integer(const char* name, std::int64_t value) {
  std::array<std::uint8_t, 16> room{};
  ber::Writer writer(room);
  writer.integer(value);
  return BerTree::parts_of(writer.done(), {name}).front();
}

BerTree octets_of(const char* name, ByteView content) {
  return BerTree::leaf(name, ber::kOctetString, content);
}

/// request … list, varbind.N, name.N, value.N; or enterprise … of SNMPv1.
BerTree pdu_tree(ByteView pdu) {
  const std::vector<std::string> v1 = {"enterprise",    "agent-addr", "generic-trap",
                                       "specific-trap", "time-stamp", "list"};
  const std::vector<std::string> v2 = {"request", "error-status", "error-index", "list"};
  BerTree whole = BerTree::parts_of(pdu, {"pdu"}).front();
  const bool trap_v1 = pdu.front() == ber::kTrapV1;
  std::vector<BerTree> fields = BerTree::parts_of(whole.content(), trap_v1 ? v1 : v2);
  BerTree& list = fields.back();
  std::vector<BerTree> varbinds = BerTree::parts_of(list.content(), {}, "varbind");
  for (std::size_t i = 0; i < varbinds.size(); ++i) {
    const std::string number = "." + std::to_string(i + 1);
    auto parts = BerTree::parts_of(varbinds[i].content(), {"name" + number, "value" + number});
    varbinds[i] = BerTree::of(varbinds[i].name(), ber::kSequence, std::move(parts));
  }
  list = BerTree::of("list", ber::kSequence, std::move(varbinds));
  return BerTree::of("pdu", pdu.front(), std::move(fields));
}

/// Which of the bends have found their field.
class Bender {
 public:
  explicit Bender(const Bends& bends) : bends_(bends) {}
  void bend(BerTree* tree) {
    for (const auto& [name, octets] : bends_.set) {
      if (BerTree* field = find(tree, name)) field->replace(octets);
    }
    for (const auto& [name, octets] : bends_.spare) {
      if (BerTree* field = find(tree, name)) field->add_spare(octets);
    }
    for (const auto& [name, octets] : bends_.longer) {
      if (BerTree* field = find(tree, name)) field->set_length_octets(octets);
    }
  }
  void finish() const {
    if (found_ != bends_.set.size() + bends_.spare.size() + bends_.longer.size()) {
      throw Mistake("a field that this message does not have, or that is named twice");
    }
  }

 private:
  BerTree* find(BerTree* tree, const std::string& name) {
    BerTree* const field = tree->find(name);
    if (field != nullptr) ++found_;
    return field;
  }
  const Bends& bends_;
  std::size_t found_ = 0;
};

Bytes digest(const Packet& packet, const Bytes& message) {
  const std::string name(usm::row(packet.as.auth).name);
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> hash(
      EVP_MD_fetch(nullptr, name.c_str(), nullptr), &EVP_MD_free);
  if (!hash) throw Mistake("no digest without a hash");
  const usm::Key key = usm::localised_auth_key(packet.as, packet.engine);
  Bytes whole(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(hash.get(), key.expose().data(), static_cast<int>(key.expose().size()), message.data(),
       message.size(), whole.data(), &size);
  whole.resize(size);
  return whole;
}

Bytes encrypted(const Packet& packet, const Bytes& plain) {
  const usm::Key key = usm::localised_priv_key(packet.as, packet.engine);
  Bytes out(plain.size() + 8);
  usm::Cipher cipher;
  out.resize(cipher.encrypt(packet.as.priv, key, packet.boots, packet.time, kSalt, plain, out));
  return out;
}

BerTree header_tree(const Packet& packet) {
  auto flags = static_cast<std::uint8_t>(packet.level);
  if (packet.reportable) flags |= snmp::kReportableFlag;
  return BerTree::of(
      "header", ber::kSequence,
      {integer("msgid", packet.msg_id), integer("max-size", packet.max_size),
       octets_of("flags", ByteView(&flags, 1)), integer("model", snmp::kUsmSecurityModel)});
}

BerTree security_tree(const Packet& packet, const Bends& bends) {
  const bool authenticated = packet.level != snmp::SecurityLevel::kNoAuthNoPriv;
  const bool secret = packet.level == snmp::SecurityLevel::kAuthPriv;
  const std::size_t usual = authenticated ? usm::row(packet.as.auth).mac_octets : 0;
  const Bytes zeros(bends.digest_octets.value_or(usual));
  return BerTree::of(
      "parameters", ber::kOctetString,
      {BerTree::of(
          "usm", ber::kSequence,
          {octets_of("engine", packet.engine), integer("boots", packet.boots),
           integer("time", packet.time), octets_of("user", as_bytes(packet.as.name)),
           octets_of(kDigest, zeros), octets_of("salt", secret ? ByteView(kSalt) : ByteView())})});
}

void sign(const Packet& packet, const BerTree& tree, const Bends& bends, Bytes* message) {
  if (packet.level == snmp::SecurityLevel::kNoAuthNoPriv) return;
  const auto at = tree.content_offset(kDigest);
  if (!at) return;  // the scenario has written it itself
  const Bytes whole = digest(packet, *message);
  const std::size_t room = bends.digest_octets.value_or(usm::row(packet.as.auth).mac_octets);
  std::copy_n(whole.begin(), std::min(whole.size(), room),
              message->begin() + static_cast<std::ptrdiff_t>(*at));
}

Bytes encode_v3(const Packet& packet, const Bends& bends) {
  Bender bender(bends);
  BerTree data =
      BerTree::of("scoped", ber::kSequence,
                  {octets_of("context-engine", packet.context_engine),
                   octets_of("context", as_bytes(packet.context)), pdu_tree(encode_pdu(packet))});
  bender.bend(&data);
  if (packet.level == snmp::SecurityLevel::kAuthPriv) {
    Bytes plain = data.octets();
    plain.insert(plain.end(), bends.padding.begin(), bends.padding.end());
    data = octets_of("data", encrypted(packet, plain));
  } else if (!bends.padding.empty()) {
    throw Mistake("padding: nothing is encrypted");
  }
  // The bent ScopedPDU goes in as it is: its fields are not looked for once more.
  BerTree rest = BerTree::of("message", ber::kSequence,
                             {integer("version", 3), header_tree(packet),
                              security_tree(packet, bends), octets_of("data", {})});
  if (packet.level != snmp::SecurityLevel::kAuthPriv) rest.find("data")->replace(data.octets());
  if (packet.level == snmp::SecurityLevel::kAuthPriv) {
    rest.find("data")->set_content(Bytes(data.content().begin(), data.content().end()));
  }
  bender.bend(&rest);
  bender.finish();
  Bytes message = rest.octets();
  sign(packet, rest, bends, &message);
  return message;
}

Bytes encode_community(const Packet& packet, const Bends& bends) {
  const int version = packet.version == snmp::Version::kV1 ? 0 : 1;
  BerTree message =
      BerTree::of("message", ber::kSequence,
                  {integer("version", version), octets_of("community", as_bytes(packet.community)),
                   pdu_tree(encode_pdu(packet))});
  Bender bender(bends);
  bender.bend(&message);
  bender.finish();
  return message.octets();
}

}  // namespace

bool Bends::any() const {
  return !set.empty() || !spare.empty() || !longer.empty() || digest_octets || !padding.empty();
}

Bends take_bends(Options* given) {
  Bends bends;
  for (const auto& [name, hex] : given->take_all_of("set.")) {
    bends.set.emplace_back(name, octets(hex, name));
  }
  for (const auto& [name, hex] : given->take_all_of("spare.")) {
    bends.spare.emplace_back(name, octets(hex, name));
  }
  for (const auto& [name, count] : given->take_all_of("long.")) {
    bends.longer.emplace_back(name, number(count, name, 1, kLengthOctetsMax));
  }
  if (const auto count = given->take("digest-octets")) {
    bends.digest_octets = static_cast<std::size_t>(number(*count, "digest-octets", 0, 1000));
  }
  if (const auto hex = given->take("padding")) bends.padding = octets(*hex, "padding");
  return bends;
}

Bytes encode_bent(const Packet& packet, const Bends& bends) {
  return packet.version == snmp::Version::kV3 ? encode_v3(packet, bends)
                                              : encode_community(packet, bends);
}

}  // namespace trapd::scenario
