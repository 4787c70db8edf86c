// SPDX-License-Identifier: Apache-2.0
// Several workers, one table of engines, reloads underneath: for ThreadSanitizer above all.
#include <atomic>
#include <thread>

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

constexpr std::uint32_t kEngines = 20;
constexpr std::uint32_t kRounds = 50;

User ops() { return make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128); }

/// The traps of all engines, round by round, each newer than the one before.
std::vector<Bytes> rounds_of_traps() {
  std::vector<Bytes> traps;
  std::vector<std::unique_ptr<Device>> devices;
  for (std::uint32_t i = 0; i < kEngines; ++i) {
    devices.push_back(std::make_unique<Device>(ops(), numbered_engine(i)));
  }
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    for (const auto& device : devices) traps.push_back(device->send_at(7, 1000 + round));
  }
  return traps;
}

TEST_CASE("EDG-07 EDG-08: workers that share engines take every trap, through reloads") {
  const std::vector<Bytes> traps = rounds_of_traps();
  const VirtualClock clock;
  EngineTable engines(kEngines);
  const OwnEngine own(kOwnEngine, 3, clock);
  Published<SecurityConfig> config(make_config({ops()}));
  std::atomic<std::uint32_t> refused{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&] {
      InboundProcessor processor({}, config, engines, own);
      Bytes scratch(snmp::kMessageOctetsMax);
      snmp::Message message;
      for (const Bytes& trap : traps) {
        processor.refresh();
        if (snmp::decode_message(trap, &message, nullptr) != snmp::DecodeStatus::kOk ||
            processor.process(message.v3, clock.monotonic_ns(), scratch).step != Step::kAccepted) {
          ++refused;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) config.publish(make_config({ops()}));
  for (std::thread& worker : workers) worker.join();
  CHECK(refused == 0);
  CHECK(engines.size() == kEngines);
  for (const EngineClock* engine : engines.all()) {
    CHECK(engine->state().latest_time == 1000 + kRounds - 1);
  }
}

TEST_CASE("builders of several threads never use one salt twice") {
  std::vector<std::vector<Bytes>> salts(3);
  std::vector<std::thread> threads;
  for (std::vector<Bytes>& own : salts) {
    threads.emplace_back([&own] {
      SaltSource source;
      for (const PrivProtocol priv : {PrivProtocol::kDes, PrivProtocol::kAes128}) {
        for (int i = 0; i < 2000; ++i) {
          source.next(priv, 7, own.emplace_back(8));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<Bytes> all;
  for (const std::vector<Bytes>& own : salts) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

}  // namespace
}  // namespace trapd::usm
