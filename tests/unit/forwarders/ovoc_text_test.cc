// SPDX-License-Identifier: Apache-2.0
#include "forwarders/ovoc_text.h"

#include <array>
#include <string>

#include "forwarders/record_text.h"
#include "tests/unit/forwarders/sample_record.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

using namespace trapd;
using namespace trapd::forwarders;
using test::SampleRecord;

namespace {

constexpr const char* kGlobals = "1.3.6.1.4.1.5003.9.10.1.21.1.";

std::string value(SampleRecord& sample, std::string_view label) {
  for (const OvocField& field : ovoc_fields(sample.view(), *test::sample_index())) {
    if (field.label == label) return field.value;
  }
  FAIL("no such field");
  return {};
}

}  // namespace

TEST_CASE("an AudioCodes device fills what others leave empty, with instance or without") {
  for (const std::string instance : {"", ".0"}) {
    SampleRecord sample;
    sample.integer(kGlobals + ("5" + instance), 4711);
    sample.octets(kGlobals + ("8" + instance), std::string_view("first\0\0", 7));
    sample.octets(kGlobals + ("10" + instance), "third");
    sample.octets(kGlobals + ("15" + instance), std::string_view("\0", 1));
    sample.octets(kGlobals + ("16" + instance), "9876543");
    CHECK(value(sample, "Unique ID") == "4711");
    CHECK(value(sample, "Additional Info 1") == "first");
    CHECK(value(sample, "Additional Info 2").empty());
    CHECK(value(sample, "Additional Info 3") == "third");
    CHECK(value(sample, "Device Description").empty());
    CHECK(value(sample, "Serial Number") == "9876543");
  }
}

TEST_CASE("other objects are not taken for AudioCodes'") {
  SampleRecord sample;
  sample.octets(std::string(kGlobals) + "8.1", "another instance");
  sample.octets(std::string(kGlobals) + "8.0.0", "deeper");
  sample.octets("1.3.6.1.4.1.5003.9.10.1.22.1.8", "another table");
  sample.octets(std::string(kGlobals) + "88", "another column");
  CHECK(value(sample, "Additional Info 1").empty());
  CHECK(value(sample, "IP Address") == "192.0.2.7");
  CHECK(value(sample, "Tenant") == "acme");
}

TEST_CASE("each device has the same fields, and no text of it leaves its field") {
  SampleRecord plain;
  const auto usual = ovoc_fields(plain.view(), *test::sample_index());
  for (const std::string& evil : test::hostile_texts()) {
    SampleRecord sample;
    for (const alarm::Field field :
         {alarm::Field::kAlarmName, alarm::Field::kDeviceName, alarm::Field::kResource,
          alarm::Field::kText, alarm::Field::kSite, alarm::Field::kTenant}) {
      sample.set(field, evil);
    }
    for (const char* column : {"8", "9.0", "10", "15", "16"}) {
      sample.octets(kGlobals + std::string(column), evil);
    }
    const auto fields = ovoc_fields(sample.view(), *test::sample_index());
    REQUIRE(fields.size() == usual.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      CHECK(fields[i].label == usual[i].label);
      CHECK(is_clean(as_bytes(fields[i].value)));
    }
    CHECK(is_clean(as_bytes(ovoc_title(sample.view(), *test::sample_index(), true))));
  }
}

TEST_CASE("the title names the address where it is wanted and known") {
  SampleRecord sample;
  const auto index = test::sample_index();
  CHECK(ovoc_title(sample.view(), *index, true) ==
        "Alarm linkDown, received from sbc-1, 192.0.2.7 with Severity Major");
  CHECK(ovoc_title(sample.view(), *index, false) ==
        "Alarm linkDown, received from sbc-1 with Severity Major");
  sample.header().kind = alarm::Kind::kOwn;
  CHECK(ovoc_title(sample.view(), *index, true) ==
        "Alarm linkDown, received from sbc-1 with Severity Major");
}
