// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/packets.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "tests/data/ber_bytes.h"
#include "tests/differential/bend.h"
#include "trapd/base/check.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/outbound.h"

namespace trapd::differential {

namespace {

constexpr std::int64_t kInt32Edges[] = {0,     1,     -1,     127,         128,
                                        -128,  -129,  32768,  0x7fffffff,  -0x7fffffff - 1LL,
                                        65535, 0x100, 0x8000, -0x01000000, 0x00800000};

std::int64_t int32(Random* random) {
  return random->one_in(2) ? random->pick(kInt32Edges)
                           : static_cast<std::int32_t>(random->u64() & 0xffffffff);
}
std::int64_t uint32(Random* random) { return int32(random) & 0xffffffff; }

Element oid(Random* random) {
  constexpr std::uint32_t kArcs[] = {0, 1, 127, 128, 16383, 16384, 2680, 0x7fffffff, 0xffffffff};
  std::vector<std::uint32_t> arcs{1, 3, 6, 1};
  if (random->one_in(10)) arcs = {2, static_cast<std::uint32_t>(random->below(200))};
  if (random->one_in(20)) arcs = {0, static_cast<std::uint32_t>(random->below(40))};
  const std::size_t more = random->one_in(40) ? 120 : random->below(12);
  for (std::size_t i = 0; i < more; ++i) arcs.push_back(random->pick(kArcs));
  const auto oid = snmp::Oid::from_arcs(arcs);
  CHECK(oid.has_value());
  return primitive(ber::kObjectIdentifier, oid->view().content());
}

// 04 9f 78 04 …: a float in an Opaque, which Net-SNMP takes for a type of its own.
Bytes opaque(Random* random) {
  if (!random->one_in(3)) return random->octets(random->below(20));
  Bytes out{0x9f, static_cast<std::uint8_t>(0x76 + random->below(5))};
  const std::size_t size = out[1] == 0x78 ? 4 : 8;
  out.push_back(static_cast<std::uint8_t>(size));
  const Bytes number = random->octets(size);
  out.insert(out.end(), number.begin(), number.end());
  return out;
}

Element unsigned64(Random* random) {
  Bytes content = random->octets(1 + random->below(8));
  if (content[0] >= 0x80 && !random->one_in(8)) content.insert(content.begin(), 0);
  return primitive(ber::kCounter64, content);
}

Element value(Random* random) {
  switch (random->below(12)) {
    case 0:
    case 1:
      return integer(int32(random));
    case 2:
    case 3:
      return octets(random->octets(random->one_in(30) ? 1500 : random->below(200)));
    case 4:
      return oid(random);
    case 5:
      return integer(uint32(random), ber::kCounter32);
    case 6:
      return integer(uint32(random), ber::kGauge32);
    case 7:
      return integer(uint32(random), ber::kTimeTicks);
    case 8:
      return unsigned64(random);
    case 9:
      return primitive(ber::kIpAddress, random->octets(4));
    case 10:
      return primitive(ber::kOpaque, opaque(random));
    default: {
      constexpr std::uint8_t kEmpty[] = {ber::kNull, ber::kNull, ber::kNoSuchObject,
                                         ber::kNoSuchInstance, ber::kEndOfMibView};
      return primitive(random->pick(kEmpty), {});
    }
  }
}

Element varbind(Element name, Element value) {
  return constructed(ber::kSequence, {std::move(name), std::move(value)});
}

Element varbinds(bool notification, bool v1, Random* random) {
  Element list = constructed(ber::kSequence, {});
  if (notification && !random->one_in(12)) {
    list.parts.push_back(
        varbind(primitive(ber::kObjectIdentifier, snmp::kSysUpTime0.view().content()),
                integer(uint32(random), ber::kTimeTicks)));
    list.parts.push_back(varbind(
        primitive(ber::kObjectIdentifier, snmp::kSnmpTrapOid0.view().content()), oid(random)));
  }
  for (std::size_t i = random->below(7); i > 0; --i) {
    Element content = value(random);
    const bool foreign = content.tag == ber::kCounter64 || content.tag >= ber::kNoSuchObject;
    if (v1 && foreign && !random->one_in(10)) content = integer(int32(random));
    list.parts.push_back(varbind(oid(random), std::move(content)));
  }
  return list;
}

Element trap_v1(Random* random) {
  return constructed(ber::kTrapV1,
                     {oid(random), primitive(ber::kIpAddress, random->octets(4)),
                      integer(static_cast<std::int64_t>(random->below(7))),
                      integer(random->one_in(8) ? int32(random) : int32(random) & 0x7fffffff),
                      integer(uint32(random), ber::kTimeTicks), varbinds(false, true, random)});
}

Element pdu(std::uint8_t tag, Random* random) {
  const bool notification = tag == ber::kTrapV2 || tag == ber::kInformRequest;
  return constructed(
      tag, {integer(int32(random)), integer(random->one_in(8) ? int32(random) : 0),
            integer(random->one_in(8) ? int32(random) : 0), varbinds(notification, false, random)});
}

std::uint8_t pdu_tag(Random* random) {
  constexpr std::uint8_t kOthers[] = {ber::kGetRequest, ber::kGetNextRequest, ber::kResponse,
                                      ber::kSetRequest, ber::kGetBulkRequest, ber::kReport,
                                      ber::kTrapV1};
  if (random->one_in(12)) return random->pick(kOthers);
  return random->one_in(2) ? ber::kTrapV2 : ber::kInformRequest;
}

Packet community_packet(Random* random) {
  Packet packet;
  const bool v1 = random->one_in(2);
  std::uint8_t tag = v1 && !random->one_in(12) ? std::uint8_t{ber::kTrapV1} : pdu_tag(random);
  Element inner = tag == ber::kTrapV1 ? trap_v1(random) : pdu(tag, random);
  Element message = constructed(
      ber::kSequence,
      {integer(v1 ? 0 : 1),
       octets(random->one_in(4) ? random->octets(random->below(40)) : test::text("public")),
       std::move(inner)});
  packet.story = (v1 ? "v1 " : "v2c ") + to_hex(Bytes{tag});
  for (std::size_t i = random->one_in(3) ? 0 : 1 + random->below(3); i > 0; --i) {
    packet.story += "; " + bend_element(&message, random);
    ++packet.bends;
  }
  packet.octets = encode(message).octets;
  return packet;
}

// --- SNMPv3 ---

struct V3 {
  const usm::User* user = nullptr;
  snmp::SecurityLevel level{};
  Bytes engine;
  Clock sent;
  Element scoped;
  Element message;
};

Clock sent_clock(const Bytes& engine, Clock known, Random* random) {
  // Away from the edges of the window, since Net-SNMP's second may pass meanwhile.
  constexpr std::int64_t kOff[] = {0,    0,    0,    0,     1,   50,  -100,
                                   -140, -145, -160, -1000, 140, 200, 5000};
  constexpr std::int64_t kOwnTimes[] = {0, 1, 10, 10, 20, 20, 30, 60, 1000, 5000};
  const bool own = engine == kOwnEngine;
  Clock clock = own ? Clock{kOwnBoots, 0} : known;
  const std::int64_t time =
      std::int64_t{clock.time} + (own ? random->pick(kOwnTimes) : random->pick(kOff));
  clock.time = static_cast<std::uint32_t>(std::clamp<std::int64_t>(time, 0, 0x7fffffff));
  if (random->one_in(12)) clock.boots += random->one_in(2) ? 1U : ~0U;
  if (random->one_in(40)) clock.boots = 0x7fffffff;
  clock.boots &= 0x7fffffff;
  return clock;
}

Element header(const V3& v3, Random* random) {
  constexpr std::uint8_t kReserved[] = {0x80, 0x40, 0x08};
  auto flags = static_cast<std::uint8_t>(v3.level);
  if (random->one_in(3)) flags |= snmp::kReportableFlag;
  if (random->one_in(10)) flags |= random->pick(kReserved);
  constexpr std::int64_t kSizes[] = {484, 1500, 65507, 0x7fffffff, 2048};
  return constructed(ber::kSequence,
                     {integer(int32(random) & 0x7fffffff), integer(random->pick(kSizes)),
                      octets(Bytes{flags}), integer(snmp::kUsmSecurityModel)});
}

Element security_parameters(const V3& v3, Random* random) {
  Element mac = octets(Bytes(
      v3.level == snmp::SecurityLevel::kNoAuthNoPriv ? 0 : usm::row(v3.user->auth).mac_octets));
  mac.is_mac = true;
  const std::size_t salt = v3.level == snmp::SecurityLevel::kAuthPriv ? usm::kSaltOctets : 0;
  Element outer = constructed(
      ber::kOctetString,
      {constructed(ber::kSequence,
                   {octets(v3.engine), integer(v3.sent.boots), integer(v3.sent.time),
                    octets(as_bytes(v3.user->name)), mac, octets(random->octets(salt))})});
  return outer;
}

/// Lengthening a key costs a millisecond, so each is made once.
const usm::CachedKeys& keys_of(const usm::User& user, const Bytes& engine) {
  static std::map<std::pair<std::string, Bytes>, usm::CachedKeys> all;
  const auto found = all.find({user.name, engine});
  if (found != all.end()) return found->second;
  return all.emplace(std::pair(user.name, engine), usm::localise_user(user, engine)).first->second;
}

/// What stands there after bending, as a decoder would read it; else what stood there.
std::uint32_t number_in(const Element& usm, std::size_t part, std::uint32_t otherwise) {
  if (part >= usm.parts.size() || usm.parts[part].content.size() > 4) return otherwise;
  std::uint32_t number = 0;
  for (const std::uint8_t octet : usm.parts[part].content) number = number << 8 | octet;
  return number;
}

void encrypt(const V3& v3, const usm::Key& key, Element* message) {
  constexpr std::size_t kSaltPart = 5;
  static usm::Cipher cipher;
  const Bytes plain = encode(v3.scoped).octets;
  Bytes room(plain.size() + 16);
  Clock sent = v3.sent;
  Bytes salt(usm::kSaltOctets);
  if (message->parts.size() < 4) return;
  const Element& outer = message->parts[2];
  if (!outer.parts.empty()) {
    const Element& usm = outer.parts[0];
    sent.boots = number_in(usm, 1, sent.boots);
    sent.time = number_in(usm, 2, sent.time);
    if (usm.parts.size() > kSaltPart && usm.parts[kSaltPart].content.size() == salt.size()) {
      salt = usm.parts[kSaltPart].content;
    }
  }
  room.resize(cipher.encrypt(v3.user->priv, key, sent.boots, sent.time, salt, plain, room));
  if (message->parts[3].content == Bytes{1}) message->parts[3].content = room;
}

void sign(const usm::HmacKey& key, const Encoded& encoded, Bytes* octets) {
  const std::size_t size = usm::row(key.protocol()).mac_octets;
  if (!encoded.mac_at || *encoded.mac_at + size > octets->size()) return;
  const MutableBytes mac = MutableBytes(*octets).subspan(*encoded.mac_at, size);
  std::fill(mac.begin(), mac.end(), std::uint8_t{0});
  Bytes digest(size);
  key.sign(*octets, {}, {}, digest);
  std::copy(digest.begin(), digest.end(), mac.begin());
}

V3 sound_v3(const Clock& known, Random* random) {
  V3 v3;
  v3.user = &random->pick(users());
  v3.level = random->one_in(10) ? snmp::SecurityLevel::kNoAuthNoPriv : v3.user->level();
  if (random->one_in(12) && v3.user->auth != usm::AuthProtocol::kNone) {
    v3.level = snmp::SecurityLevel::kAuthNoPriv;
  }
  const std::uint8_t tag = pdu_tag(random);
  v3.engine = (tag == ber::kInformRequest) != random->one_in(12) ? kOwnEngine : kDevice;
  v3.sent = sent_clock(v3.engine, known, random);
  v3.scoped = constructed(
      ber::kSequence, {octets(random->one_in(6) ? random->octets(random->below(33)) : v3.engine),
                       octets(random->one_in(4) ? random->octets(random->below(33)) : Bytes{}),
                       tag == ber::kTrapV1 ? trap_v1(random) : pdu(tag, random)});
  const bool encrypted = v3.level == snmp::SecurityLevel::kAuthPriv;
  v3.message = constructed(ber::kSequence,
                           {integer(3), header(v3, random), security_parameters(v3, random),
                            encrypted ? octets(Bytes{1}) : v3.scoped});  // {1}: to be replaced
  return v3;
}

Packet v3_packet(Random* random) {
  Packet packet;
  packet.known = {static_cast<std::uint32_t>(1 + random->below(5)), 1000};
  if (random->one_in(30)) packet.known.boots = 0x7fffffff;
  V3 v3 = sound_v3(packet.known, random);
  const bool encrypted = v3.level == snmp::SecurityLevel::kAuthPriv;
  packet.story = "v3 " + v3.user->name + " level " + std::to_string(static_cast<int>(v3.level));
  for (std::size_t i = random->one_in(3) ? 0 : 1 + random->below(3); i > 0; --i) {
    const bool inside = encrypted && !random->one_in(3);
    packet.story += std::string(inside ? "; inside " : "; ") +
                    bend_element(inside ? &v3.scoped : &v3.message, random);
    ++packet.bends;
  }
  const usm::CachedKeys& keys = keys_of(*v3.user, v3.engine);
  if (encrypted) encrypt(v3, keys.priv, &v3.message);
  const Encoded encoded = encode(v3.message);
  packet.octets = encoded.octets;
  if (v3.level != snmp::SecurityLevel::kNoAuthNoPriv) sign(keys.auth, encoded, &packet.octets);
  return packet;
}

}  // namespace

Packet make_packet(std::uint64_t seed, std::uint64_t number) {
  Random random(Random(seed).u64() ^ number * 0xd1342543de82ef95U);
  Packet packet = random.one_in(3) ? community_packet(&random) : v3_packet(&random);
  if (random.one_in(4)) {
    for (std::size_t i = 1 + random.below(2); i > 0; --i) {
      packet.story += "; " + bend_octets(&packet.octets, &random);
      ++packet.bends;
    }
  }
  return packet;
}

}  // namespace trapd::differential
