// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/inform_window.h"

#include <doctest/doctest.h>

namespace trapd::forwarders {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// A window in which the n-th record has sequence and destination sequence n.
struct Fixture {
  InformWindow window{{.outstanding_max = 3, .waiting_max = 8, .timeout_ns = 15 * kSecond}};
  std::uint64_t sequence = 0;
  std::int32_t msg_id = 100;
  std::int64_t now = 0;

  InformId add(const std::string& device) {
    Inform inform;
    inform.device = device;
    inform.sequence = ++sequence;
    inform.destination_sequence = sequence;
    inform.pdu = {1, 2, 3};
    return window.add(std::move(inform));
  }
  /// Sends the next one; 0 when there is none.
  InformId send() {
    const auto id = window.next_ready(3);
    if (!id) return 0;
    window.sent(*id, ++msg_id, now);
    return *id;
  }
};

}  // namespace

TEST_CASE("at most one inform of a device is outstanding, others go past it") {
  Fixture f;
  const InformId a1 = f.add("a");
  const InformId a2 = f.add("a");
  const InformId b1 = f.add("b");
  CHECK(f.send() == a1);
  CHECK(f.send() == b1);
  CHECK(f.send() == 0);
  f.window.finish(a1);
  CHECK(f.send() == a2);
}

TEST_CASE("the window bounds what is outstanding, and what is taken in") {
  Fixture f;
  for (const char* device : {"a", "b", "c", "d", "e", "f", "g", "h"}) f.add(device);
  CHECK_FALSE(f.window.has_room());
  CHECK(f.send() != 0);
  CHECK(f.send() != 0);
  CHECK(f.send() != 0);
  CHECK(f.send() == 0);
  CHECK(f.window.outstanding() == 3);
  CHECK(f.window.next_ready(1) == std::nullopt);
}

TEST_CASE("delivered_through never passes an unfinished record") {
  Fixture f;
  const InformId a = f.add("a");
  const InformId b = f.add("b");
  const InformId c = f.add("c");
  while (f.send() != 0) {
  }
  f.window.finish(b);
  CHECK(f.window.delivered_through() == 0);
  CHECK(f.window.under_way() == 2);
  f.window.finish(a);
  CHECK(f.window.delivered_through() == 2);
  f.window.finish(c);
  CHECK(f.window.delivered_through() == 3);
  CHECK(f.window.empty());
}

TEST_CASE("a record with nothing to send waits for its place in the order") {
  Fixture f;
  const InformId a = f.add("a");
  f.window.add_finished(2, 2);
  CHECK(f.window.delivered_through() == 0);
  f.send();
  f.window.finish(a);
  CHECK(f.window.delivered_through() == 2);
}

TEST_CASE("a heartbeat is no record: it moves no cursor and is not under way") {
  Fixture f;
  Inform heartbeat;
  heartbeat.counts = false;
  heartbeat.device = "heartbeat";
  const InformId id = f.window.add(std::move(heartbeat));
  CHECK(f.window.under_way() == 0);
  CHECK(f.send() == id);
  f.window.finish(id);
  CHECK(f.window.delivered_through() == 0);
}

TEST_CASE("NBS-02 an inform expires after the timeout, not before") {
  Fixture f;
  const InformId a = f.add("a");
  f.send();
  CHECK(f.window.next_deadline() == 15 * kSecond);
  CHECK(f.window.next_expired(15 * kSecond - 1) == std::nullopt);
  CHECK(f.window.next_expired(15 * kSecond) == a);
  CHECK(f.window.next_expired(15 * kSecond) == std::nullopt);
}

TEST_CASE("NBS-02 a retry has its own msgID, and a late answer to the first still counts") {
  Fixture f;
  const InformId a = f.add("a");
  f.send();
  f.window.make_ready(a, true);
  f.now = kSecond;
  f.send();
  CHECK(f.window.at(a).tries == 2);
  CHECK(f.window.find(101) == a);
  CHECK(f.window.find(102) == a);
  f.window.finish(a);
  CHECK(f.window.find(101) == std::nullopt);
  CHECK(f.window.find(102) == std::nullopt);
}

