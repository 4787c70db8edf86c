// SPDX-License-Identifier: Apache-2.0
// The packet path without sockets and disk: signed traps through a worker's pipeline, then through
// the ledger's book, in turn. Prints what each half costs per trap in nanoseconds; under callgrind
// (bench/instructions) the same work gives instruction counts, which no noise of a machine moves.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/signed_traps.h"
#include "trapd/base/check.h"
#include "trapd/base/clock.h"
#include "trapd/ingest/pipeline.h"
#include "trapd/journal/book.h"
#include "trapd/journal/records_ahead.h"
#include "trapd/usm/own_engine.h"

namespace trapd::bench {
namespace {

constexpr std::size_t kTrapsPerTurn = 256;
constexpr std::size_t kTrapOctetsMax = 1024;
constexpr std::size_t kBatchRecords = 4096;

struct NoNames final : snmp::OidNames {
  std::optional<snmp::Oid> resolve(std::string_view name) const override {
    return snmp::Oid::parse(name);
  }
  std::string name_of(snmp::OidView oid) const override { return oid.text(); }
};

/// As conf/rules/ietf.yaml says it, names resolved.
alarm::Rule link_down_rule() {
  alarm::Rule rule;
  rule.name = "linkDown";
  rule.traps = {"1.3.6.1.6.3.1.1.5.3"};
  rule.severity = alarm::Severity::kMajor;
  rule.type = alarm::EventType::kCommunications;
  rule.state = alarm::StateRule::kRaise;
  const std::string entry = "1.3.6.1.2.1.2.2.1.";
  rule.resource = "{" + entry + "1|" + entry + "7.index|" + entry + "8.index}";
  rule.text = "interface {" + entry + "2|1.3.6.1.2.1.31.1.1.1.1|" + entry + "1|" + entry +
              "7.index} is down";
  return rule;
}

std::shared_ptr<const ingest::Snapshot> snapshot() {
  auto made = std::make_shared<ingest::Snapshot>();
  made->sources.resize(1);
  made->listeners.resize(1);
  made->per_engine = 0;
  auto classifier = alarm::Classifier::build({link_down_rule()}, NoNames());
  CHECK(classifier.has_value());
  made->classifier = *classifier;
  return made;
}

class PacketPath {
 public:
  PacketPath(const TrapSource& source, std::uint32_t engines)
      : traps_(source, 1U << 24),
        engines_(engines),
        own_(std::vector<std::uint8_t>{0x80, 0, 0x1f, 0x88, 5, 'o', 'w', 'n', 'e'}, 1, clock_),
        security_(std::make_shared<usm::SecurityConfig>(usm::SecurityConfig{
            usm::UserTable({receiving(usm_user(source))}), usm::default_policy(), {}})),
        snapshot_(bench::snapshot()),
        pipeline_({.worker = 0,
                   .cached_keys_max = 100'000,
                   .dropped_total = [](snmp::DropReason) { return std::uint64_t{0}; },
                   .own_window_misses_total = [] { return std::uint64_t{0}; }},
                  security_, snapshot_, engines_, own_, ring_, counters_, nullptr),
        book_({.alarms_max = 100'000, .identity = {}}, clock_),
        room_(kTrapsPerTurn * kTrapOctetsMax) {}

  void turn() {
    make_traps();
    const std::int64_t begin_ns = clock_.monotonic_ns();
    ingest_traps();
    const std::int64_t between_ns = clock_.monotonic_ns();
    book_records();
    ingest_ns += between_ns - begin_ns;
    book_ns += clock_.monotonic_ns() - between_ns;
  }

  std::int64_t ingest_ns = 0;
  std::int64_t book_ns = 0;
  std::uint64_t stored = 0;

 private:
  static usm::User receiving(usm::User user) {
    user.may_receive = true;
    return user;
  }

  void make_traps() {
    for (std::size_t i = 0; i < kTrapsPerTurn; ++i) {
      octets_ = traps_.next(0, MutableBytes(room_).subspan(i * kTrapOctetsMax));
    }
  }

  [[gnu::noinline]] void ingest_traps() {
    net::Datagram datagram;
    datagram.source = *Endpoint::parse("192.0.2.1:161");
    datagram.local = *Endpoint::parse("192.0.2.100:162");
    datagram.wall_ns = clock_.wall_ns();
    const std::int64_t now_ns = clock_.monotonic_ns();
    for (std::size_t i = 0; i < kTrapsPerTurn; ++i) {
      datagram.bytes = ByteView(room_).subspan(i * kTrapOctetsMax, octets_);
      CHECK(pipeline_.process(datagram, {0, 0}, now_ns));
    }
  }

  /// As Ledger::State::drain() does it.
  [[gnu::noinline]] void book_records() {
    const std::int64_t now_ns = clock_.monotonic_ns();
    journal::RecordsAhead ahead;
    while (!ring_.front().empty()) {
      if (ahead.empty()) book_.prefetch(ahead.look(ring_));
      book_.take(ahead.take(), now_ns);
      ring_.pop_later();
    }
    ring_.release();
    if (book_.batch().records() < kBatchRecords) return;
    stored += book_.tally().stored;
    book_.batch().clear();
    book_.tally() = {};
  }

  SystemClock clock_;
  SignedTraps traps_;
  usm::EngineTable engines_;
  usm::OwnEngine own_;
  Published<usm::SecurityConfig> security_;
  Published<ingest::Snapshot> snapshot_;
  SpscRing ring_{4 << 20};
  ingest::WorkerCounters counters_;
  ingest::Pipeline pipeline_;
  journal::Book book_;
  std::vector<std::uint8_t> room_;
  std::size_t octets_ = 0;
};

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  using namespace trapd::bench;
  if (argc != 3 || std::atoi(argv[1]) <= 0 || std::atoi(argv[2]) <= 0) {
    std::fprintf(stderr, "usage: packet_path TRAPS ENGINES\n");
    return 1;
  }
  const auto traps = static_cast<std::uint64_t>(std::atoi(argv[1]));
  TrapSource source;
  source.engines = static_cast<std::uint32_t>(std::atoi(argv[2]));
  const auto path = std::make_unique<PacketPath>(source, source.engines);
  const std::uint64_t turns =
      (traps + kBatchRecords - 1) / kBatchRecords * kBatchRecords / kTrapsPerTurn;
  for (std::uint64_t i = 0; i < turns; ++i) path->turn();
  const auto count = static_cast<double>(turns * kTrapsPerTurn);
  std::printf("%s\n",
              nlohmann::json{{"traps", turns * kTrapsPerTurn},
                             {"stored", path->stored},
                             {"ingest_ns_per_trap", static_cast<double>(path->ingest_ns) / count},
                             {"book_ns_per_trap", static_cast<double>(path->book_ns) / count}}
                  .dump()
                  .c_str());
  return path->stored == turns * kTrapsPerTurn ? 0 : 1;
}
