// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/own_reports.h"

#include <doctest/doctest.h>

#include "trapd/base/clock.h"

namespace trapd::journal {
namespace {

using alarm::OwnCondition;

OwnReport report(OwnCondition condition, bool raised, const std::string& resource) {
  return {condition, raised, resource, "text", 0};
}

std::size_t taken(OwnReports* reports) {
  std::vector<OwnReport> out;
  reports->take(&out);
  return out.size();
}

TEST_CASE("the same report within a second is merged, another direction or resource is not") {
  OwnReports reports;
  const auto put = [&](bool raised, const char* resource, std::int64_t at_ms) {
    return reports.put(report(OwnCondition::kWrongDigest, raised, resource), at_ms * kNsPerMs) ==
           OwnReports::Fate::kWaits;
  };
  CHECK(put(true, "a", 0));
  CHECK(!put(true, "a", 999));
  CHECK(put(true, "b", 999));
  CHECK(put(false, "a", 999));
  CHECK(!put(false, "a", 1000));
  CHECK(put(true, "a", 1001));
  CHECK(put(true, "a", 2001));
  CHECK(taken(&reports) == 5);
  CHECK(reports.empty());
}

TEST_CASE("events without state are never merged") {
  OwnReports reports;
  CHECK(reports.put(report(OwnCondition::kTest, true, ""), 0) == OwnReports::Fate::kWaits);
  CHECK(reports.put(report(OwnCondition::kTest, true, ""), 0) == OwnReports::Fate::kWaits);
}

TEST_CASE("more reports than the bound are left out and counted, and there is room again later") {
  OwnReports reports;
  for (std::size_t i = 0; i < OwnReports::kWaitingMax; ++i) {
    CHECK(reports.put(report(OwnCondition::kUnknownUser, true, std::to_string(i)), 0) ==
          OwnReports::Fate::kWaits);
  }
  CHECK(reports.put(report(OwnCondition::kUnknownUser, true, "one more"), 0) ==
        OwnReports::Fate::kLeftOut);
  CHECK(reports.left_out() == 1);
  CHECK(taken(&reports) == OwnReports::kWaitingMax);
  CHECK(reports.put(report(OwnCondition::kUnknownUser, true, "one more"), 0) ==
        OwnReports::Fate::kWaits);
}

TEST_CASE("what is new of a condition that waits finds room in a full queue") {
  OwnReports reports;
  for (std::size_t i = 0; i < OwnReports::kWaitingMax; ++i) {
    reports.put(report(OwnCondition::kUnknownUser, true, std::to_string(i)), 0);
  }
  CHECK(reports.put(report(OwnCondition::kUnknownUser, false, "7"), 0) ==
        OwnReports::Fate::kMerged);
  CHECK(reports.put(report(OwnCondition::kTest, true, "7"), 0) == OwnReports::Fate::kLeftOut);
  std::vector<OwnReport> out;
  reports.take(&out);
  CHECK(out.size() == OwnReports::kWaitingMax);
  CHECK(!out[7].raised);
  // Its raise is news again.
  CHECK(reports.put(report(OwnCondition::kUnknownUser, true, "7"), 0) == OwnReports::Fate::kWaits);
}

}  // namespace
}  // namespace trapd::journal