TEST_CASE("a deadline of an earlier message does not expire a later one") {
  Fixture f;
  const InformId a = f.add("a");
  f.send();
  f.window.make_repaired(a);
  f.now = 10 * kSecond;
  f.send();
  CHECK(f.window.next_expired(15 * kSecond) == std::nullopt);
  CHECK(f.window.next_expired(25 * kSecond) == a);
}

TEST_CASE("NBS-03 a repair belongs to the try it repairs; the next try may repair again") {
  Fixture f;
  const InformId a = f.add("a");
  f.send();
  f.window.at(a).repairs.clock = true;
  f.window.make_repaired(a);
  f.send();
  CHECK(f.window.at(a).tries == 1);
  CHECK(f.window.at(a).repairs.clock);
  f.window.make_ready(a, true);
  f.send();
  CHECK(f.window.at(a).tries == 2);
  CHECK_FALSE(f.window.at(a).repairs.clock);
}

TEST_CASE("after a suspension everything is sent again, oldest first, in new rounds") {
  Fixture f;
  const InformId a = f.add("a");
  const InformId b = f.add("b");
  f.send();
  f.send();
  f.window.suspend_all(4);
  CHECK(f.window.outstanding() == 0);
  CHECK(f.window.next_deadline() == std::nullopt);
  CHECK(f.window.at(a).tries == 0);
  CHECK(f.send() == a);
  CHECK(f.send() == b);
}

TEST_CASE("an answer that comes while its inform waits to be sent again finishes it") {
  Fixture f;
  const InformId a = f.add("a");
  const InformId b = f.add("b");
  f.send();
  f.window.suspend_all(4);
  CHECK(f.window.find(101) == a);
  f.window.finish(a);
  CHECK(f.send() == b);
}

TEST_CASE("a probe is one that was not sent in vain, if there is any, and nothing else is out") {
  Fixture f;
  const InformId a = f.add("a");
  const InformId b = f.add("b");
  const InformId c = f.add("c");
  f.send();
  f.send();
  f.window.suspend_all(1);
  CHECK(f.window.unanswered() == std::vector<InformId>{a, b});
  CHECK(f.window.next_probe() == c);
  f.window.sent(c, 200, f.now);
  CHECK(f.window.next_probe() == std::nullopt);
  f.window.suspend_all(2);  // not for the last time
  CHECK(f.window.next_probe() == c);
  CHECK_FALSE(f.window.is_stuck());
  f.window.sent(c, 201, f.now);
  f.window.suspend_all(1);
  CHECK(f.window.unanswered() == std::vector<InformId>{a, b, c});
  CHECK(f.window.next_probe() == c);  // all of them: the next
  CHECK_FALSE(f.window.is_stuck());   // more may come in
  while (f.window.has_room()) f.add("a");
  CHECK(f.window.is_stuck());
  Inform heartbeat;
  heartbeat.counts = false;
  heartbeat.device = "heartbeat";
  const InformId probe = f.window.add(std::move(heartbeat));
  CHECK_FALSE(f.window.is_stuck());
  CHECK(f.window.next_probe() == probe);
  f.window.sent(probe, 202, f.now);
  f.window.suspend_all(1);
  CHECK(f.window.next_probe() == probe);
}

TEST_CASE("what the kernel did not take counts as no try") {
  Fixture f;
  const InformId a = f.add("a");
  f.send();
  f.window.take_back(a);
  CHECK(f.window.at(a).tries == 0);
  CHECK(f.window.outstanding() == 0);
  CHECK(f.send() == a);
}

TEST_CASE("devices are forgotten with their last inform") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) {
    const InformId id = f.add("device-" + std::to_string(i));
    REQUIRE(f.send() == id);
    f.window.finish(id);
  }
  CHECK(f.window.empty());
  CHECK(f.window.delivered_through() == 1000);
}

}  // namespace trapd::forwarders
