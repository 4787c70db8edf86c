// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/x733.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

#include "trapd/alarm/own_condition.h"

namespace trapd::alarm {

// RFC 3877 5.3 and 5.2; they differ from X.721's numbers and from alarmModelState's.
TEST_CASE("severities have the numbers and names of ItuPerceivedSeverity") {
  const std::pair<int, const char*> table[] = {{1, "cleared"},  {2, "indeterminate"},
                                               {3, "critical"}, {4, "major"},
                                               {5, "minor"},    {6, "warning"}};
  for (const auto& [number, name] : table) {
    const auto value = static_cast<Severity>(number);
    CHECK(std::string(to_text(value)) == name);
    CHECK(severity(name) == value);
  }
  CHECK_FALSE(severity("Critical"));
  CHECK_FALSE(severity(""));
}

TEST_CASE("event types have the numbers and names of IANAItuEventType, and short names") {
  struct Row {
    int number;
    const char* name;
    const char* short_name;
    bool security;
  };
  const Row table[] = {
      {1, "other", "other", false},
      {2, "communicationsAlarm", "communications", false},
      {3, "qualityOfServiceAlarm", "qualityOfService", false},
      {4, "processingErrorAlarm", "processingError", false},
      {5, "equipmentAlarm", "equipment", false},
      {6, "environmentalAlarm", "environmental", false},
      {7, "integrityViolation", "integrity", true},
      {8, "operationalViolation", "operational", true},
      {9, "physicalViolation", "physical", true},
      {10, "securityServiceOrMechanismViolation", "securityService", true},
      {11, "timeDomainViolation", "timeDomain", true},
  };
  for (const Row& row : table) {
    const auto type = static_cast<EventType>(row.number);
    CHECK(std::string(to_text(type)) == row.name);
    CHECK(event_type(row.name) == type);
    CHECK(event_type(row.short_name) == type);
    CHECK(is_security(type) == row.security);
  }
  CHECK_FALSE(event_type("security"));
}

TEST_CASE("every registered cause goes from number to label and back") {
  std::set<std::string_view> labels;
  for (unsigned number = 1; number <= 0xffff; ++number) {
    const auto cause = static_cast<ProbableCause>(number);
    const std::string_view label = cause_label(cause);
    if (label == "other") continue;
    CHECK(probable_cause(label) == cause);
    CHECK(labels.insert(label).second);
  }
  CHECK(labels.size() == 189);
}

TEST_CASE("causes keep the registry's spelling and X.736's numbers") {
  const std::pair<ProbableCause, const char*> table[] = {
      {1, "aIS"},
      {126, "intrusionDetection"},
      {130, "lowTemperatue"},
      {501, "applicationSubsystemFailture"},
      {505, "communicationsSubsystemFailure"},
      {531, "ouputDeviceError"},
      {555, "versionMismatchX733"},
      {600, "authenticationFailure"},
      {601, "breachOfConfidentiality"},
      {602, "cableTamper"},
      {603, "delayedInformation"},
      {604, "denialOfService"},
      {605, "duplicateInformation"},
      {606, "informationMissing"},
      {607, "informationModificationDetected"},
      {608, "informationOutOfSequence"},
      {609, "keyExpired"},
      {610, "nonRepudiationFailure"},
      {611, "outOfHoursActivity"},
      {612, "outOfService"},
      {613, "proceduralError"},
      {614, "unauthorizedAccessAttempt"},
      {615, "unexpectedInformation"},
      {1024, "other"},
  };
  for (const auto& [cause, label] : table) CHECK(cause_label(cause) == label);
}

TEST_CASE("a cause may be given as a number, also one that has no label yet") {
  CHECK(probable_cause("600") == ProbableCause{600});
  CHECK(probable_cause("2000") == ProbableCause{2000});
  CHECK(cause_label(2000) == "other");
  CHECK(probable_cause("other") == kCauseOther);
  for (const char* bad : {"", "0", "-1", "65536", "6x", "keyexpired"}) {
    CHECK_FALSE(probable_cause(bad));
  }
}

TEST_CASE("every own condition has a name, a number and a cause that its type knows") {
  std::set<std::string> names;
  for (int i = 0; i < static_cast<int>(OwnCondition::kCount); ++i) {
    const OwnConditionRow& condition = row(static_cast<OwnCondition>(i));
    CHECK(names.insert(condition.name).second);
    CHECK(std::string(condition.name).starts_with("trapd"));
    CHECK(condition.severity != Severity::kCleared);
    CHECK((condition.cause == kCauseOther || cause_label(condition.cause) != "other"));
    CHECK(is_security(condition.type) == (condition.cause >= 600 && condition.cause <= 615));
  }
  CHECK(std::string(row(OwnCondition::kUnknownUser).name) == "trapdUnknownUser");
  CHECK(row(OwnCondition::kUnknownUser).number == 111);
}

}  // namespace trapd::alarm
