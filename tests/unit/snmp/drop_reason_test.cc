// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/drop_reason.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using trapd::snmp::DropReason;
using trapd::snmp::SuppressReason;

namespace {

template <typename Reason>
void check_all() {
  std::set<std::string> labels;
  for (int i = 0; i < static_cast<int>(Reason::kCount); ++i) {
    CAPTURE(i);
    const auto reason = static_cast<Reason>(i);
    const std::string label = trapd::snmp::label(reason);
    CHECK(labels.insert(label).second);
    CHECK(label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
    CHECK_FALSE(label.empty());
    CHECK(std::string(trapd::snmp::text(reason)).size() > 10);
  }
}

}  // namespace

TEST_CASE("drop reason: each has a label of its own, fit for a metric, and words") {
  check_all<DropReason>();
  check_all<SuppressReason>();
}

TEST_CASE("drop reason: labels belong to their enumerators") {
  CHECK(std::string(trapd::snmp::label(DropReason::kKernel)) == "kernel");
  CHECK(std::string(trapd::snmp::label(DropReason::kWrongDigest)) == "wrong_digest");
  CHECK(std::string(trapd::snmp::label(DropReason::kRule)) == "rule");
  CHECK(std::string(trapd::snmp::label(SuppressReason::kRetransmission)) == "retransmission");
  CHECK(std::string(trapd::snmp::label(SuppressReason::kStorm)) == "storm");
}
