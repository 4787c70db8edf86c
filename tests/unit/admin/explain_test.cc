// SPDX-License-Identifier: Apache-2.0
// Explanations of messages that other implementations accept, each with one thing wrong.
#include "trapd/admin/explain.h"

#include <doctest/doctest.h>

#include "trapd/admin/explain_work.h"
#include "trapd/snmp/encode.h"
#include "trapd/usm/keys.h"
#include "trapd/usm/outbound.h"

namespace trapd::admin {
namespace {

// linkDown of engine 000000000000000000000002, boots 7, passphrase maplesyrup for both keys.
// user sha, HMAC-SHA-96 and AES-128, time 1003
constexpr char kSha[] =
    "3081a5020103300f02021234020300ffe304010302010304343032040c000000000000000000000002020107020203"
    "eb0403736861040cdd92809501fc3786222c30a304080123456789abcdef04596cffa72d2d3b0986f9715e0dd045e4"
    "75247ef3ee97fb9cab1d1f1d4606b33a71b99dff4cf9c4b1b4e591f643ec6333dd24e6092b8655aebcb3402d883b3d"
    "bdbb2c0eef62692416baabfcece8329ef3553001dfa3d2b4e76f1a";
// user sha256, HMAC-192-SHA-256 and AES-128, time 1005
constexpr char kSha256[] =
    "3081b4020103300f02021234020300ffe304010302010304433041040c000000000000000000000002020107020203"
    "ed04067368613235360418f6865e9d5244d3a2e50b24952beab5a71e3d6ca2649a807b04080123456789abcdef0459"
    "1fcf1a94026a78293fcbdeaa2c930b32f0e69dc17efc1b3a7008aa8e843fa633b54436d32c31971091893432151f2b"
    "9fdb00f371b93781c45f38999a8af40b08ca3e21b8824907c20ae33df361f8b2b4a69e73c55b32889fe4";
// user sha1r, HMAC-SHA-96 and AES-256 lengthened by Reeder's way, time 1008
constexpr char kReeder[] =
    "3081a7020103300f02021234020300ffe304010302010304363034040c000000000000000000000002020107020203"
    "f004057368613172040cd4da94c849f7ea74f239a57404080123456789abcdef045995daad5e4cf602809b761a19df"
    "d0085f983c3e415fdc696ab9f989e73d057ea372da133e544fdb6f5177ccc1a79fde21b3e2586bd98f935ee55d2d18"
    "dc9f48ca7de21c9a45e84f27ebf8f8720782566d64b631a01043ae06af";
constexpr char kDiscovery[] =
    "303a020103300f02021234020300ffe30401040201030410300e0400020100020100040004000400301204000400a0"
    "0c020212340201000201003000";
// SNMPv2c, community "public", coldStart
constexpr char kV2c[] =
    "3040020101040670756273637ea733020101020100020100302830"
    "0d06082b060102010103004301003017060a2b"
    "06010603010104010006092b0601060301010501";

class NoNames final : public snmp::OidNames {
 public:
  std::optional<snmp::Oid> resolve(std::string_view name) const override {
    return snmp::Oid::parse(name);
  }
  std::string name_of(snmp::OidView oid) const override { return oid.text(); }
};

usm::User user(const char* name, usm::AuthProtocol auth, usm::PrivProtocol priv,
               std::string_view auth_passphrase = "maplesyrup",
               std::string_view priv_passphrase = "maplesyrup") {
  usm::User result;
  result.name = name;
  result.auth = auth;
  result.priv = priv;
  result.auth_ku = usm::password_to_key(auth, as_bytes(auth_passphrase));
  result.priv_ku = usm::password_to_key(auth, as_bytes(priv_passphrase));
  return result;
}

struct Fixture {
  config::Config config;
  NoNames names;
  std::optional<EngineFacts> engine;
  std::optional<OwnEngineFacts> own;

