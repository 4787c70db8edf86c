// SPDX-License-Identifier: Apache-2.0
// A manager that asks the agent, without sockets, and what it has to ask about.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "trapd/agent/alarm_rows.h"
#include "trapd/agent/responder.h"
#include "trapd/snmp/encode.h"
#include "trapd/usm/outbound.h"

// Last: its CHECK takes the place of trapd/base/check.h's.
#include <doctest/doctest.h>

namespace trapd::agent {

using Bytes = std::vector<std::uint8_t>;
using usm::AuthProtocol;
using usm::PrivProtocol;

inline const Bytes kOwnEngine = *from_hex("80001f8805aabbccdd");
inline const snmp::Oid kArc = *snmp::Oid::parse("1.3.6.1.4.1.8072.9999.9999.7331");
inline const std::string kActive = "1.3.6.1.4.1.8072.9999.9999.7331.1.2.3.1.";
inline const std::string kBegin0 = "1.3.6.1.4.1.8072.9999.9999.7331.1.3.1.0";
inline const std::string kCancel0 = "1.3.6.1.4.1.8072.9999.9999.7331.1.3.2.0";

inline usm::User user(std::string name, bool agent = true, const char* secret = "maplesyrup",
                      PrivProtocol priv = PrivProtocol::kAes128) {
  usm::User user;
  user.name = std::move(name);
  user.auth = AuthProtocol::kSha1;
  user.priv = priv;
  user.auth_ku = usm::password_to_key(AuthProtocol::kSha1, as_bytes(secret));
  if (priv != PrivProtocol::kNone) user.priv_ku = user.auth_ku;
  user.may_receive = !agent;
  user.may_use_agent = agent;
  return user;
}

class FakeResync final : public ResyncControl {
 public:
  bool knows(std::string_view target) const override { return known.contains(std::string(target)); }
  bool is_running(std::string_view target) const override {
    return running.contains(std::string(target));
  }
  Begin begin(std::string_view target, const Asker& asker) override {
    asked_by = std::string(asker.user) + " at " + asker.source.text();
    if (is_running(target)) return Begin::kRunning;
    if (running.size() >= most) return Begin::kTooMany;
    running.insert(std::string(target));
    last.target = target;
    return Begin::kStarted;
  }
  void cancel(std::string_view target, const Asker& asker) override {
    asked_by = std::string(asker.user) + " at " + asker.source.text();
    running.erase(std::string(target));
  }
  State state() const override {
    State now = last;
    now.running = !running.empty();
    return now;
  }

  std::set<std::string> known = {"oss", "noc", "third", "192.0.2.9:162"};
  std::set<std::string> running;
  std::size_t most = 2;
  State last;
  std::string asked_by;
};

struct Asking {
  usm::User as = user("nms");
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  std::uint8_t pdu = ber::kGetRequest;
  std::vector<std::string> names = {"1.3.6.1.2.1.1.3.0"};
  std::vector<Value> values{};  // of a Set; else NULL
  std::int32_t non_repeaters = 0;
  std::int32_t repetitions = 0;
  std::int32_t max_size = 65507;
  Bytes engine = kOwnEngine;
  Bytes context_engine = kOwnEngine;
  std::string context{};
  std::uint32_t boots = 3;
  std::uint32_t time = 0;
  bool reportable = true;
  const char* from = "192.0.2.1:4711";
};

/// What came back, decrypted.
struct Got {
  bool any = false;
  std::uint8_t type = 0;
  std::int32_t status = 0;
  std::int32_t index = 0;
  std::size_t octets = 0;
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  struct Varbind {
    std::string name;
    std::uint8_t tag = 0;
    Bytes content;
    std::string text() const { return std::string(as_text(content)); }
    std::uint64_t number() const {
      std::uint64_t value = 0;
      for (const std::uint8_t octet : content) value = value << 8 | octet;
      return value;
    }
  };
  std::vector<Varbind> varbinds;
};

struct Managed {
  Managed()
      : own(kOwnEngine, 3, clock),
        security(std::make_shared<usm::SecurityConfig>(usm::SecurityConfig{
            usm::UserTable({user("nms"), user("device", false)}), usm::default_policy(), {}})),
        settings(std::make_shared<Settings>(
            Settings{{*Network::parse("192.0.2.0/24")}, 100, "noc@example.net", "gw-1", "rack 7"})),
        responder({kArc, "trapd",
                   [this](const Refusal& refusal) {
                     refusals.push_back({refusal.reason, refusal.authenticated,
                                         refusal.v3 == nullptr
                                             ? std::string()
                                             : std::string(as_text(refusal.v3->user_name)),
                                         refusal.datagram->source.text()});
                   }},
                  security, settings, own, readings(), resync) {}

