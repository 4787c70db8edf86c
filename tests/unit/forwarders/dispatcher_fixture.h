// SPDX-License-Identifier: Apache-2.0
// A dispatcher between a real journal and a forwarder that does what the test says.
#pragma once

#include <poll.h>

#include <atomic>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "forwarders/dispatcher.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/base/guarded.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::forwarders {

using journal::RecordSpec;
using journal::RunningLedger;
using journal::TemporaryDirectory;
using journal::wait_until;

/// What a scripted forwarder shares with its test.
struct Script {
  std::atomic<bool> up{true};
  std::atomic<bool> takes{true};          // offer() takes anything
  std::atomic<bool> delivers{true};       // run() delivers what is under way
  std::atomic<std::uint64_t> refuses{0};  // this sequence becomes a dead letter
  std::atomic<std::uint64_t> resend{0};   // what resend_from() tells
  std::atomic<bool> closes_in_order{false};
  std::atomic<bool> flushed{false};
  std::atomic<std::uint64_t> most_under_way{0};
  std::atomic<std::uint64_t> runs{0};
  Guarded<std::vector<std::pair<std::uint64_t, std::uint64_t>>> seen;  // sequence, own number

  std::vector<std::uint64_t> sequences() const {
    return seen.with([](const auto& all) {
      std::vector<std::uint64_t> numbers;
      for (const auto& [sequence, number] : all) numbers.push_back(sequence);
      return numbers;
    });
  }
};

class ScriptedForwarder final : public Forwarder {
 public:
  explicit ScriptedForwarder(Script& script) : script_(script) {}
  std::size_t offer(std::span<const Item> items) override {
    if (!script_.takes) return 0;
    const std::size_t n = std::min<std::size_t>(items.size(), 3);
    for (const Item& item : items.first(n))
      waiting_.push_back({item.sequence, item.destination_sequence});
    script_.most_under_way = std::max<std::uint64_t>(script_.most_under_way, waiting_.size());
    return n;
  }
  void run(const Wakeup& wakeup, std::int64_t /*until_ns*/) override {
    ++script_.runs;
    pollfd waiting{wakeup.fd(), POLLIN, 0};
    ::poll(&waiting, 1, waiting_.empty() || !script_.delivers ? 1 : 0);
    if (!script_.delivers) return;
    for (; !waiting_.empty(); waiting_.pop_front()) {
      through_ = waiting_.front().first;
      if (through_ == script_.refuses) {
        dead_.push_back({through_, "too big"});
        continue;
      }
      ++delivered_;
      script_.seen.with([&](auto& all) { all.push_back(waiting_.front()); });
    }
  }
  std::uint64_t delivered_through() const override { return through_; }
  std::size_t under_way() const override { return waiting_.size(); }
  std::uint64_t delivered_count() const override { return delivered_; }
  std::uint64_t failed_count() const override { return script_.up ? 0 : 1; }
  Health health() const override { return {script_.up, script_.up ? "fine" : "refused"}; }
  std::vector<DeadLetter> take_dead_letters() override { return std::move(dead_); }
  void flush() override { script_.flushed = true; }
  std::uint64_t resend_from() const override { return script_.resend; }
  void close(std::int64_t /*until_ns*/) override {
    if (script_.closes_in_order) script_.resend = 0;
  }

 private:
  Script& script_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> waiting_;
  std::uint64_t through_ = 0;
  std::uint64_t delivered_ = 0;
  std::vector<DeadLetter> dead_;
};

struct DispatcherFixture {
  TemporaryDirectory directory;
  RunningLedger journal{directory.path()};
  VirtualClock clock;
  Script script;
  Script again;  // of the forwarder for retries
  std::atomic<int> again_made{0};
  std::uint64_t put = 0;

  DispatcherFixture() { journal.run(); }

  void store(std::size_t n, const RecordSpec& spec = {}) {
    for (std::size_t i = 0; i < n; ++i) journal.put(spec);
    put += n;
    REQUIRE(journal.wait_committed(put));
  }
  std::unique_ptr<Dispatcher> start(Destination destination) {
    auto made = std::make_unique<Dispatcher>(std::move(destination),
                                             std::make_unique<ScriptedForwarder>(script),
                                             journal.store(), journal.ledger(), clock, [this] {
                                               ++again_made;
                                               return std::make_unique<ScriptedForwarder>(again);
                                             });
    made->start();
    return made;
  }
  static Destination to(const char* name, Destination::Start start = Destination::Start::kOldest) {
    Destination destination;
    destination.name = name;
    destination.start = start;
    return destination;
  }
  bool delivered(std::size_t n, Dispatcher& dispatcher) {
    return wait_until([&] {
      dispatcher.wake();
      return script.sequences().size() >= n;
    });
  }
};

inline std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = first; i <= last; ++i) all.push_back(i);
  return all;
}

}  // namespace trapd::forwarders
