// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/answer.h"

#include <doctest/doctest.h>

#include "tests/unit/forwarders_snmp/made_record.h"
#include "tests/unit/forwarders_snmp/made_user.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/outbound.h"

namespace trapd::forwarders {
namespace {

const std::vector<std::uint8_t> kEngine = hex("80000000010a000001");

/// A peer's Response, and what reads it.
struct Fixture {
  std::shared_ptr<const usm::User> user =
      made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kAes128);
  usm::CachedKeys keys = usm::localise_user(*user, kEngine);
  usm::MessageBuilder builder;
  AnswerReader reader;
  Answer answer;
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  std::uint8_t type = ber::kResponse;

  AnswerKeys answer_keys() {
    return {kEngine, as_bytes(user->name), &keys.auth, user->priv, &keys.priv};
  }
  std::vector<std::uint8_t> message() {
    std::vector<std::uint8_t> scoped_room(1024);
    ber::Writer writer(scoped_room);
    snmp::write_varbind_unsigned(writer, snmp::kUsmStatsNotInTimeWindows0, ber::kCounter32, 7);
    snmp::wrap_pdu(writer, 0, type, 77, 5, 1);
    snmp::wrap_scoped_pdu(writer, 0, kEngine, {});
    usm::OutboundParameters parameters;
    parameters.msg_id = 66;
    parameters.max_size = 1472;
    parameters.level = level;
    parameters.authoritative_engine_id = kEngine;
    parameters.authoritative_engine_boots = 3;
    parameters.authoritative_engine_time = 1000;
    parameters.user_name = as_bytes(user->name);
    parameters.auth = &keys.auth;
    parameters.priv_protocol = user->priv;
    parameters.priv = &keys.priv;
    std::vector<std::uint8_t> room(2048);
    const ByteView built = builder.build(parameters, writer.done(), room);
    return {built.begin(), built.end()};
  }
  bool read(const std::vector<std::uint8_t>& datagram) {
    return reader.read_v3(datagram, answer_keys(), &answer);
  }
};

std::vector<std::uint8_t> v2c(std::uint8_t type, const std::string& community) {
  std::vector<std::uint8_t> room(512);
  ber::Writer writer(room);
  snmp::write_pdu(writer, type, 77, 1, 0, {});
  snmp::wrap_community_message(writer, 0, snmp::Version::kV2c, as_bytes(community));
  return {writer.done().begin(), writer.done().end()};
}

}  // namespace

TEST_CASE("an authPriv Response is decrypted and says what it says") {
  Fixture f;
  REQUIRE(f.read(f.message()));
  CHECK(f.answer.kind == AnswerKind::kResponse);
  CHECK(f.answer.authentic);
  CHECK(f.answer.level == snmp::SecurityLevel::kAuthPriv);
  CHECK(f.answer.msg_id == 66);
  CHECK(f.answer.request_id == 77);
  CHECK(f.answer.error_status == 5);
  CHECK(f.answer.engine_boots == 3);
  CHECK(f.answer.engine_time == 1000);
  CHECK(f.answer.max_size == 1472);
}

TEST_CASE("no octet of an authPriv Response can be changed and still be believed") {
  Fixture f;
  const std::vector<std::uint8_t> good = f.message();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::uint8_t bit : {std::uint8_t{1}, std::uint8_t{0x80}}) {
      std::vector<std::uint8_t> bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ bit);
      const bool believed = f.read(bad) && f.answer.authentic;
      CHECK_MESSAGE(!believed, "octet ", i);
    }
  }
}

TEST_CASE("octets behind a Response take nothing from it") {
  Fixture fixture;
  std::vector<std::uint8_t> datagram = fixture.message();
  datagram.insert(datagram.end(), {0, 0, 0});
  REQUIRE(fixture.read(datagram));
  CHECK(fixture.answer.authentic);
  CHECK(fixture.answer.request_id == 77);
}

TEST_CASE("a datagram that ends early is no answer") {
  Fixture f;
  const std::vector<std::uint8_t> good = f.message();
  for (std::size_t octets = 0; octets < good.size(); ++octets) {
    CHECK_FALSE(f.read({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(octets)}));
  }
}

TEST_CASE("a Report without authentication is read, and says that it has none") {
  Fixture f;
  f.level = snmp::SecurityLevel::kNoAuthNoPriv;
  f.type = ber::kReport;
  REQUIRE(f.read(f.message()));
  CHECK(f.answer.kind == AnswerKind::kNotInTimeWindow);
  CHECK_FALSE(f.answer.authentic);
}

TEST_CASE("authentication is refused before the engine is known, and of other engines and users") {
  Fixture f;
  const std::vector<std::uint8_t> good = f.message();
  CHECK_FALSE(f.reader.read_v3(good, AnswerKeys{}, &f.answer));
  AnswerKeys keys = f.answer_keys();
  const std::vector<std::uint8_t> other = hex("80000000010a000002");
  keys.engine_id = other;
  CHECK_FALSE(f.reader.read_v3(good, keys, &f.answer));
  keys = f.answer_keys();
  keys.user_name = as_bytes("other");
  CHECK_FALSE(f.reader.read_v3(good, keys, &f.answer));
}

TEST_CASE("requests and notifications are no answers") {
  Fixture f;
  for (const std::uint8_t type : {ber::kGetRequest, ber::kInformRequest, ber::kTrapV2}) {
    f.type = type;
    CHECK_FALSE(f.read(f.message()));
  }
}

TEST_CASE("a v2c Response counts with our community only, and v2c has no Reports") {
  Fixture f;
  CHECK(f.reader.read_v2c(v2c(ber::kResponse, "public"), as_bytes("public"), &f.answer));
  CHECK(f.answer.request_id == 77);
  CHECK(f.answer.error_status == 1);
  CHECK_FALSE(f.reader.read_v2c(v2c(ber::kResponse, "other"), as_bytes("public"), &f.answer));
  CHECK_FALSE(f.reader.read_v2c(v2c(ber::kReport, "public"), as_bytes("public"), &f.answer));
  CHECK_FALSE(f.reader.read_v2c(f.message(), as_bytes("public"), &f.answer));
}

}  // namespace trapd::forwarders