  Fixture() { config.live.policy = usm::default_policy(); }
  std::int64_t received_ago_s = 0;
  std::optional<snmp::DropReason> refused_as;
  Explanation explain(std::string_view hex) {
    ExplainContext context{config, names, nullptr, "no rules here", {}, {}};
    auto classifier = alarm::Classifier::build(config.live.rules, names);
    REQUIRE(classifier);
    context.classifier = std::move(*classifier);
    context.own = [this] { return own; };
    context.engine = [this](ByteView) { return engine; };
    const auto payload = from_hex(hex);
    REQUIRE(payload);
    return Explainer(std::move(context))
        .explain({*payload, Endpoint::parse("192.0.2.7:161"), received_ago_s, refused_as});
  }
  static bool says(const std::vector<std::string>& lines, const std::string& text) {
    for (const std::string& line : lines) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

constexpr auto kSha1 = usm::AuthProtocol::kSha1;
constexpr auto kAes = usm::PrivProtocol::kAes128;

TEST_CASE_FIXTURE(Fixture, "an accepted trap: its layers, the rule and where it would go") {
  config.live.users = {user("sha", kSha1, kAes)};
  forwarders::Destination all;
  all.name = "all";
  forwarders::Destination critical;
  critical.name = "critical";
  critical.filter.entries.emplace_back().match.severity = {{alarm::Severity::kCritical}};
  config.live.destinations = {all, critical};
  const Explanation said = explain(kSha);
  CHECK(said.accepted);
  CHECK(said.verdict == "stored");
  CHECK(says(said.layers, "user \"sha\", digest of 12 octets, salt of 8 octets"));
  CHECK(says(said.layers, "boots 7, time 1003 s"));
  CHECK(says(said.layers, "notification 1.3.6.1.6.3.1.1.5.3, sysUpTime 123.45 s"));
  CHECK(says(said.layers, "1.3.6.1.2.1.2.2.1.1.3 = INTEGER: 3"));
  CHECK(says(said.reasons, "No rule matches"));
  CHECK(says(said.reasons, "It would go to: all."));
}

TEST_CASE_FIXTURE(Fixture, "an unknown user: who is known for the engine") {
  config.live.users = {user("ops", kSha1, kAes), user("far", kSha1, kAes),
                       user("out", kSha1, kAes)};
  config.live.users[1].engines = {*from_hex("8000138b05")};
  config.live.users[2].may_receive = false;
  const Explanation said = explain(kSha);
  CHECK(said.verdict == "unknown_user");
  CHECK(says(said.reasons, "there is no user \"sha\" for engine 0x000000000000000000000002"));
  CHECK(says(said.reasons, "Users known for this engine: \"ops\" (any engine)."));
  config.live.users[1].name = "sha";
  CHECK(says(explain(kSha).reasons, "its engines: lack this one"));
  config.live.users[2].name = "sha";
  CHECK(says(explain(kSha).reasons, "its use: lacks receive"));
}

TEST_CASE_FIXTURE(Fixture, "a digest of another length names the device's hash") {
  config.live.users = {user("sha256", kSha1, kAes)};
  const Explanation said = explain(kSha256);
  CHECK(said.verdict == "wrong_digest");
  CHECK(says(said.reasons,
             "The device uses SHA-256 (24-octet digest seen), while the user is "
             "configured SHA-1 (12 octets)"));
}

TEST_CASE_FIXTURE(Fixture, "a wrong digest: exchanged, another user's, or another passphrase") {
  config.live.users = {user("sha", kSha1, kAes, "another one", "maplesyrup")};
  CHECK(says(explain(kSha).reasons, "auth and priv are exchanged"));
  config.live.users = {user("sha", kSha1, kAes, "another one", "another one")};
  CHECK(says(explain(kSha).reasons, "the passphrase differs, or the device uses the other"));
  config.live.users.push_back(user("noc", kSha1, kAes));
  CHECK(says(explain(kSha).reasons, "matches the passphrase of user noc"));
}

TEST_CASE_FIXTURE(Fixture, "an undecipherable PDU: which cipher would read it") {
  config.live.users = {user("sha1r", kSha1, usm::PrivProtocol::kAes256Blumenthal)};
  Explanation said = explain(kReeder);
  CHECK(!said.accepted);
  CHECK(says(said.reasons, "With AES-256-REEDER it is readable"));
  config.live.users = {user("sha", kSha1, kAes, "maplesyrup", "another one")};
  CHECK(says(explain(kSha).reasons, "the device uses one passphrase for both"));
}

TEST_CASE_FIXTURE(Fixture, "outside the time window: by how much, and why") {
  config.live.users = {user("sha", kSha1, kAes)};
  engine = EngineFacts{7, 1000, 3};
  CHECK(explain(kSha).accepted);
  engine = EngineFacts{7, 1003, 150};
  CHECK(explain(kSha).accepted);
  engine = EngineFacts{7, 5000, 10};
  Explanation said = explain(kSha);
  CHECK(said.verdict == "not_in_time_window");
  CHECK(says(said.reasons, "time 1003 s lies 4007 s behind this engine's clock (5010 s now"));
  engine = EngineFacts{8, 5, 10};
  said = explain(kSha);
  CHECK(said.verdict == "not_in_time_window");
  CHECK(says(said.reasons, "boots 7 are below the 8 that this engine has shown before"));
  CHECK(says(said.reasons, "forget-engine 000000000000000000000002"));
}

/// An inform to our own engine 80001f8805aabbccdd that carries these boots.
std::string inform_with_boots(const usm::User& sender, std::uint32_t boots) {
  const std::vector<std::uint8_t> own_engine = *from_hex("80001f8805aabbccdd");
  const usm::CachedKeys keys = usm::localise_user(sender, own_engine);
  std::vector<std::uint8_t> scoped(2000);
  ber::Writer writer(scoped);
  snmp::wrap_pdu(writer, 0, ber::kInformRequest, 1, 0, 0);
  snmp::wrap_scoped_pdu(writer, 0, own_engine, {});
  usm::OutboundParameters out;
  out.level = snmp::SecurityLevel::kAuthPriv;
  out.reportable = true;
  out.authoritative_engine_id = own_engine;
  out.authoritative_engine_boots = boots;
  out.user_name = as_bytes(sender.name);
  out.auth = &keys.auth;
  out.priv_protocol = sender.priv;
  out.priv = &keys.priv;
  std::vector<std::uint8_t> room(4000);
  usm::MessageBuilder builder;
  return to_hex(builder.build(out, writer.done(), room));
}

TEST_CASE_FIXTURE(Fixture, "an inform with our last boots is a time synchronisation, as counted") {
  config.live.users = {user("sha", kSha1, kAes)};
  own = OwnEngineFacts{*from_hex("80001f8805aabbccdd"), 8, 0};
  CHECK(explain(inform_with_boots(config.live.users[0], 7)).verdict == "time_sync");
  CHECK(explain(inform_with_boots(config.live.users[0], 9)).verdict == "not_in_time_window");
  own->boots = usm::kBootsMax;
  CHECK(explain(inform_with_boots(config.live.users[0], 7)).verdict == "boots_maximum");
}

TEST_CASE_FIXTURE(Fixture, "a policy stricter than the message") {
  config.live.users = {user("sha", kSha1, kAes)};
  config.live.policy.priv_allowed = 0;
  const Explanation said = explain(kSha);
  CHECK(said.verdict == "weak_algorithm");
  CHECK(says(said.reasons, "Refused by policy"));
}

TEST_CASE_FIXTURE(Fixture, "a discovery is no refusal") {
  const Explanation said = explain(kDiscovery);
  CHECK(said.verdict == "discovery");
  CHECK(says(said.reasons, "trapd answers with a Report"));
}

TEST_CASE_FIXTURE(Fixture, "a community is told by its label or not at all") {
  Explanation said = explain(kV2c);
  CHECK(said.verdict == "v2c_refused");
  config::Community community;
  community.name = "old";
  community.text = std::make_shared<const Secret>(as_bytes("pubsc~"));
  community.from = {*Network::parse("198.51.100.0/24")};
  config.live.communities = {community};
  said = explain(kV2c);
  CHECK(said.verdict == "bad_community");
  CHECK(says(said.reasons, "not for this source address"));
  config.live.communities[0].from.clear();
  said = explain(kV2c);
  CHECK(said.accepted);
  CHECK(says(said.layers, "community is the configured old"));
  for (const auto& lines : {said.layers, said.reasons}) CHECK(!says(lines, "pubsc~"));
}

TEST_CASE_FIXTURE(Fixture, "what cannot be read is told by octet and field") {
  Explanation said = explain("3003020103");
  CHECK(said.verdict == "malformed");
  CHECK(says(said.reasons, "Malformed ("));
  CHECK(explain("30030201ff").verdict == "bad_version");
}

TEST_CASE_FIXTURE(Fixture, "a deviation that is refused is named, and one that is let pass too") {
  const std::string behind = std::string(kV2c) + "0500";
  Explanation said = explain(behind.c_str());
  CHECK(said.verdict == "malformed");
  CHECK(says(said.reasons, "security.tolerances can let trailing_octets pass"));
  config.live.tolerances.usual = snmp::Deviations(snmp::Deviation::kTrailingOctets);
  said = explain(behind.c_str());
  CHECK(said.verdict == "v2c_refused");
  CHECK(says(said.layers, "let pass as trailing_octets"));
}

TEST_CASE_FIXTURE(Fixture, "a refusal names its clause, whatever the layer") {
  CHECK(says(explain("3003020103").reasons, "Malformed (RFC 3412 4.2.1 (2), 7.2 (2)): "));
  CHECK(says(explain("30030201ff").reasons, "Refused (RFC 3412 4.2.1 (2)): "));
  config.live.users = {user("sha", kSha1, kAes)};
  engine = EngineFacts{8, 5, 10};
  CHECK(says(explain(kSha).reasons, "RFC 3414 3.2 (7)(b)"));
  config::Community community;
  community.name = "old";
  community.text = std::make_shared<const Secret>(as_bytes("pubsc~"));
  config.live.communities = {community};
  std::string broken = kV2c;
  broken.replace(broken.find("06092b"), 6, "060a2b");  // the last value ends behind the message
  CHECK(says(explain(broken).reasons, "Malformed (RFC 1157 4.1): "));
}

TEST_CASE_FIXTURE(Fixture, "a packet of a while ago is judged by the clocks as they were") {
  config.live.users = {user("sha", kSha1, kAes)};
  engine = EngineFacts{7, 1003, 203};
  CHECK(explain(kSha).verdict == "not_in_time_window");  // it is 1206 s there
  received_ago_s = 200;
  CHECK(explain(kSha).accepted);     // it was 1006 s there
  engine = EngineFacts{7, 5000, 0};  // moved on by a message that came later
  Explanation said = explain(kSha);
  CHECK(says(said.reasons, "lies 3797 s behind this engine's clock (4800 s then"));
  own = OwnEngineFacts{*from_hex("80001f8805aabbccdd"), 8, 1};
  CHECK(explain(inform_with_boots(config.live.users[0], 7)).verdict == "time_sync");
}

TEST_CASE_FIXTURE(Fixture, "what trapd said of it then stands first when it would not say so now") {
  config.live.users = {user("sha", kSha1, kAes)};
  engine = EngineFacts{7, 1000, 3};
  refused_as = snmp::DropReason::kWrongDigest;
  Explanation said = explain(kSha);
  CHECK(said.accepted);
  CHECK(said.reasons.front().starts_with("When it came it was refused as wrong_digest: "));
  engine = EngineFacts{8, 5, 10};
  refused_as = snmp::DropReason::kNotInTimeWindow;
  CHECK(!says(explain(kSha).reasons, "When it came"));
}

TEST_CASE_FIXTURE(Fixture, "whatever the octets, there is an explanation") {
  config.live.users = {user("sha", kSha1, kAes)};
  auto octets = *from_hex(kSha);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    auto damaged = octets;
    damaged[i] ^= 0x41;
    const Explanation said = explain(to_hex(damaged));
    CHECK(!said.accepted);
    CHECK(!said.verdict.empty());
    CHECK(!said.reasons.empty());
    CHECK(!explain(to_hex(ByteView(octets).first(i + 1 < octets.size() ? i + 1 : 1))).accepted);
  }
}

TEST_CASE("an engine ID is told as far as its form says") {
  CHECK(octets_text(as_bytes("abc")) == "\"abc\"");
  CHECK(octets_text(*from_hex("0102")) == "0x0102");
  CHECK(engine_text({}) == "none");
  CHECK(engine_text(*from_hex("8000138b01c0000207")) ==
        "0x8000138b01c0000207 (enterprise 5003, address 192.0.2.7)");
  CHECK(engine_text(*from_hex("8000138b04736263")) ==
        "0x8000138b04736263 (enterprise 5003, text \"sbc\")");
}

}  // namespace
}  // namespace trapd::admin