  Readings readings() {
    return {.alarm_rows =
                [this](std::uint32_t from, std::size_t rows_max) {
                  ++fetches;
                  std::vector<journal::Ledger::AlarmRow> rows;
                  for (auto at = alarms.lower_bound(from); at != alarms.end(); ++at) {
                    if (rows.size() == rows_max) break;
                    rows.push_back({at->first, at->second});
                  }
                  if (after_fetch) after_fetch();
                  if (after_fetch_of) after_fetch_of(rows.size());
                  return rows;
                },
            .alarms_active = [this] { return alarms.size(); },
            .list_changed_wall_ns = [] { return std::int64_t{1'700'000'000} * kNsPerSecond; },
            .law =
                [] {
                  LawCounts law{100, 80, 5, 15, 7, {}};
                  law.reasons = {{"retransmission", 5}, {"malformed", 15}};
                  return law;
                },
            .usm_total =
                [this](usm::UsmCounter counter) {
                  const auto& dropped = responder.counters().dropped;
                  return counter == usm::UsmCounter::kWrongDigests
                             ? dropped.get(snmp::DropReason::kWrongDigest)
                             : 0;
                },
            .dropped_total = [](snmp::DropReason) { return std::uint64_t{0}; }};
  }

  void add_alarm(std::uint32_t row, const std::string& resource = "1") {
    alarm::AlarmState state;
    state.id = 1000 + row;
    state.device = "8000138b0500000001";
    state.device_name = "sbc-1";
    state.name = "linkDown";
    state.resource = resource;
    state.text = "link " + resource + " is down";
    state.trap_oid = "\x2b\x06\x01";
    state.severity = alarm::Severity::kMajor;
    state.type = alarm::EventType::kCommunications;
    state.count = 2;
    state.first_wall_ns = 1;
    state.origin.assign("tlv", "acme", "link");
    state.source = *Endpoint::parse("192.0.2.50:161");
    alarms[row] = state;
  }

  static Bytes message(const Asking& asking) {
    Bytes room(70'000);
    ber::Writer writer(room);
    for (std::size_t i = asking.names.size(); i-- > 0;) {
      const snmp::Oid name = *snmp::Oid::parse(asking.names[i]);
      static const Value null{ber::kNull, {}};
      const Value& value = asking.values.empty() ? null : asking.values[i];
      snmp::write_varbind(writer, name, {value.tag, value.content});
    }
    snmp::wrap_pdu(writer, 0, asking.pdu, 77, asking.non_repeaters, asking.repetitions);
    snmp::wrap_scoped_pdu(writer, 0, asking.context_engine, as_bytes(asking.context));
    const usm::CachedKeys keys = usm::localise_user(asking.as, asking.engine);
    usm::OutboundParameters out;
    out.msg_id = 5;
    out.max_size = asking.max_size;
    out.level = asking.level;
    out.reportable = asking.reportable;
    out.authoritative_engine_id = asking.engine;
    out.authoritative_engine_boots = asking.boots;
    out.authoritative_engine_time = asking.time;
    out.user_name = as_bytes(asking.as.name);
    out.auth = &keys.auth;
    out.priv_protocol = asking.as.priv;
    out.priv = &keys.priv;
    Bytes buffer(70'000);
    usm::MessageBuilder builder;
    const ByteView done = builder.build(out, writer.done(), buffer);
    return {done.begin(), done.end()};
  }

  Got ask(const Bytes& bytes, const char* from) {
    net::Datagram datagram;
    datagram.bytes = bytes;
    datagram.source = *Endpoint::parse(from);
    datagram.local = *Endpoint::parse("192.0.2.100:161");
    const ByteView answer = responder.answer(datagram, clock.monotonic_ns());
    return read(answer);
  }
  Got ask(const Asking& asking) {
    as = asking.as;
    return ask(message(asking), asking.from);
  }

  Got read(ByteView answer) {
    Got got;
    got.any = !answer.empty();
    got.octets = answer.size();
    if (!got.any) return got;
    const Bytes bytes(answer.begin(), answer.end());
    snmp::Message whole;
    REQUIRE(snmp::decode_message(bytes, &whole, nullptr) == snmp::DecodeStatus::kOk);
    got.level = whole.v3.level();
    CHECK_FALSE(whole.v3.reportable());
    ByteView plain = whole.v3.plaintext_scoped_pdu;
    Bytes room(70'000);
    if (plain.empty()) {
      // The other side's USM: it holds the engine authoritative that answers.
      as.may_receive = true;
      const Published<usm::SecurityConfig> config(std::make_shared<usm::SecurityConfig>(
          usm::SecurityConfig{usm::UserTable({as}), usm::default_policy(), {}}));
      usm::EngineTable engines(10);
      const usm::OwnEngine other({0x80, 0, 0, 1, 5, 9, 9, 9}, 1, clock);
      usm::InboundProcessor usm({10}, config, engines, other);
      const usm::Inbound inbound = usm.process(whole.v3, clock.monotonic_ns(), room);
      REQUIRE(inbound.step == usm::Step::kAccepted);
      plain = inbound.scoped_pdu;
    }
    snmp::ScopedPdu scoped;
    snmp::Pdu pdu;
    REQUIRE(snmp::decode_scoped_pdu(plain, true, &scoped, nullptr));
    REQUIRE(snmp::decode_pdu(scoped.pdu, &pdu, nullptr));
    got.type = pdu.type;
    got.status = pdu.error_status;
    got.index = pdu.error_index;
    snmp::VarbindReader reader(pdu.varbinds);
    for (snmp::Varbind varbind; reader.next(&varbind);) {
      got.varbinds.push_back({varbind.name.text(),
                              varbind.value.tag,
                              {varbind.value.content.begin(), varbind.value.content.end()}});
    }
    return got;
  }

  std::uint64_t dropped(snmp::DropReason reason) const {
    return responder.counters().dropped.get(reason);
  }

  VirtualClock clock;
  usm::OwnEngine own;
  Published<usm::SecurityConfig> security;
  Published<Settings> settings;
  std::map<std::uint32_t, alarm::AlarmState> alarms;
  std::function<void()> after_fetch;
  std::function<void(std::size_t rows)> after_fetch_of;
  int fetches = 0;
  FakeResync resync;
  struct Told {
    snmp::DropReason reason;
    bool authenticated;
    std::string user;
    std::string source;
    friend bool operator==(const Told&, const Told&) = default;
  };
  std::vector<Told> refusals;
  Responder responder;
  usm::User as;
};

}  // namespace trapd::agent
