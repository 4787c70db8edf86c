// SPDX-License-Identifier: Apache-2.0
// One destination's thread: reads the journal at its cursor, filters, numbers, offers to the
// forwarder, drives it, and reports the cursor back to the ledger.
//
//   journal --read()--> filter --> window of items --offer()--> forwarder --delivered_through()-->
//   cursor --report_delivery()--> ledger
//
// A start goes on behind the cursor, or before it where the end of the last connection has left in
// doubt what the peer has read (Forwarder::resend_from()).
//
// A destination that is down, slow or broken costs others nothing: it only falls behind in the
// journal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "trapd/alarm/own_condition.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/store.h"

namespace trapd::forwarders {

class Dispatcher {
 public:
  /// A further forwarder to the same peer, for dead letters that are sent again out of the order;
  /// called on a thread of its own. Empty = no retries.
  using Again = std::function<std::unique_ptr<Forwarder>()>;

  struct Status {
    std::uint64_t sent = 0;     // delivered
    std::uint64_t failed = 0;   // attempts that are tried again
    std::uint64_t lost = 0;     // went with the full store, or stood in a damaged part of it
    std::uint64_t backlog = 0;  // committed records not yet passed by the cursor
    std::uint64_t cursor = 0;
    std::size_t under_way = 0;
    std::uint64_t last_number = 0;  // destination_sequence of the last delivered record
    Health health;
    std::int64_t since_wall_ns = 0;  // of the present health
  };

  /// Takes over the cursor of `destination.was`, or begins as `destination.start` says when there
  /// is none. Store, ledger (also as the sink of kDestinationDown, and as the keeper of the dead
  /// letters) and clock outlive it.
  Dispatcher(Destination destination, std::unique_ptr<Forwarder> forwarder,
             const journal::Store& store, journal::Ledger& ledger, const Clock& clock,
             Again again = {});
  ~Dispatcher();

  /// Settles the cursor, then starts the thread. Once.
  void start();
  /// There is something new in the journal; any thread.
  void wake() const;
  /// Dead letters were marked to be sent again; any thread.
  void retry();
  /// Ends the thread: flushes for at most `flush_max`, closes, then reports the cursor. Blocks.
  void stop(std::chrono::milliseconds flush_max);
  /// The store was full and the ledger took `records` away that were not delivered; any thread.
  void add_lost(std::uint64_t records);

  // --- any thread ---
  const std::string& name() const;
  Status status() const;
  /// Status::lost alone; takes no lock.
  std::uint64_t lost() const;
  const journal::LatencyBuckets& datagram_to_sent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::forwarders
