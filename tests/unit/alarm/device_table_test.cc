// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/device_table.h"

#include <string>
#include <vector>

#include "trapd/snmp/message.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::alarm {
namespace {

constexpr std::int64_t kStart = 1'700'000'000 * kNsPerSecond;

/// Notifications as the ledger sees them.
struct Heard {
  DeviceTable table{3};
  std::int64_t now_ns = kStart;
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  std::vector<std::uint64_t> room = std::vector<std::uint64_t>(1024);

  /// boot_s: when the engine's clock began.
  void from(const char* source, std::int64_t boot_s, const char* device = "80000001",
            const char* labels = "", bool inform = false) {
    RecordFields fields;
    fields.header.snmp_version = 3;
    fields.header.security_level = static_cast<std::uint8_t>(level);
    fields.header.source = *Endpoint::parse(source);
    fields.header.received_wall_ns = now_ns;
    fields.header.engine_time = static_cast<std::uint32_t>(now_ns / kNsPerSecond - boot_s);
    if (inform) fields.header.flags = static_cast<std::uint8_t>(RecordFlag::kInform);
    fields.set(Field::kDevice, device);
    fields.set(Field::kLabels, labels);
    const MutableBytes out(reinterpret_cast<std::uint8_t*>(room.data()), room.size() * 8);
    table.note(RecordView(out.first(encode(fields, out))));
    now_ns += kNsPerSecond;
  }
  const DeviceState& state(const char* device = "80000001") const {
    REQUIRE(table.find(device) != nullptr);
    return *table.find(device);
  }
};

constexpr std::int64_t kBoot = kStart / kNsPerSecond - 5'000;

TEST_CASE("a device's binding is where its latest notification came from, and since when") {
  Heard h;
  h.from("198.51.100.7:50001", kBoot);
  h.from("198.51.100.7:50001", kBoot);
  CHECK(h.state().binding.text() == "198.51.100.7:50001");
  CHECK(h.state().bound_since_wall_ns == kStart);
  CHECK(h.state().last_heard_wall_ns == kStart + kNsPerSecond);
  CHECK(h.state().notifications == 2);
  h.from("198.51.100.7:50077", kBoot);
  CHECK(h.state().binding.port == 50077);
  CHECK(h.state().bound_since_wall_ns == kStart + 2 * kNsPerSecond);
}

TEST_CASE("several devices behind one address stay apart") {
  Heard h;
  h.from("198.51.100.7:50001", kBoot, "80000001");
  h.from("198.51.100.7:50002", kBoot, "80000002");
  CHECK(h.state("80000001").binding.port == 50001);
  CHECK(h.state("80000002").binding.port == 50002);
  CHECK(h.table.size() == 2);
}

TEST_CASE("a device that comes by two ways is one device, its clock says so") {
  Heard h;
  for (int i = 0; i < 20; ++i) h.from(i % 2 == 0 ? "192.0.2.1:161" : "192.0.2.2:161", kBoot);
  CHECK(h.table.cloned(h.now_ns).empty());
}

TEST_CASE("two devices with one engine ID take turns with clocks that run apart") {
  Heard h;
  const auto turn = [&](int i) {
    h.from(i % 2 == 0 ? "192.0.2.1:161" : "192.0.2.2:161", i % 2 == 0 ? kBoot : kBoot + 60);
  };
  for (int i = 0; i < 4; ++i) turn(i);
  CHECK(h.table.cloned(h.now_ns).empty());
  turn(4);
  REQUIRE(h.table.cloned(h.now_ns) == std::vector<std::string>{"80000001"});
  CHECK(h.state().seldom.get().turns.other.address_text() != h.state().binding.address_text());
  // One of them has another identity now.
  h.now_ns += DeviceTable::kTurnsWithinNs;
  h.from("192.0.2.1:161", kBoot);
  CHECK(h.table.cloned(h.now_ns).empty());
  for (int i = 0; i < 3; ++i) turn(i);
  CHECK(h.table.cloned(h.now_ns).empty());
}

TEST_CASE(
    "a device that moves and restarts is no clone, and informs do not tell a device's clock") {
  Heard h;
  h.from("192.0.2.1:161", kBoot);
  h.from("192.0.2.2:161", kBoot + 4'000);
  CHECK(h.table.cloned(h.now_ns).empty());
  for (int i = 0; i < 20; ++i) {
    h.from(i % 2 == 0 ? "192.0.2.1:161" : "192.0.2.2:161", kBoot + i % 2 * 60, "80000002", "",
           true);
  }
  CHECK(h.table.cloned(h.now_ns).empty());
}

TEST_CASE("a device tells of itself by labels, the latest counts, and no more than fits") {
  Heard h;
  h.from("192.0.2.1:161", kBoot, "80000001", "team=voice\ndevice.mac=00908f123456\ndevice.x=");
  CHECK(h.state().seldom.get().told == "mac=00908f123456");
  h.from("192.0.2.1:161", kBoot, "80000001", "device.serial=77\ndevice.mac=00908f1234");
  CHECK(h.state().seldom.get().told == "mac=00908f1234\nserial=77");
  h.from("192.0.2.1:161", kBoot, "80000001", "device.mac=00908fffffff");
  CHECK(h.state().seldom.get().told == "mac=00908fffffff\nserial=77");
  for (int i = 0; i < 100; ++i) {
    h.from("192.0.2.1:161", kBoot, "80000001",
           ("device.key" + std::to_string(i) + "=0123456789").c_str());
  }
  CHECK(h.state().seldom.get().told.size() <= DeviceTable::kToldOctetsMax);
  CHECK(h.state().seldom.get().told.starts_with("mac=00908fffffff\nserial=77\nkey0="));
}

TEST_CASE("a full table watches whom it has, and counts the others") {
  Heard h;
  for (const char* device : {"1", "2", "3", "4", "4"}) h.from("192.0.2.1:161", kBoot, device);
  CHECK(h.table.size() == 3);
  CHECK(h.table.find("4") == nullptr);
  CHECK(h.table.left_out() == 2);
}

TEST_CASE(
    "in a full table one that nobody has authenticated gives way, the longest unheard first") {
  Heard h;
  h.from("192.0.2.1:161", kBoot, "1");
  h.level = snmp::SecurityLevel::kNoAuthNoPriv;
  h.from("192.0.2.2:161", kBoot, "2");
  h.from("192.0.2.3:161", kBoot, "3");
  h.level = snmp::SecurityLevel::kAuthPriv;
  h.from("192.0.2.4:161", kBoot, "4");
  CHECK(h.table.size() == 3);
  CHECK(h.table.find("1") != nullptr);
  CHECK(h.table.find("2") == nullptr);
  CHECK(h.table.find("4") != nullptr);
  h.from("192.0.2.5:161", kBoot, "5");
  CHECK(h.table.find("3") == nullptr);
  h.from("192.0.2.6:161", kBoot, "6");
  CHECK(h.table.find("6") == nullptr);
  CHECK(h.table.left_out() == 1);
}

TEST_CASE(
    "rows of devices are out of date when their binding or their words change, or each hour") {
  Heard h;
  const auto changed = [&] {
    std::vector<std::string> rows;
    h.table.take_changed(100, [&](std::string_view device, const DeviceState* state) {
      rows.push_back(std::string(device) +
                     (state != nullptr ? " " + state->binding.text() : " gone"));
    });
    return rows;
  };
  using Rows = std::vector<std::string>;
  h.from("192.0.2.1:161", kBoot, "1");
  CHECK(changed() == Rows{"1 192.0.2.1:161"});
  h.from("192.0.2.1:161", kBoot, "1");
  CHECK(changed().empty());
  h.from("192.0.2.1:5000", kBoot, "1");
  h.from("192.0.2.1:5001", kBoot, "1", "device.mac=00");
  CHECK(changed() == Rows{"1 192.0.2.1:5001"});
  h.from("192.0.2.1:5001", kBoot, "1", "device.mac=00\nsite=x");
  CHECK(changed().empty());
  h.from("192.0.2.1:5001", kBoot, "1", "device.mac=01");
  CHECK(changed() == Rows{"1 192.0.2.1:5001"});
  h.now_ns += DeviceTable::kRowAgeS * kNsPerSecond;
  h.from("192.0.2.1:5001", kBoot, "1");
  CHECK(changed().size() == 1);
}

TEST_CASE("a device that nobody has authenticated leaves no row, however many there are") {
  Heard h;
  h.level = snmp::SecurityLevel::kNoAuthNoPriv;
  for (const char* device : {"1", "2", "3", "4", "5"}) h.from("192.0.2.1:161", kBoot, device);
  int rows = 0;
  h.table.take_changed(100, [&](std::string_view, const DeviceState*) { ++rows; });
  CHECK(rows == 0);
  h.level = snmp::SecurityLevel::kAuthNoPriv;
  h.from("192.0.2.1:161", kBoot, "5");
  h.table.take_changed(100, [&](std::string_view, const DeviceState*) { ++rows; });
  CHECK(rows == 1);
}

}  // namespace
}  // namespace trapd::alarm
