// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/unmatched_traps.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace trapd::alarm {
namespace {

snmp::Oid trap(int number) { return *snmp::Oid::parse("1.3.6.1.4.1.9." + std::to_string(number)); }

void count(UnmatchedTraps& traps, const snmp::Oid& oid) { traps.count(oid); }

std::uint64_t count_of(const UnmatchedTraps& traps, const snmp::Oid& oid) {
  for (const UnmatchedTrap& one : traps.list()) {
    if (one.trap == oid) return one.count;
  }
  return 0;
}

}  // namespace

TEST_CASE("unmatched traps are counted by OID") {
  const auto traps = std::make_unique<UnmatchedTraps>();
  CHECK(traps->list().empty());
  for (int i = 0; i < 10; ++i) count(*traps, trap(i % 2 == 0 ? 2 : 3));
  count(*traps, trap(3));
  CHECK(traps->list().size() == 2);
  CHECK(count_of(*traps, trap(2)) == 5);
  CHECK(count_of(*traps, trap(3)) == 6);
}

TEST_CASE("the table of unmatched traps is bounded and keeps what is seen often") {
  const auto traps = std::make_unique<UnmatchedTraps>();
  for (int i = 0; i < 20'000; ++i) {
    count(*traps, trap(1000 + i));
    if (i % 10 == 0) count(*traps, trap(7));
  }
  CHECK(traps->list().size() == UnmatchedTraps::kTrapsMax);
  CHECK(count_of(*traps, trap(7)) >= 2000);
}

TEST_CASE("an OID that is too long and none at all share one entry") {
  const auto traps = std::make_unique<UnmatchedTraps>();
  std::string dotted = "1.3";
  for (int i = 0; i < 100; ++i) dotted += ".4000000000";
  count(*traps, *snmp::Oid::parse(dotted));
  traps->count(snmp::OidView());
  REQUIRE(traps->list().size() == 1);
  CHECK(traps->list()[0].trap.empty());
  CHECK(traps->list()[0].count == 2);
}

TEST_CASE("unmatched traps may be read while they are counted: never half an OID") {
  const auto traps = std::make_unique<UnmatchedTraps>();
  std::atomic<bool> stop{false};
  std::jthread counting([&] {
    for (int i = 0; !stop; ++i) count(*traps, trap(100'000 + i % 1000));
  });
  for (int i = 0; i < 300; ++i) {
    for (const UnmatchedTrap& one : traps->list()) {
      const std::string text = one.trap.text();
      CHECK(text.starts_with("1.3.6.1.4.1.9.100"));
      CHECK(text.size() == 20);
    }
  }
  stop = true;
}

}  // namespace trapd::alarm
