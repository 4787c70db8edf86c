// SPDX-License-Identifier: Apache-2.0
// The seam between the dispatcher, which reads the journal for one destination, and the kinds of
// destination (syslog, mail, SNMP).
//
// A forwarder belongs to its destination's thread; nothing here is called from another. It may
// keep some records under way at once, but finishes them in order, as far as delivered_through()
// tells: at a crash everything behind that is sent again (at least once, in order per source).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/base/clock.h"
#include "trapd/base/wakeup.h"

namespace trapd::forwarders {

/// One record that passed the destination's filter. The view lives only during offer().
struct Item {
  alarm::RecordView record;
  std::uint64_t sequence = 0;
  /// Per-destination number of forwarded records, without gaps while the process lives.
  std::uint64_t destination_sequence = 0;
};

/// A record the destination will never take (5xx, too big, no v1 form): it is set aside, with the
/// reason, and never blocks what comes behind.
struct DeadLetter {
  std::uint64_t sequence = 0;
  std::string reason;
};

struct Health {
  bool up = false;
  std::string detail;  // "connected to 192.0.2.7:6514 (TLSv1.3)" or why it is down, with the peer
};

class Forwarder {
 public:
  virtual ~Forwarder() = default;

  /// Takes the first n items into its own buffers and returns n; 0 when its window is full or it
  /// is not ready. Must not block and must copy what it needs.
  virtual std::size_t offer(std::span<const Item> items) = 0;

  /// Drives everything: resolves, connects, writes, reads answers, retries, backs off. Returns
  /// when something changed, when `wakeup` was notified, or at `until_ns` (monotonic) at the
  /// latest. Never blocks on one slow operation beyond that.
  virtual void run(const Wakeup& wakeup, std::int64_t until_ns) = 0;

  /// Everything offered up to this sequence is delivered (as design says per kind) or a dead
  /// letter; 0 = nothing yet. Never goes back.
  virtual std::uint64_t delivered_through() const = 0;
  /// Records under way: offered, neither delivered nor dead.
  virtual std::size_t under_way() const = 0;
  /// Delivered records since the start, for metrics.
  virtual std::uint64_t delivered_count() const = 0;
  /// Attempts that failed and are tried again, since the start.
  virtual std::uint64_t failed_count() const = 0;
  virtual Health health() const = 0;
  /// Dead letters since the last call.
  virtual std::vector<DeadLetter> take_dead_letters() = 0;

  /// Stop is near: sends what it holds back (a mail digest) now; run() goes on being called until
  /// under_way() is 0 or the deadline has passed.
  virtual void flush() = 0;

  /// The oldest record that is delivered and would yet be sent again should the connection not
  /// end in order, so also by the next process; 0 = none. It is on disk with the cursor.
  virtual std::uint64_t resend_from() const { return 0; }
  /// The last call: says goodbye and waits until until_ns (monotonic) at the latest for the peer to
  /// have read everything; what it has not, resend_from() goes on telling.
  virtual void close(std::int64_t until_ns) { static_cast<void>(until_ns); }
};

}  // namespace trapd::forwarders
