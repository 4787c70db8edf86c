// SPDX-License-Identifier: Apache-2.0
// Reaches InboundProcessor::process through all of its steps (engine, user, level, digest, window,
// decryption) and HmacKey::verify, Cipher::decrypt, EngineTable, KeyCache behind them. A message
// is repaired (sender.h) when its flags say so, or nothing behind the digest would be reached.
//
// An input is some messages, each: flags (1 sign, 2 encrypt), seconds to wait before it, octets.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <vector>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/fuzz/hostile.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/pdu_checks.h"
#include "tests/fuzz/sender.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"
#include "trapd/usm/inbound.h"

namespace trapd::fuzz {
namespace {

constexpr std::size_t kEnginesMax = 3;
constexpr int kMessagesMax = 8;
const Bytes kOwnEngine = test::hex("80001f880501020304");
const Bytes kDevice = test::hex("8000138b0500000001");

const EVP_MD* hash_of(usm::AuthProtocol auth) {
  switch (auth) {
    case usm::AuthProtocol::kNone:
      return nullptr;
    case usm::AuthProtocol::kMd5:
      return EVP_md5();
    case usm::AuthProtocol::kSha1:
      return EVP_sha1();
    case usm::AuthProtocol::kSha224:
      return EVP_sha224();
    case usm::AuthProtocol::kSha256:
      return EVP_sha256();
    case usm::AuthProtocol::kSha384:
      return EVP_sha384();
    case usm::AuthProtocol::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

/// Is the digest right, by OpenSSL's own HMAC over a copy with zeros (RFC 3414 6.3.2)?
bool digest_is_right(const snmp::V3Message& message, const usm::User& user) {
  const ByteView mac = message.authentication_parameters;
  Bytes copy(message.whole.begin(), message.whole.end());
  std::fill_n(copy.begin() + (mac.data() - message.whole.data()), mac.size(), std::uint8_t{0});
  const usm::Key key = usm::localised_auth_key(user, message.authoritative_engine_id);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(hash_of(user.auth), key.expose().data(), static_cast<int>(key.expose().size()),
         copy.data(), copy.size(), digest.data(), &size);
  return mac.size() == usm::row(user.auth).mac_octets && mac.size() <= size &&
         equal(mac, ByteView(digest).first(mac.size()));
}

class Receiver {
 public:
  Receiver()
      : own_(kOwnEngine, 3, clock_),
        config_(security()),
        processor_({.cached_keys_max = 4}, config_, engines_, own_),
        scratch_(snmp::kMessageOctetsMax) {
    wait_s(1000);
  }

  void wait_s(std::int64_t seconds) { clock_.advance_ns(seconds * kNsPerSecond); }

  void receive(const Bytes& datagram) {
    snmp::Message decoded;
    if (snmp::decode_message(datagram, &decoded, nullptr) != snmp::DecodeStatus::kOk ||
        decoded.version != snmp::Version::kV3) {
      return;
    }
    const snmp::V3Message& message = decoded.v3;
    const std::size_t engines_before = engines_.size();
    const MutableBytes room(scratch_.data(), message.whole.size());
    const usm::Inbound inbound = processor_.process(message, clock_.monotonic_ns(), room);
    check_level(message, inbound);
    CHECK(inbound.authenticated || engines_.size() == engines_before);  // nothing of strangers
    CHECK(engines_.size() <= kEnginesMax);
    if (inbound.step != usm::Step::kAccepted) return CHECK(inbound.scoped_pdu.empty());
    CHECK(inside(inbound.scoped_pdu, datagram) || inside(inbound.scoped_pdu, room));
    check_scoped_pdu(inbound.scoped_pdu, inbound.padded);
    check_replay(message, room);
  }

 private:
  static std::shared_ptr<const usm::SecurityConfig> security() {
    usm::TimeWindowRules windows({{test::hex("8000138b0500000002"), usm::TimeWindow::kReport}});
    return std::make_shared<const usm::SecurityConfig>(
        usm::SecurityConfig{usm::UserTable(users()),
                            {snmp::SecurityLevel::kNoAuthNoPriv, ~0U, ~0U},
                            std::move(windows)});
  }

  static void check_level(const snmp::V3Message& message, const usm::Inbound& inbound) {
    if (inbound.authenticated) {
      CHECK(inbound.user != nullptr && digest_is_right(message, *inbound.user));
    }
    if (inbound.step != usm::Step::kAccepted) return;
    CHECK(inbound.user != nullptr && as_text(message.user_name) == inbound.user->name);
    CHECK(message.level() == inbound.user->level());  // never weaker than its user
    CHECK(inbound.authenticated == (message.level() != snmp::SecurityLevel::kNoAuthNoPriv));
    CHECK(inbound.padded == (message.level() == snmp::SecurityLevel::kAuthPriv));
  }

  /// Again at once: the clock of the engine does not move a second time.
  void check_replay(const snmp::V3Message& message, MutableBytes room) {
    const usm::Inbound again = processor_.process(message, clock_.monotonic_ns(), room);
    CHECK(again.step == usm::Step::kAccepted);
    CHECK(again.window != usm::EngineClock::Verdict::kFresh);
  }

  VirtualClock clock_;
  usm::EngineTable engines_{kEnginesMax};
  usm::OwnEngine own_;
  Published<usm::SecurityConfig> config_;
  usm::InboundProcessor processor_;
  Bytes scratch_;
};

}  // namespace

std::vector<Seed> seeds() {
  const Bytes scoped = test::hex(test::kLinkDownScopedPdu);
  const auto from = [&](const char* user, ByteView engine, std::uint32_t boots,
                        std::uint32_t time) {
    return signed_message(user, engine, boots, time, scoped);
  };
  std::vector<Seed> seeds;
  for (const usm::User& user : users()) {
    const Bytes message = from(user.name.c_str(), kDevice, 7, 1000);
    seeds.push_back({user.name, Output().u8(1).u8(0).bytes(message).done()});
    const Bytes to_us = from(user.name.c_str(), kOwnEngine, 3, 1000);
    seeds.push_back({user.name + " to us", Output().u8(1).u8(0).bytes(to_us).done()});
  }
  // An encrypted place that holds plain octets: the flag encrypts what the mutations make of it.
  Bytes open = from("sha1", kDevice, 7, 1000);
  std::copy(scoped.begin(), scoped.end(), open.end() - static_cast<std::ptrdiff_t>(scoped.size()));
  seeds.push_back({"encrypted here", Output().u8(3).u8(0).bytes(open).done()});
  Output several;
  for (const std::uint32_t time : {1000U, 1200U, 1000U}) {
    several.u8(1).u8(100).bytes(from("sha256", kDevice, 7, time));
  }
  seeds.push_back({"several", several.done()});
  for (const HostilePacket& packet : hostile_packets()) {
    seeds.push_back({packet.name, Output().u8(0).u8(0).bytes(packet.octets).done()});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trapd::fuzz;
  Input input(data, size);
  Receiver receiver;
  for (int i = 0; i < kMessagesMax && !input.empty(); ++i) {
    const std::uint8_t flags = input.u8();
    receiver.wait_s(input.u8());
    const trapd::ByteView octets = input.bytes();
    Bytes datagram(octets.begin(), octets.end());
    repair({.encrypt = (flags & 2) != 0, .sign = (flags & 1) != 0}, &datagram);
    receiver.receive(datagram);
  }
  return 0;
}
