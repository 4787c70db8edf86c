// SPDX-License-Identifier: Apache-2.0
// One ingest worker: a thread with its own libuv loop that reads its sockets of every listener,
// runs each batch to completion, and sends the answers that come back from the ledger.
//
//            readable                     ring full
//   IDLE ---------------> READING <-----------------------> BLOCKED (sockets not read; the kernel
//     ^                      |        retry each ms,          queues absorb; answers still drained)
//     +---- queues empty ----+        or ledger woke us
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "trapd/base/clock.h"
#include "trapd/base/wakeup.h"
#include "trapd/ingest/pipeline.h"

namespace trapd::ingest {

/// A socket this worker reads. The descriptor stays with the listener, which outlives the worker.
struct WorkerSocket {
  int fd = -1;
  std::uint16_t listener = 0;
  Endpoint local;            // as bound, for answers
  std::uint32_t number = 0;  // of all sockets
};

class Worker {
 public:
  struct Options {
    unsigned index = 0;
    std::size_t ring_octets = 4 << 20;
    Pipeline::Options pipeline;
  };
  /// `ledger`: notified after each batch that put records into the ring.
  Worker(Options options, std::vector<WorkerSocket> sockets,
         const Published<usm::SecurityConfig>& security, const Published<Snapshot>& snapshot,
         usm::EngineTable& engines, const usm::OwnEngine& own, const Wakeup& ledger,
         const Clock& clock, RefusalObserver* observer);
  ~Worker();

  void start();
  /// Reads on until every queue was once empty (at most drain_max), then ends the thread. Answers
  /// already given back are sent. The rings stay for the ledger.
  void stop(std::chrono::milliseconds drain_max);
  /// The thread has ended: sends the answers the ledger has given back since. Again after the
  /// ledger has stopped, for those of its last commit.
  void send_last_answers();

  SpscRing& records();
  SpscRing& answers();
  const Wakeup& wakeup() const;
  const WorkerCounters& counters() const;
  /// Generations the worker works with, for a reload that waits for them.
  std::uint64_t security_generation() const;
  std::uint64_t snapshot_generation() const;

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace trapd::ingest
