// SPDX-License-Identifier: Apache-2.0
// What a classification costs by the number of rules: bench/README.md says what must come out.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/snmp/encode.h"

namespace trapd::bench {
namespace {

constexpr int kVarbinds = 8;
constexpr int kTraps = 1024;

struct NoNames final : snmp::OidNames {
  std::optional<snmp::Oid> resolve(std::string_view name) const override {
    return snmp::Oid::parse(name);
  }
  std::string name_of(snmp::OidView oid) const override { return oid.text(); }
};

std::string vendor_trap(int number) {
  // As enterprises are: many vendors, few traps each, of which every tenth is a subtree.
  return "1.3.6.1.4.1." + std::to_string(1000 + number / 50) + ".7.0." +
         std::to_string(number % 50);
}

std::string object(int number) { return "1.3.6.1.4.1.1000.1." + std::to_string(number); }

alarm::Rule rule(int number) {
  alarm::Rule made;
  made.name = "rule-" + std::to_string(number);
  (number % 10 == 9 ? made.subtrees : made.traps) = {vendor_trap(number)};
  made.where = {{object(2), {"1", "2"}, {}}};
  made.severity_from = alarm::FromVarbind<alarm::Severity>{
      object(3), {{1, alarm::Severity::kMajor}, {2, alarm::Severity::kMinor}}, std::nullopt};
  made.state = alarm::StateRule::kRaise;
  made.resource = "{" + object(1) + "}";
  made.text = "{" + object(4) + "} of {device_name} is down";
  made.labels = {{"team", "core"}};
  return made;
}

std::shared_ptr<const alarm::Classifier> classifier(int rules) {
  std::vector<alarm::Rule> list;
  for (int i = 0; i < rules; ++i) list.push_back(rule(i));
  auto built = alarm::Classifier::build(list, NoNames());
  return built ? *built : nullptr;
}

std::vector<std::uint8_t> varbinds() {
  std::vector<std::uint8_t> room(2048);
  ber::Writer writer(room);
  for (int i = kVarbinds; i > 0; --i) {
    const snmp::Oid name = *snmp::Oid::parse(object(i) + ".0");
    if (i == 4) {
      snmp::write_varbind_octets(writer, name, as_bytes("GigabitEthernet0/1"));
    } else {
      snmp::write_varbind_integer(writer, name, 2);
    }
  }
  return {writer.done().begin(), writer.done().end()};
}

/// `spread`: how many of the rules the traffic meets in turn.
void classify(benchmark::State& state, int spread) {
  const int rules = static_cast<int>(state.range(0));
  const auto built = classifier(rules);
  const std::vector<std::uint8_t> list = varbinds();
  std::vector<snmp::Oid> traps;
  for (int i = 0; i < kTraps; ++i) {
    traps.push_back(*snmp::Oid::parse(vendor_trap(i * 37 % spread)));
  }
  const auto result = std::make_unique<alarm::Classification>();
  snmp::Notification notification;
  notification.varbinds = list;
  notification.varbind_count = kVarbinds;
  std::size_t next = 0;
  while (state.KeepRunning()) {
    notification.trap_oid = traps[next++ % kTraps];
    built->classify(notification, {"device", "sbc-1", "192.0.2.1"}, result.get());
    benchmark::DoNotOptimize(result->severity);
  }
  if (result->rule_count == 0) state.SkipWithError("no rule matched");
}
/// The same ten traps, however many rules there are besides: what more rules cost.
void same_traffic(benchmark::State& state) { classify(state, 10); }
/// As many kinds of traps as rules: what it costs besides that they do not stay in the cache.
void every_rule_in_turn(benchmark::State& state) {
  classify(state, static_cast<int>(state.range(0)));
}
BENCHMARK(same_traffic)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);
BENCHMARK(every_rule_in_turn)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace trapd::bench

BENCHMARK_MAIN();
