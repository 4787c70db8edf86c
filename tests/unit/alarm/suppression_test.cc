// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/suppression.h"

#include <doctest/doctest.h>

#include "tests/unit/alarm/record_builder.h"

namespace trapd::alarm {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr SuppressionLimits kLimits{.threshold = 3, .interval_ns = 60 * kSecond};

class Intake {
 public:
  bool take(const std::string& resource = "1", bool needed = false) {
    AlarmRecord record{.resource = resource};
    record.wall_ns = 1'700'000'000 * kSecond + now_ns;
    return suppression.take(StoredRecord(record, ++sequence).view(), needed, now_ns);
  }
  int take_many(int n) {
    int suppressed = 0;
    for (int i = 0; i < n; ++i) suppressed += take() ? 1 : 0;
    return suppressed;
  }
  void wait(std::int64_t seconds) {
    now_ns += seconds * kSecond;
    suppression.take_due(now_ns);
  }
  std::vector<Suppression::Report> reports() {
    std::vector<Suppression::Report> all;
    while (auto report = suppression.take_report()) all.push_back(std::move(*report));
    return all;
  }

  std::int64_t now_ns = 1000 * kSecond;
  std::uint64_t sequence = 0;
  Suppression suppression{kLimits};
};

}  // namespace

TEST_CASE("what comes after the threshold is suppressed, and one alarm says so") {
  Intake intake;
  CHECK(intake.take_many(2) == 0);
  CHECK(intake.reports().empty());
  CHECK(intake.take_many(4) == 3);  // the third is stored, with the alarm behind it
  CHECK_FALSE(intake.take("2"));    // another key
  const auto reports = intake.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].raised);
  CHECK(reports[0].resource == "d1/linkDown/1");
  CHECK(reports[0].text ==
        "Alarm suppression activated: linkDown of 1 on name of d1 came 3 times within 60 s");
}

TEST_CASE("what changes the list of alarms is counted, and stored all the same") {
  Intake intake;
  intake.take_many(3);
  CHECK_FALSE(intake.take("1", true));
  CHECK(intake.take("1", false));
}

TEST_CASE("it goes on while intervals have enough, and ends with the first that has not") {
  Intake intake;
  CHECK(intake.take_many(5) == 2);
  intake.wait(60);
  CHECK(intake.take_many(3) == 3);
  intake.reports();
  intake.wait(60);
  auto told = intake.reports();
  REQUIRE(told.size() == 1);
  CHECK(told[0].raised);
  CHECK(told[0].labels.find("suppressed=5\nfirst=") == 0);
  CHECK(intake.take_many(2) == 2);
  intake.wait(60);
  told = intake.reports();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].raised);
  CHECK(told[0].text ==
        "Alarm suppression ended: linkDown of 1 on name of d1: 7 suppressed from "
        "2023-11-14T22:30:00Z to 2023-11-14T22:32:00Z");
  CHECK(intake.suppression.active() == 0);
  CHECK(intake.take_many(3) == 0);
}

TEST_CASE("a threshold that is not reached within one interval suppresses nothing") {
  Intake intake;
  for (int i = 0; i < 20; ++i) {
    CHECK(intake.take_many(2) == 0);
    intake.wait(60);
  }
  CHECK(intake.reports().empty());
}

TEST_CASE("a start goes on with what the alarm says") {
  Intake intake;
  intake.take_many(10);
  intake.wait(60);
  const Suppression::Report told = intake.reports().back();
  AlarmState state;
  state.resource = told.resource;
  state.labels.assign(told.labels);
  Intake after;
  after.suppression.resume(state, after.now_ns);
  CHECK(after.take());
  after.wait(60);
  CHECK(after.reports().at(0).raised);  // its interval is not known
  after.wait(60);
  const auto ended = after.reports();
  REQUIRE(ended.size() == 1);
  CHECK_FALSE(ended[0].raised);
  CHECK(ended[0].text.find("linkDown of 1 on name of d1: 8 suppressed") != std::string::npos);
}

TEST_CASE("switched off, it ends when it is due") {
  Intake intake;
  intake.take_many(9);
  intake.reports();
  intake.suppression.set_limits(std::nullopt);
  CHECK_FALSE(intake.suppression.is_on());
  intake.wait(60);
  REQUIRE(intake.reports().size() == 1);
  CHECK(intake.suppression.active() == 0);
}

TEST_CASE("keys and suppressions are bounded") {
  Intake intake;
  for (std::size_t i = 0; i < Suppression::kActiveMax + 10; ++i) {
    for (int n = 0; n < 3; ++n) CHECK_FALSE(intake.take(std::to_string(i)));
  }
  CHECK(intake.suppression.active() == Suppression::kActiveMax);
  CHECK_FALSE(intake.take(std::to_string(Suppression::kActiveMax + 5)));
  for (std::size_t i = 0; i < Suppression::kKeysMax + 10; ++i) intake.take("k" + std::to_string(i));
  CHECK(intake.suppression.counted() == Suppression::kKeysMax);
}

TEST_CASE("a key that is too long for a field has an alarm of its own all the same") {
  Intake intake;
  const std::string longest(kFieldOctetsMax, 'r');
  for (int n = 0; n < 3; ++n) intake.take(longest.substr(1) + "a");
  for (int n = 0; n < 3; ++n) intake.take(longest.substr(1) + "b");
  const auto reports = intake.reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].resource.size() == kFieldOctetsMax);
  CHECK(reports[0].resource != reports[1].resource);
}

}  // namespace trapd::alarm
