// SPDX-License-Identifier: Apache-2.0
// The rules that are shipped, on traps as devices send them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"
#include "trapd/alarm/classifier.h"
#include "trapd/config/rule_file.h"

namespace trapd::config {
namespace {

using alarm::Action;
using alarm::Classification;
using alarm::Classifier;
using alarm::EventType;
using alarm::Severity;
using alarm::Trap;

std::vector<alarm::Rule> shipped(const std::string& name) {
  const char* root = std::getenv("TRAPD_SOURCE_DIR");
  const std::string path = std::string(root == nullptr ? "." : root) + "/conf/rules/" + name;
  auto rules = load_rule_file(path);
  if (!rules) {
    for (const std::string& line : rules.error()) MESSAGE(line);
  }
  REQUIRE(rules);
  return *rules;
}

/// All shipped rules, as the example configuration loads them.
const Classifier& classifier() {
  static const std::shared_ptr<const Classifier> built = [] {
    std::vector<alarm::Rule> rules = shipped("audiocodes.yaml");
    for (alarm::Rule& rule : shipped("ietf.yaml")) rules.push_back(std::move(rule));
    auto result = Classifier::build(rules, alarm::FakeNames::standard());
    if (!result) {
      for (const alarm::RuleError& error : result.error()) MESSAGE(error.text);
    }
    REQUIRE(result);
    return *result;
  }();
  return *built;
}

std::unique_ptr<Classification> classify(const Trap& trap) {
  auto result = std::make_unique<Classification>();
  classifier().classify(trap.notification(), {"8000138b05", "sbc-1", "192.0.2.1"}, result.get());
  return result;
}

/// An AudioCodes trap as a device sends it.
struct Board {
  int number = 0;
  int severity = 0;
  std::string description = "";
  std::string source = "Board#1/EthernetLink#0";
  int type = 1;
  int cause = 6;
  int varbinds = 11;
  std::string instance = ".0";
  bool nul = false;  // texts end in NUL

