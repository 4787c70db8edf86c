// SPDX-License-Identifier: Apache-2.0
// One resynchronisation while it runs; private to resync*.cc.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "forwarders/resync.h"
#include "trapd/base/wakeup.h"

namespace trapd::forwarders {

/// One resynchronisation; its thread ends by itself.
struct Resyncs::Run {
  Run(std::string to, Destination settings, Destination sending, const Sources& from,
      const Clock& time, std::atomic<ResyncResult>* last)
      : target(std::move(to)),
        destination(std::move(settings)),
        sender(std::move(sending)),
        sources(from),
        clock(time),
        last_result(last) {}

  const std::string target;
  const Destination destination;
  const Destination sender;
  const Sources& sources;
  const Clock& clock;
  std::atomic<ResyncResult>* const last_result;  // of all
  Wakeup wakeup;
  std::atomic<bool> cancelled{false};
  std::atomic<bool> abandoned{false};  // the process ends
  std::atomic<bool> ended{false};
  std::atomic<ResyncResult> result{ResyncResult::kNone};
  std::atomic<std::uint64_t> sent{0};

  // --- its thread ---
  std::unique_ptr<Forwarder> forwarder;
  std::uint64_t number = 0;
  std::uint64_t refused = 0;

  std::jthread thread;  // last: joined before what it uses goes

  void work();
  ResyncResult send_list();
  std::vector<journal::Ledger::AlarmRow> next_rows(std::uint32_t from, std::size_t rows_max) const;
  ResyncResult send_rows(std::vector<journal::Ledger::AlarmRow> rows);
  ResyncResult send_and_look_again(std::vector<journal::Ledger::AlarmRow>* rows, bool again);
  bool deliver(const std::vector<ResyncRecord>& records, std::int64_t patience_ns, bool stoppable);
  void turn(std::int64_t until_ns);
  void take_refusals();
  void pace(std::int64_t batch_began_ns, std::size_t rows) const;
  ResyncRecord::Origin origin() const {
    return {sources.own_device, sources.own_device_name, clock.wall_ns()};
  }
  Status status() const { return {target, destination.name, !ended, result, sent}; }
  std::string why_failed() const {
    return refused > 0 ? std::to_string(refused) + " refused" : forwarder->health().detail;
  }
  bool wants_end(bool stoppable) const { return abandoned || (stoppable && cancelled); }
  ResyncResult ended_early() const {
    return wants_end(true) ? ResyncResult::kStopped : ResyncResult::kFailed;
  }
};

}  // namespace trapd::forwarders
