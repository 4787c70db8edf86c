// SPDX-License-Identifier: Apache-2.0
// One destination's thread: reads the journal at its cursor, filters, numbers, offers to the
// forwarder, drives it, and reports the cursor back to the ledger.
//
//   journal --read()--> filter --> window of items --offer()--> forwarder --delivered_through()-->
//   cursor --report_cursor()--> ledger
//
// A destination that is down, slow or broken costs others nothing: it only falls behind in the
// journal.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "trapd/alarm/own_condition.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/store.h"

namespace trapd::forwarders {

class Dispatcher {
 public:
  static constexpr std::size_t kDeadLettersMax = 1000;

  struct Status {
    std::uint64_t sent = 0;     // delivered
    std::uint64_t failed = 0;   // attempts that are tried again
    std::uint64_t lost = 0;     // went with the full store, or stood in a damaged part of it
    std::uint64_t dead = 0;     // dead letters
    std::uint64_t backlog = 0;  // committed records not yet passed by the cursor
    std::uint64_t cursor = 0;
    std::size_t under_way = 0;
    Health health;
    std::int64_t since_wall_ns = 0;  // of the present health
  };

  /// Takes over the cursor of `destination.was`, or begins as `destination.start` says when there
  /// is none. Store, ledger (also as the sink of kDestinationDown) and clock outlive it.
  Dispatcher(Destination destination, std::unique_ptr<Forwarder> forwarder,
             const journal::Store& store, journal::Ledger& ledger, const Clock& clock);
  ~Dispatcher();

  /// Settles the cursor, then starts the thread. Once.
  void start();
  /// There is something new in the journal; any thread.
  void wake() const;
  /// Ends the thread: flushes for at most `flush_max`, then reports the cursor. Blocks.
  void stop(std::chrono::milliseconds flush_max);
  /// The store was full and the ledger took `records` away that were not delivered; any thread.
  void add_lost(std::uint64_t records);

  // --- any thread ---
  const std::string& name() const;
  Status status() const;
  std::vector<DeadLetter> dead_letters() const;
  const journal::LatencyBuckets& datagram_to_sent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::forwarders
