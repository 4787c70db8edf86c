// SPDX-License-Identifier: Apache-2.0
#include "forwarders/filter.h"

#include <doctest/doctest.h>

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
