// SPDX-License-Identifier: Apache-2.0
#include "forwarders/filter.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/forwarders/sample_record.h"

using namespace trapd;
using namespace trapd::forwarders;
using alarm::EventType;
using alarm::Severity;
using test::SampleRecord;

namespace {

Match match(void (*fill)(Match&)) {
  Match made;
  fill(made);
  return made;
}

}  // namespace

TEST_CASE(
    "an absent key matches everything, a present one any of its values, an empty list nothing") {
  SampleRecord sample;
  const alarm::RecordView record = sample.view();
  CHECK(matches({}, record));
  struct Row {
    const char* what;
    bool expected;
    void (*fill)(Match&);
  };
  const Row rows[] = {
      {"severity", true,
       [](Match& m) {
         m.severity = {Severity::kMinor, Severity::kMajor};
       }},
      {"other severity", false, [](Match& m) { m.severity = {Severity::kCritical}; }},
      {"no severity", false, [](Match& m) { m.severity.emplace(); }},
      {"type", true, [](Match& m) { m.type = {EventType::kCommunications}; }},
      {"security types", false,
       [](Match& m) {
         m.type = {EventType::kIntegrityViolation, EventType::kOperationalViolation,
                   EventType::kPhysicalViolation, EventType::kSecurityServiceOrMechanismViolation,
                   EventType::kTimeDomainViolation};
       }},
      {"name", true,
       [](Match& m) {
         m.name = {"coldStart", "linkDown"};
       }},
      {"other name", false, [](Match& m) { m.name = {"linkdown"}; }},
      {"device by name", true, [](Match& m) { m.device = {"sbc-1"}; }},
      {"device by identity", true, [](Match& m) { m.device = {"800002b804616263"}; }},
      {"device by address", true, [](Match& m) { m.device = {"192.0.2.7"}; }},
      {"other device", false,
       [](Match& m) {
         m.device = {"192.0.2.70", "sbc-10"};
       }},
      {"site", true, [](Match& m) { m.site = {"tlv"}; }},
      {"other site", false, [](Match& m) { m.site = {"nyc"}; }},
      {"tenant", true, [](Match& m) { m.tenant = {"acme"}; }},
      {"other tenant", false, [](Match& m) { m.tenant = {""}; }},
      {"source", true,
       [](Match& m) {
         m.source = {*Network::parse("198.51.100.0/24"), *Network::parse("192.0.2.0/29")};
       }},
      {"other source", false, [](Match& m) { m.source = {*Network::parse("192.0.2.8/29")}; }},
      {"no source", false, [](Match& m) { m.source.emplace(); }},
      {"resource", true, [](Match& m) { m.resource = {"3"}; }},
      {"resource that begins so", false, [](Match& m) { m.resource = {"33*"}; }},
      {"any resource", true, [](Match& m) { m.resource = {"*"}; }},
      {"other resource", false,
       [](Match& m) {
         m.resource = {"", "30", "4*"};
       }},
      {"no time", false, [](Match& m) { m.time.emplace(); }},
      {"from a device", true, [](Match& m) { m.own = false; }},
      {"own", false, [](Match& m) { m.own = true; }},
      {"all keys must match", false,
       [](Match& m) {
         m.site = {"tlv"};
         m.severity = {Severity::kMinor};
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(matches(match(row.fill), record) == row.expected);
  }
}

TEST_CASE("a clear counts as cleared, whatever severity its rule gave") {
  SampleRecord sample;
  sample.header().action = alarm::Action::kClear;
  sample.header().outcome = alarm::Outcome::kClear;
  CHECK(matches(match([](Match& m) { m.severity = {Severity::kCleared}; }), sample.view()));
  CHECK_FALSE(matches(match([](Match& m) { m.severity = {Severity::kMajor}; }), sample.view()));
}

TEST_CASE("the first entry that matches decides; without a match only an allow entry forbids") {
  SampleRecord sample;
  const alarm::RecordView record = sample.view();
  const Match here = match([](Match& m) { m.site = {"tlv"}; });
  const Match major = match([](Match& m) { m.severity = {Severity::kMajor}; });
  const Match elsewhere = match([](Match& m) { m.site = {"nyc"}; });
  CHECK(passes({}, record));
  CHECK(passes({{{true, here}}}, record));
  CHECK_FALSE(passes({{{false, here}}}, record));
  CHECK_FALSE(passes({{{false, major}, {true, here}}}, record));
  CHECK(passes({{{true, here}, {false, major}}}, record));
  CHECK(passes({{{false, elsewhere}}}, record));
  CHECK_FALSE(passes({{{true, elsewhere}}}, record));
  CHECK_FALSE(passes({{{false, elsewhere}, {true, elsewhere}}}, record));
}

TEST_CASE("a resource is meant whole, or by how it begins") {
  SampleRecord sample;
  sample.set(alarm::Field::kResource, "Board#1/EthernetLink#0");
  const std::pair<const char*, bool> rows[] = {{"Board#1/*", true},
                                               {"Board#1/EthernetLink#0", true},
                                               {"Board#1/EthernetLink#0*", true},
                                               {"Board#1", false},
                                               {"Board#10/*", false},
                                               {"*EthernetLink#0", false},
                                               {"board#1/*", false}};
  for (const auto& [wanted, expected] : rows) {
    const std::string pattern = wanted;  // clang 14 captures no structured binding
    CAPTURE(pattern);
    Match match;
    match.resource = {pattern};
    CHECK(matches(match, sample.view()) == expected);
  }
}

TEST_CASE(
    "whom a relay names is the source when the relay is trusted, and the relay itself when not") {
  const std::array<std::uint8_t, 4> named = {198, 51, 100, 9};
  Match relay;
  relay.source = {*Network::parse("192.0.2.7")};
  Match device;
  device.source = {*Network::parse("198.51.100.0/24")};
  SampleRecord sample;
  sample.varbind("1.3.6.1.6.3.18.1.3.0", ber::kIpAddress, named);
  CHECK(matches(relay, sample.view()));
  CHECK_FALSE(matches(device, sample.view()));
  sample.flag(alarm::RecordFlag::kRelayed);
  CHECK_FALSE(matches(relay, sample.view()));
  CHECK(matches(device, sample.view()));
  sample.header().kind = alarm::Kind::kOwn;
  CHECK_FALSE(matches(relay, sample.view()));
  Match everywhere;
  everywhere.source = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
  CHECK_FALSE(matches(everywhere, sample.view()));
}

TEST_CASE("the hour of reception decides, not that of sending") {
  SampleRecord sample;
  const WallMinute received = wall_minute(sample.view().header().received_wall_ns);
  TimeSpan span;
  span.from_minute = received.minute;
  span.to_minute = static_cast<std::uint16_t>(received.minute + 1);
  span.days = static_cast<std::uint8_t>(1U << received.weekday);
  Match match;
  match.time = {span};
  CHECK(matches(match, sample.view()));
  sample.header().received_wall_ns += 60 * 1'000'000'000LL;
  CHECK_FALSE(matches(match, sample.view()));
  sample.header().received_wall_ns -= 60 * 1'000'000'000LL;
  span.days = static_cast<std::uint8_t>(0x7f ^ span.days);
  match.time = {span};
  CHECK_FALSE(matches(match, sample.view()));
}

TEST_CASE("changes are raise, severity change and clear, no repeats and no events") {
  Destination destination;
  destination.send = Destination::Send::kChanges;
  SampleRecord sample;
  const std::pair<alarm::Outcome, bool> rows[] = {
      {alarm::Outcome::kEvent, false},  {alarm::Outcome::kRaise, true},
      {alarm::Outcome::kRepeat, false}, {alarm::Outcome::kChange, true},
      {alarm::Outcome::kClear, true},   {alarm::Outcome::kClearWithoutRaise, false}};
  for (const auto& [outcome, expected] : rows) {
    sample.header().outcome = outcome;
    CHECK(wants(destination, sample.view()) == expected);
  }
  destination.send = Destination::Send::kAll;
  for (const auto& [outcome, expected] : rows) {
    sample.header().outcome = outcome;
    CHECK(wants(destination, sample.view()));
  }
}

TEST_CASE("acknowledgements and forgotten engines stay in the journal, clears by hand go out") {
  const Destination destination;
  SampleRecord sample;
  const std::pair<alarm::Kind, bool> rows[] = {
      {alarm::Kind::kNotification, true}, {alarm::Kind::kOwn, true},
      {alarm::Kind::kManualClear, true},  {alarm::Kind::kAutomaticClear, true},
      {alarm::Kind::kAcknowledge, false}, {alarm::Kind::kForgetEngine, false}};
  for (const auto& [kind, expected] : rows) {
    sample.header().kind = kind;
    CHECK(wants(destination, sample.view()) == expected);
  }
}

TEST_CASE("what becomes of an alarm of trapd's own goes where the alarm went") {
  SampleRecord sample;
  sample.header().kind = alarm::Kind::kManualClear;
  sample.header().alarm_id = 7;
  const Match own = match([](Match& m) { m.own = true; });
  const Match device = match([](Match& m) { m.own = false; });
  CHECK(matches(device, sample.view()));  // it has a source
  CHECK(!matches(own, sample.view()));
  sample.header().source = Endpoint{};
  CHECK(matches(device, sample.view()));  // no name of trapd's own
  sample.set(alarm::Field::kAlarmName, "trapdStorm");
  CHECK(matches(own, sample.view()));
  CHECK(!matches(device, sample.view()));
}
