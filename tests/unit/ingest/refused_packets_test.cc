// SPDX-License-Identifier: Apache-2.0
// What travels with a refusal, and what is kept of it.
#include "trapd/ingest/refused_packets.h"

#include <doctest/doctest.h>

#include <memory>

namespace trapd::ingest {
namespace {

using snmp::DropReason;

struct Travelling {
  RefusalNotices notices;
  std::vector<std::uint8_t> octets;
  RefusalNotice notice;

  void refuse(std::size_t size, bool authenticated = false, std::uint8_t fill = 7) {
    const std::vector<std::uint8_t> sent(size, fill);
    net::Datagram datagram;
    datagram.bytes = sent;
    datagram.source = *Endpoint::parse("192.0.2.1:161");
    datagram.wall_ns = 5;
    notices.refused(
        {.reason = DropReason::kWrongDigest, .datagram = &datagram, .authenticated = authenticated},
        0);
  }
  bool next() { return notices.next(&notice, &octets); }
};

TEST_CASE("a refusal brings its datagram, of a long one the beginning") {
  Travelling t;
  t.refuse(100);
  t.refuse(60'000, false, 9);
  REQUIRE(t.next());
  CHECK(t.octets == std::vector<std::uint8_t>(100, 7));
  CHECK(t.notice.kept_octets == 100);
  CHECK(t.notice.wall_ns == 5);
  REQUIRE(t.next());
  CHECK(t.octets == std::vector<std::uint8_t>(kRefusedOctetsMax, 9));
  CHECK(t.notice.datagram_octets == 60'000);
  CHECK(!t.next());
}

TEST_CASE("in a flood of strangers datagrams are left out, not those of authenticated senders") {
  Travelling t;
  for (int i = 0; i < 1'000; ++i) t.refuse(1'000);
  t.refuse(2'000, true);
  unsigned with = 0;
  unsigned without = 0;
  while (t.next() && !t.notice.authenticated) ++(t.octets.empty() ? without : with);
  CHECK(with >= 40);
  CHECK(without >= 90);  // the room that the notices have always had
  CHECK(with + without < 1'000);
  CHECK(t.notice.authenticated);
  CHECK(t.octets.size() == 2'000);
}

struct Keeping {
  std::unique_ptr<RefusedPackets> packets = std::make_unique<RefusedPackets>();
  const RefusedPacket* keep(DropReason reason, std::size_t size, std::int64_t wall_ns = 1) {
    RefusalNotice notice;
    notice.reason = reason;
    notice.wall_ns = wall_ns;
    return packets->keep(notice, std::vector<std::uint8_t>(size, 1), 2);
  }
};

TEST_CASE("the last 64 of each reason are kept") {
  Keeping k;
  k.keep(DropReason::kMalformed, 10);
  for (std::size_t i = 0; i < RefusedPackets::kPacketsMax + 6; ++i) {
    k.keep(DropReason::kUnknownUser, 100);
  }
  const auto& kept = k.packets->of(DropReason::kUnknownUser);
  REQUIRE(kept.size() == RefusedPackets::kPacketsMax);
  CHECK(kept.front().number == 8);
  CHECK(kept.back().number == RefusedPackets::kPacketsMax + 7);
  CHECK(k.packets->of(DropReason::kMalformed).size() == 1);
  CHECK(k.packets->of(DropReason::kWrongDigest).empty());
}

TEST_CASE("long ones are kept within the octets of a reason") {
  Keeping k;
  for (int i = 0; i < 60; ++i) k.keep(DropReason::kMalformed, kRefusedOctetsMax);
  CHECK(k.packets->of(DropReason::kMalformed).size() ==
        RefusedPackets::kOctetsMax / kRefusedOctetsMax);
  for (int i = 0; i < 60; ++i) k.keep(DropReason::kMalformed, 1);
  CHECK(k.packets->of(DropReason::kMalformed).size() == RefusedPackets::kPacketsMax);
}

TEST_CASE("a refusal without octets is not kept; one without a stamp gets the reader's") {
  Keeping k;
  CHECK(k.keep(DropReason::kMalformed, 0) == nullptr);
  CHECK(k.keep(DropReason::kMalformed, 1)->wall_ns == 1);
  CHECK(k.keep(DropReason::kMalformed, 1, 0)->wall_ns == 2);
}

}  // namespace
}  // namespace trapd::ingest
