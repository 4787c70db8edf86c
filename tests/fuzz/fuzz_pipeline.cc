// SPDX-License-Identifier: Apache-2.0
// Reaches ingest::Pipeline::process from the datagram to the ring, with ReplyBuilder, Admission,
// Storm, DeviceDirectory and Classifier; the conservation law is asserted after each datagram.
//
// An input: flags of the receiver (1 strict policy, 2 low rates), then some datagrams, each:
// flags (1 sign, 2 encrypt, 4 from the relay), tenths of a second to wait before it, octets.
#include <cstring>
#include <vector>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/hostile.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sender.h"
#include "tests/fuzz/target.h"
#include "tests/unit/alarm/fake_names.h"
#include "trapd/base/check.h"
#include "trapd/ingest/answer.h"
#include "trapd/ingest/pipeline.h"
#include "trapd/journal/ring_item.h"

namespace trapd::fuzz {
namespace {

using test::operator+;

constexpr int kDatagramsMax = 8;
const Bytes kOwnEngine = test::hex("80001f8805aabbccdd");
const Bytes kDevice = test::hex("8000138b0500000001");

std::vector<alarm::Rule> rules() {
  alarm::Rule link;
  link.name = "link";
  link.traps = {"IF-MIB::linkDown"};
  link.severity = alarm::Severity::kMajor;
  link.state = alarm::StateRule::kRaise;
  link.resource = "{ifIndex}";
  link.text = "{device_name} {ifDescr} {source} {trap}";
  alarm::Rule drop;
  drop.name = "unwanted";
  drop.traps = {"1.3.6.1.6.3.1.1.5.2"};
  drop.drop = true;
  alarm::Rule suppress;
  suppress.name = "muted";
  suppress.subtrees = {"1.3.6.1.4.1.99"};
  suppress.suppress = true;
  return {link, drop, suppress};
}

std::shared_ptr<const alarm::Classifier> classifier() {
  static const auto built = alarm::Classifier::build(rules(), alarm::FakeNames::standard());
  CHECK(built.has_value());
  return *built;
}

std::shared_ptr<const ingest::Snapshot> make_snapshot(bool low_rates) {
  auto made = std::make_shared<ingest::Snapshot>();
  made->classifier = classifier();
  made->sources.resize(1);
  ingest::CommunityRule community;
  community.name = "legacy";
  community.text = std::make_shared<const Secret>(as_bytes("public"));
  made->communities.push_back(std::move(community));
  made->relays = {{*Network::parse("192.0.2.128/25"), ""}};
  made->devices = ingest::DeviceDirectory({{.name = "sbc-1",
                                            .engine_id = kDevice,
                                            .address = Endpoint::parse_address("192.0.2.7"),
                                            .site = "tlv",
                                            .tenant = "acme"}});
  if (low_rates) made->refused_per_source = made->per_engine = 2;
  return made;
}

std::shared_ptr<const usm::SecurityConfig> make_security(bool strict) {
  const usm::Policy all{snmp::SecurityLevel::kNoAuthNoPriv, ~0U, ~0U};
  return std::make_shared<const usm::SecurityConfig>(usm::SecurityConfig{
      usm::UserTable(users()), strict ? usm::default_policy() : all, usm::TimeWindowRules()});
}

/// What goes back to a sender can be read by one.
void check_answer(ByteView answer) {
  snmp::Message message;
  CHECK(snmp::decode_message(answer, &message, nullptr) == snmp::DecodeStatus::kOk);
  CHECK(message.deviations.none());
  if (message.version == snmp::Version::kV3) CHECK(!message.v3.reportable());
}

class Receiver {
 public:
  explicit Receiver(std::uint8_t flags)
      : own_(kOwnEngine, 3, clock_),
        security_(make_security((flags & 1) != 0)),
        snapshot_(make_snapshot((flags & 2) != 0)),
        pipeline_({.cached_keys_max = 8,
                   .dropped_total = [this](snmp::DropReason r) { return counters_.dropped.get(r); },
                   .own_window_misses_total = [] { return std::uint64_t{0xffffffffffULL}; }},
                  security_, snapshot_, engines_, own_, ring_, counters_, nullptr) {}

  void wait_ms(std::int64_t ms) { clock_.advance_ns(ms * kNsPerMs); }

  void receive(ByteView bytes, const char* source) {
    net::Datagram datagram;
    datagram.bytes = bytes;
    datagram.source = *Endpoint::parse(source);
    datagram.local = *Endpoint::parse("192.0.2.100:162");
    datagram.wall_ns = clock_.wall_ns();
    CHECK(pipeline_.process(datagram, {0, 0}, clock_.monotonic_ns()));
    ++sent_;
    if (!pipeline_.reply().empty()) check_answer(pipeline_.reply());
    taken_ += take_items();
    CHECK(counters_.received[0].get() == sent_);
    CHECK(counters_.handed_over.get() == taken_);
    CHECK(sent_ == taken_ + counters_.dropped.sum() + counters_.suppressed.sum());
  }

