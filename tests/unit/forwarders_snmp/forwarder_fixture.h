// SPDX-License-Identifier: Apache-2.0
// One SNMP forwarder and one peer, driven together.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "forwarders/snmp/snmp_forwarder.h"
#include "tests/unit/forwarders_snmp/fake_peer.h"
#include "tests/unit/forwarders_snmp/made_record.h"
#include "tests/unit/forwarders_snmp/made_user.h"

namespace trapd::forwarders {

struct ForwarderFixture {
  SystemClock clock;
  Published<mib::MibIndex> no_names{nullptr};
  usm::OwnEngine own_engine{hex(kOwnEngineHex), 4, clock};
  RenderContext context{clock, no_names, "gateway", hex(kOwnEngineHex), &own_engine};
  SnmpSettings settings;
  Destination destination;
  FakePeer peer;
  Wakeup wakeup;
  std::unique_ptr<Forwarder> forwarder;
  std::uint64_t sequence = 0;
  std::vector<DeadLetter> dead;

  explicit ForwarderFixture(bool inform, std::shared_ptr<const usm::User> user = nullptr)
      : peer(user) {
    settings.version = user ? SnmpSettings::Version::kV3 : SnmpSettings::Version::kV2c;
    settings.user = std::move(user);
    settings.community = "public";
    settings.inform = inform;
    settings.format = SnmpSettings::Format::kOriginal;
    settings.peer = {"127.0.0.1", peer.port()};
    settings.timeout = std::chrono::milliseconds(60);
    settings.source_port_first = 21800;
    settings.source_port_last = 21899;
    destination.name = "oss";
  }

  void start() {
    if (!forwarder) forwarder = make_snmp_forwarder(destination, settings, context);
  }
  /// Runs both until `done` or the deadline; returns whether it is done.
  bool until(const std::function<bool()>& done, int seconds = 10) {
    start();
    const std::int64_t deadline = clock.monotonic_ns() + seconds * kNsPerSecond;
    for (;;) {
      for (DeadLetter& letter : forwarder->take_dead_letters()) dead.push_back(std::move(letter));
      if (done()) return true;
      if (clock.monotonic_ns() >= deadline) return false;
      forwarder->run(wakeup, clock.monotonic_ns() + 2 * kNsPerMs);
      peer.pump();
    }
  }
  /// Offers one record of this device, as soon as the forwarder takes it.
  void offer(const std::string& device, const std::function<void(MadeRecord&)>& change = nullptr) {
    MadeRecord record;
    record.set(alarm::Field::kDevice, device);
    if (change) change(record);
    ++sequence;
    const Item item = record.item(sequence, sequence);
    REQUIRE(until([&] { return forwarder->offer({&item, 1}) == 1; }));
  }
  bool delivered(std::uint64_t through, int seconds = 10) {
    return until([&] { return forwarder->delivered_through() == through; }, seconds);
  }
  bool down_because(const std::string& words, int seconds = 10) {
    return until(
        [&] {
          const Health health = forwarder->health();
          return !health.up && health.detail.find(words) != std::string::npos;
        },
        seconds);
  }
};

}  // namespace trapd::forwarders