  Trap trap() const {
    const std::string globals = "1.3.6.1.4.1.5003.9.10.1.21.1.";
    const std::string end = nul ? std::string(1, '\0') : "";
    Trap made("1.3.6.1.4.1.5003.9.10.1.21.2.0." + std::to_string(number));
    const auto name = [&](int n) { return globals + std::to_string(n) + instance; };
    made.number(name(1), number - 1).text(name(2), description + end).text(name(3), source + end);
    made.number(name(4), severity).number(name(5), 77).number(name(6), type);
    made.number(name(7), cause);
    for (int n = 8; n <= 10; ++n) made.text(name(n), "info" + std::to_string(n) + end);
    made.text(name(11), std::string("\x07\xe8\x01\x02\x03\x04\x05\x00", 8));
    for (int n = 12; n <= varbinds; ++n) made.text(name(n), std::string(1, '\0'));
    return made;
  }
};

}  // namespace

TEST_CASE("shipped: every AudioCodes trap has a rule of its own, exactly one per number") {
  std::set<std::string> traps;
  for (const alarm::Rule& rule : shipped("audiocodes.yaml")) {
    traps.insert(rule.traps.begin(), rule.traps.end());
  }
  for (int n = 1; n <= 100; ++n) CHECK(traps.count("acTraps.0." + std::to_string(n)) == 1);
  for (const int n : {101, 105, 128, 132}) {
    CHECK(traps.count("acTraps.0." + std::to_string(n)) == 1);
  }
  CHECK(traps.size() == 104);
}

TEST_CASE("shipped: an AudioCodes alarm is read from 11, 13 and 16 varbinds, with .0 or without") {
  for (const int varbinds : {11, 13, 16}) {
    for (const char* instance : {".0", ""}) {
      for (const bool nul : {false, true}) {
        CAPTURE(varbinds);
        CAPTURE(instance);
        CAPTURE(nul);
        const auto result = classify(Board{.number = 10,
                                           .severity = 4,
                                           .description = "Ethernet link alarm. LAN port 1 down",
                                           .varbinds = varbinds,
                                           .instance = instance,
                                           .nul = nul}
                                         .trap());
        CHECK(result->alarm_name == "acBoardEthernetLinkAlarm");
        CHECK(result->action == Action::kRaise);
        CHECK(result->severity == Severity::kMajor);
        CHECK(result->type == EventType::kCommunications);
        CHECK(result->cause == 505);
        CHECK(result->resource == "Board#1/EthernetLink#0");
        CHECK(result->text == "Ethernet link alarm. LAN port 1 down");
        CHECK_FALSE(result->clears_device);
      }
    }
  }
}

TEST_CASE("shipped: AudioCodes severity 0 clears the alarm of the same name and source") {
  const auto raise = classify(Board{.number = 10, .severity = 5}.trap());
  const auto clear = classify(Board{.number = 10, .severity = 0, .nul = true}.trap());
  CHECK(raise->action == Action::kRaise);
  CHECK(clear->action == Action::kClear);
  CHECK(clear->severity == Severity::kCleared);
  CHECK(clear->alarm_name == raise->alarm_name);
  CHECK(clear->resource == raise->resource);
}

TEST_CASE("shipped: AudioCodes severities become X.733's") {
  const std::pair<int, Severity> table[] = {
      {1, Severity::kIndeterminate}, {2, Severity::kWarning},  {3, Severity::kMinor},
      {4, Severity::kMajor},         {5, Severity::kCritical}, {9, Severity::kIndeterminate}};
  for (const auto& [sent, severity] : table) {
    CHECK(classify(Board{.number = 1, .severity = sent}.trap())->severity == severity);
  }
}

TEST_CASE("shipped: AudioCodes types and causes become the IETF's, unknown ones `other`") {
  const std::pair<int, EventType> types[] = {{0, EventType::kOther},
                                             {1, EventType::kCommunications},
                                             {2, EventType::kQualityOfService},
                                             {3, EventType::kProcessingError},
                                             {4, EventType::kEquipment},
                                             {5, EventType::kEnvironmental},
                                             {6, EventType::kOther}};
  for (const auto& [sent, type] : types) {
    CHECK(classify(Board{.number = 1, .severity = 5, .type = sent}.trap())->type == type);
  }
  const std::pair<int, alarm::ProbableCause> causes[] = {
      {0, 1024}, {1, 500},  {6, 505},  {7, 506},  {19, 121}, {51, 549}, {57, 555},
      {58, 600}, {59, 601}, {60, 602}, {62, 604}, {65, 607}, {67, 126}, {68, 609},
      {69, 610}, {70, 611}, {71, 612}, {73, 614}, {74, 615}, {75, 1024}};
  for (const auto& [sent, cause] : causes) {
    CHECK(classify(Board{.number = 1, .severity = 5, .cause = sent}.trap())->cause == cause);
  }
}

TEST_CASE("shipped: a log trap of AudioCodes is an event and raises nothing") {
  for (const int number : {16, 28, 77, 92, 93, 101, 105}) {
    CAPTURE(number);
    CHECK(classify(Board{.number = number, .severity = 1}.trap())->action == Action::kEvent);
  }
}

TEST_CASE("shipped: the board's start ends the device's alarms and is no clear itself") {
  const auto started = classify(Board{.number = 4, .description = "Initialization Ended"}.trap());
  CHECK(started->clears_device);
  CHECK(started->action == Action::kEvent);
  CHECK(started->severity == Severity::kWarning);
  CHECK(classify(Trap("1.3.6.1.6.3.1.1.5.1"))->clears_device);
  CHECK_FALSE(classify(Trap("1.3.6.1.6.3.1.1.5.2"))->clears_device);
}

TEST_CASE("shipped: AudioCodes security traps have a type of X.736") {
  const std::pair<int, EventType> table[] = {{36, EventType::kPhysicalViolation},
                                             {75, EventType::kOperationalViolation},
                                             {77, EventType::kSecurityServiceOrMechanismViolation},
                                             {78, EventType::kOperationalViolation},
                                             {92, EventType::kTimeDomainViolation},
                                             {93, EventType::kSecurityServiceOrMechanismViolation},
                                             {99, EventType::kSecurityServiceOrMechanismViolation},
                                             {100, EventType::kSecurityServiceOrMechanismViolation},
                                             {101, EventType::kSecurityServiceOrMechanismViolation},
                                             {128, EventType::kTimeDomainViolation}};
  for (const auto& [number, type] : table) {
    CHECK(classify(Board{.number = number, .severity = 3}.trap())->type == type);
  }
  CHECK(classify(Board{.number = 128, .severity = 3}.trap())->cause == 609);
}

TEST_CASE("shipped: the severity of a crossed IDS threshold is read from its text") {
  const auto severity = [](const std::string& word) {
    const auto result = classify(Board{.number = 100,
                                       .severity = 1,
                                       .description = "Threshold crossed for scope value IP. "
                                                      "Severity=" +
                                                      word + ". Current value=9"}
                                     .trap());
    CHECK(result->alarm_name == "acIDSThresholdCrossNotification");
    CHECK(result->action == Action::kEvent);
    return result->severity;
  };
  CHECK(severity("critical") == Severity::kCritical);
  CHECK(severity("major") == Severity::kMajor);
  CHECK(severity("minor") == Severity::kMinor);
  CHECK(severity("new") == Severity::kIndeterminate);
}

TEST_CASE("shipped: an activity over SNMP does not show the community") {
  const auto activity = [](const std::string& description) {
    return classify(Board{.number = 105, .severity = 1, .description = description}.trap());
  };
  const auto web = activity("Reset. User:Admin. Session: WEB [172.17.125.12]");
  CHECK(web->text == "Reset. User:Admin. Session: WEB [172.17.125.12]");
  for (const char* session : {"Session: SNMP [10.0.0.1]", "Session: New [10.0.0.1]"}) {
    const auto hidden = activity(std::string("Set. User:s3cret. ") + session);
    CHECK(hidden->text.find("s3cret") == std::string_view::npos);
    CHECK_FALSE(hidden->text.empty());
    CHECK(hidden->alarm_name == "acActivityLog");
  }
}

TEST_CASE("shipped: an AudioCodes trap newer than the rules is an alarm by its severity") {
  const auto raise = classify(Board{.number = 999, .severity = 4, .description = "new"}.trap());
  CHECK(raise->rule == "audiocodes-alarm");
  CHECK(raise->alarm_name == "1.3.6.1.4.1.5003.9.10.1.21.2.0.999");
  CHECK(raise->action == Action::kRaise);
  CHECK(raise->text == "new");
  const auto clear = classify(Board{.number = 999, .severity = 0}.trap());
  CHECK(clear->action == Action::kClear);
  CHECK(clear->alarm_name == raise->alarm_name);
  const auto log = classify(Board{.number = 999, .severity = 1}.trap());
  CHECK(log->rule == "audiocodes-event");
  CHECK(log->action == Action::kEvent);
}

TEST_CASE("shipped: a link's down and up meet in one alarm") {
  const auto down = classify(Trap("1.3.6.1.6.3.1.1.5.3")
                                 .number("1.3.6.1.2.1.2.2.1.1.7", 7)
                                 .number("1.3.6.1.2.1.2.2.1.7.7", 1)
                                 .number("1.3.6.1.2.1.2.2.1.8.7", 2)
                                 .text("1.3.6.1.2.1.2.2.1.2.7", "ge-0/0/7"));
  CHECK(down->action == Action::kRaise);
  CHECK(down->severity == Severity::kMajor);
  CHECK(down->type == EventType::kCommunications);
  CHECK(down->resource == "7");
  CHECK(down->text == "interface ge-0/0/7 is down");
  // no ifIndex and no name: the index of what is there
  const auto up = classify(Trap("1.3.6.1.6.3.1.1.5.4").number("1.3.6.1.2.1.2.2.1.7.7", 1));
  CHECK(up->action == Action::kClear);
  CHECK(up->alarm_name == down->alarm_name);
  CHECK(up->resource == down->resource);
  CHECK(up->text == "interface 7 is up");
}

TEST_CASE("shipped: authenticationFailure is a security event") {
  const auto result = classify(Trap("1.3.6.1.6.3.1.1.5.5"));
  CHECK(result->action == Action::kEvent);
  CHECK(result->type == EventType::kSecurityServiceOrMechanismViolation);
  CHECK(result->cause == 600);
  CHECK_FALSE(result->text.empty());
}

TEST_CASE("shipped: the loss of an EGP neighbour names it") {
  const auto lost = classify(
      Trap("1.3.6.1.6.3.1.1.5.6").text("1.3.6.1.2.1.8.5.1.2.10.0.0.1", "\x0a\x01\x02\x03", 0x40));
  CHECK(lost->resource == "10.1.2.3");
  CHECK(lost->text == "EGP neighbour 10.1.2.3 is lost");
}

TEST_CASE("shipped: the cause of a security rule belongs to its type (X.736 8.1)") {
  // IDS alarms keep the cause that IANA has for them, although X.736 counts it as physical.
  const std::map<EventType, std::set<std::string>> fitting = {
      {EventType::kIntegrityViolation,
       {"duplicateInformation", "informationMissing", "informationModificationDetected",
        "informationOutOfSequence", "unexpectedInformation"}},
      {EventType::kOperationalViolation,
       {"denialOfService", "outOfService", "proceduralError", "other"}},
      {EventType::kPhysicalViolation, {"cableTamper", "intrusionDetection", "other"}},
      {EventType::kSecurityServiceOrMechanismViolation,
       {"authenticationFailure", "breachOfConfidentiality", "nonRepudiationFailure",
        "unauthorizedAccessAttempt", "other", "intrusionDetection"}},
      {EventType::kTimeDomainViolation,
       {"delayedInformation", "keyExpired", "outOfHoursActivity"}}};
  const char* root = std::getenv("TRAPD_SOURCE_DIR");
  const std::filesystem::path directory =
      std::filesystem::path(root == nullptr ? "." : root) / "conf/rules";
  int seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() != ".yaml") continue;
    for (const alarm::Rule& rule : shipped(file.path().filename().string())) {
      if (!rule.type || !rule.cause || !alarm::is_security(*rule.type)) continue;
      CAPTURE(file.path().filename().string());
      CAPTURE(rule.name);
      CHECK(fitting.at(*rule.type).count(std::string(alarm::cause_label(*rule.cause))) == 1);
      ++seen;
    }
  }
  CHECK(seen > 500);
}

}  // namespace trapd::config
