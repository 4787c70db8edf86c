// SPDX-License-Identifier: Apache-2.0
// Reaches agent::Responder::answer from the datagram to PduWork: all four requests, the tables of
// a list that changes between two requests, and Sets. Whatever comes, an answer can be read, fits
// its asker, and refuses no more than one thing at a time.
//
// An input: some datagrams, each: flags (1 sign, 2 encrypt, 4 the list changes before it), octets.
#include <map>

#include "tests/data/ber_bytes.h"
#include "tests/fuzz/hostile.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/sender.h"
#include "tests/fuzz/target.h"
#include "trapd/agent/responder.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

using test::operator+;

constexpr int kDatagramsMax = 8;
const Bytes kOwnEngine = test::hex("80001f8805aabbccdd");

std::shared_ptr<const usm::SecurityConfig> make_security() {
  std::vector<usm::User> all = users();
  for (usm::User& user : all) user.may_use_agent = true;
  return std::make_shared<const usm::SecurityConfig>(
      usm::SecurityConfig{usm::UserTable(all), usm::default_policy(), usm::TimeWindowRules()});
}

class OneAtATime final : public agent::ResyncControl {
 public:
  bool knows(std::string_view target) const override { return target == "oss"; }
  bool is_running(std::string_view) const override { return running_; }
  Begin begin(std::string_view target, const agent::Asker& asker) override {
    CHECK(!asker.user.empty());  // nobody unknown
    CHECK(knows(target));        // nobody else is ever sent to
    if (running_) return Begin::kRunning;
    running_ = true;
    return Begin::kStarted;
  }
  void cancel(std::string_view target, const agent::Asker&) override {
    CHECK(knows(target));
    running_ = false;
  }
  State state() const override { return {"oss", running_, 1, 5}; }

 private:
  bool running_ = false;
};

class Agent {
 public:
  Agent()
      : own_(kOwnEngine, 3, clock_),
        security_(make_security()),
        settings_(std::make_shared<agent::Settings>(
            agent::Settings{{*Network::parse("192.0.2.0/24")}, 0, "c", "n", "l"})),
        responder_({*snmp::Oid::parse("1.3.6.1.4.1.8072.9999.9999.7331"), "trapd"}, security_,
                   settings_, own_, readings(), resync_) {
    change();
  }

  void change() {
    const std::uint32_t row = ++changes_ * 7 % 40;
    if (rows_.erase(row) > 0) return;
    alarm::AlarmState state;
    state.id = changes_;
    state.device = "8000138b0500000001";
    state.resource = std::string(row * 40, 'r');
    state.text = state.resource;
    rows_.emplace(row, state);
    rows_.emplace(UINT32_MAX - 1 - row, state);
  }

  void ask(ByteView bytes) {
    net::Datagram datagram;
    datagram.bytes = bytes;
    datagram.source = *Endpoint::parse("192.0.2.7:161");
    datagram.local = *Endpoint::parse("192.0.2.100:161");
    const ByteView answer = responder_.answer(datagram, clock_.monotonic_ns());
    if (answer.empty()) return;
    snmp::Message asked;
    snmp::Message message;
    CHECK(snmp::decode_message(bytes, &asked, nullptr, snmp::kToleranceOfPeers) ==
          snmp::DecodeStatus::kOk);
    CHECK(snmp::decode_message(answer, &message, nullptr) == snmp::DecodeStatus::kOk);
    CHECK(message.deviations.none() && !message.v3.reportable());
    CHECK(answer.size() <= static_cast<std::size_t>(asked.v3.max_size));
    CHECK(message.v3.msg_id == asked.v3.msg_id);
  }

 private:
  agent::Readings readings() {
    return {.alarm_rows =
                [this](std::uint32_t from, std::size_t rows_max) {
                  std::vector<journal::Ledger::AlarmRow> rows;
                  for (auto at = rows_.lower_bound(from); at != rows_.end(); ++at) {
                    if (rows.size() == rows_max) break;
                    rows.push_back({at->first, at->second});
                  }
                  return rows;
                },
            .alarms_active = [this] { return rows_.size(); },
            .list_changed_wall_ns = [] { return std::int64_t{0}; },
            .law =
                [] {
                  return agent::LawCounts{1, 1, 0, 0, 0, {{"malformed", 1}}};
                },
            .usm_total = [](usm::UsmCounter) { return std::uint64_t{0xffffffffffULL}; },
            .dropped_total = [](snmp::DropReason) { return std::uint64_t{1}; }};
  }

  VirtualClock clock_;
  usm::OwnEngine own_;
  Published<usm::SecurityConfig> security_;
  Published<agent::Settings> settings_;
  OneAtATime resync_;
  std::map<std::uint32_t, alarm::AlarmState> rows_;
  std::uint32_t changes_ = 0;
  agent::Responder responder_;
};

/// A ScopedPDU with one varbind, or one and its value.
Bytes request(std::uint8_t type, const Bytes& name, const Bytes& value, unsigned first,
              unsigned second) {
  const Bytes varbind = test::tlv(0x30, test::tlv(0x06, name) + value);
  const auto number = [](unsigned n) {
    return test::tlv(0x02, Bytes{static_cast<std::uint8_t>(n)});
  };
  const Bytes pdu = test::tlv(
      type, test::hex("02014d") + number(first) + number(second) + test::tlv(0x30, varbind));
  return test::tlv(0x30, test::tlv(0x04, kOwnEngine) + test::hex("0400") + pdu);
}

Bytes one(const Bytes& scoped) {
  const Bytes message = signed_message("sha1", kOwnEngine, 3, 0, scoped);
  return Output().u8(3).bytes(message).done();
}

}  // namespace

std::vector<Seed> seeds() {
  const Bytes null = test::hex("0500");
  const Bytes system = test::hex("2b0601020101");
  const Bytes active = test::hex("2b06010401bf08ce0fce0fb923010203010b");
  const Bytes begin = test::hex("2b06010401bf08ce0fce0fb92301030100");
  const Bytes cancel = test::hex("2b06010401bf08ce0fce0fb92301030200");
  const Bytes oss = test::hex("04036f7373");
  std::vector<Seed> seeds = {{"get", one(request(0xa0, system + test::hex("0300"), null, 0, 0))},
                             {"next", one(request(0xa1, system, null, 0, 0))},
                             {"bulk", one(request(0xa5, active, null, 0, 100))},
                             {"set", one(request(0xa3, begin, oss, 0, 0))},
                             {"stop", one(request(0xa3, cancel, oss, 0, 0))},
                             {"wrong type", one(request(0xa3, begin, null, 0, 0))},
                             {"inform", one(request(0xa6, system, null, 0, 0))}};
  for (const HostilePacket& asked : hostile_requests()) {
    seeds.push_back({asked.name, one(asked.octets)});
  }
  for (const HostilePacket& packet : hostile_packets()) {
    seeds.push_back({packet.name, Output().u8(0).bytes(packet.octets).done()});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trapd::fuzz;
  Input input(data, size);
  Agent agent;
  for (int i = 0; i < kDatagramsMax && !input.empty(); ++i) {
    const std::uint8_t flags = input.u8();
    if ((flags & 4) != 0) agent.change();
    const trapd::ByteView octets = input.bytes();
    Bytes datagram(octets.begin(), octets.end());
    repair({.encrypt = (flags & 2) != 0, .sign = (flags & 1) != 0}, &datagram);
    agent.ask(datagram);
  }
  return 0;
}