 private:
  std::uint64_t take_items() {
    std::uint64_t count = 0;
    for (ByteView item = ring_.front(); !item.empty(); item = ring_.front()) {
      if (!check_item(item)) ++count;
      ring_.pop();
    }
    return count;
  }

  /// True: it is not to be stored.
  static bool check_item(ByteView item) {
    journal::RingItemHeader header;
    std::memcpy(&header, item.data(), sizeof header);
    CHECK(sizeof header + header.record_octets + header.answer_octets == item.size());
    const alarm::RecordView record(item.subspan(sizeof header, header.record_octets));
    CHECK(record.valid() && record.bytes().size() == header.record_octets);
    CHECK(!record.text(alarm::Field::kDevice).empty());
    for (const alarm::Field field : {alarm::Field::kText, alarm::Field::kResource,
                                     alarm::Field::kAlarmName, alarm::Field::kDevice}) {
      CHECK(is_clean_text(record.text(field)));
    }
    if (header.heard_only != 0) {
      CHECK(header.answer_octets == 0);
      return true;
    }
    CHECK(record.has(alarm::RecordFlag::kInform) == (header.answer_octets > 0));
    if (header.answer_octets == 0) return false;
    check_answer(item.last(header.answer_octets).subspan(sizeof(ingest::AnswerHeader)));
    return false;
  }

  VirtualClock clock_;
  usm::EngineTable engines_{3};
  usm::OwnEngine own_;
  Published<usm::SecurityConfig> security_;
  Published<ingest::Snapshot> snapshot_;
  SpscRing ring_{1 << 20};
  ingest::WorkerCounters counters_;
  ingest::Pipeline pipeline_;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
};

Bytes inform_scoped() {
  Bytes scoped = test::hex(test::kLinkDownScopedPdu);
  scoped[18] = 0xa6;  // InformRequest in place of SNMPv2-Trap
  return scoped;
}

Bytes one(unsigned flags, const Bytes& datagram) {
  return Output().u8(0).u8(flags).u8(0).bytes(datagram).done();
}

}  // namespace

std::vector<Seed> seeds() {
  const Bytes scoped = test::hex(test::kLinkDownScopedPdu);
  const Bytes varbinds = test::hex("300f060a2b060102010202010103020103");
  std::vector<Seed> seeds;
  for (const usm::User& user : users()) {
    const Bytes trap = signed_message(user.name, kDevice, 7, 1000, scoped);
    seeds.push_back({"trap " + user.name, one(1, trap)});
    const Bytes inform = signed_message(user.name, kOwnEngine, 3, 0, inform_scoped());
    seeds.push_back({"inform " + user.name, one(1, inform)});
    const Bytes late = signed_message(user.name, kOwnEngine, 3, 4000, inform_scoped());
    seeds.push_back({"time sync " + user.name, one(1, late)});
  }
  seeds.push_back({"discovery", one(0, signed_message("noa", {}, 0, 0, inform_scoped()))});
  const Bytes v1 =
      test::tlv(0xa4, test::hex("06092b0601040181e02f01 4004c0000207 020106 02012a 43023039") +
                          test::tlv(0x30, varbinds));
  seeds.push_back({"v1", one(0, test::tlv(0x30, test::hex("020100 04067075626c6963") + v1))});
  const Bytes v2c = test::tlv(
      0xa6, test::hex("020101 020100 020100") +
                test::tlv(0x30, test::hex("300e06082b0601020101030043023039"
                                          "3017060a2b06010603010104010006092b0601060301010503"
                                          "301106092b06010603120103004004c0000209") +
                                    varbinds));
  seeds.push_back({"v2c", one(4, test::tlv(0x30, test::hex("020101 04067075626c6963") + v2c))});
  Output storm;
  storm.u8(2);
  for (std::uint32_t i = 0; i < 6; ++i) {
    storm.u8(i % 2).u8(1).bytes(signed_message("sha1", kDevice, 7, 1000 + i, scoped));
  }
  seeds.push_back({"storm", storm.done()});
  for (const HostilePacket& packet : hostile_packets()) {
    seeds.push_back({packet.name, one(0, packet.octets)});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trapd::fuzz;
  Input input(data, size);
  Receiver receiver(input.u8());
  for (int i = 0; i < kDatagramsMax && !input.empty(); ++i) {
    const std::uint8_t flags = input.u8();
    receiver.wait_ms(input.u8() * 100);
    const trapd::ByteView octets = input.bytes();
    Bytes datagram(octets.begin(), octets.end());
    repair({.encrypt = (flags & 2) != 0, .sign = (flags & 1) != 0}, &datagram);
    receiver.receive(datagram, (flags & 4) != 0 ? "192.0.2.200:5000" : "192.0.2.7:161");
  }
  return 0;
}
