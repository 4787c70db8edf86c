// SPDX-License-Identifier: Apache-2.0
// One datagram from the socket to the ring, as one worker does it:
//
//   admit -> decode -> USM -> SNMPv2 shape -> device -> storm -> classify -> record -> ring
//
// Every call ends in exactly one of: handed over (a record in the ring), suppressed, dropped with
// a reason. No exception, no log line, and for a sender that is known neither allocation nor lock.
// The first authentic message of an (engine, user) takes the lock of the engine table and makes an
// entry there and in the key cache; a message of a starved source that names an existing user takes
// that lock to look; refresh() takes one when something was published. A refusal is told to the
// observer, which decides itself what is worth keeping.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "trapd/alarm/record.h"
#include "trapd/base/published.h"
#include "trapd/base/spsc_ring.h"
#include "trapd/ingest/counters.h"
#include "trapd/ingest/snapshot.h"
#include "trapd/ingest/storm.h"
#include "trapd/net/admission.h"
#include "trapd/net/udp_batch.h"
#include "trapd/snmp/notification.h"
#include "trapd/usm/inbound.h"
#include "trapd/usm/reply.h"
#include "trapd/usm/report_rule.h"

namespace trapd::ingest {

/// Where a datagram came in.
struct Arrival {
  std::uint16_t listener = 0;
  std::uint32_t socket = 0;  // of all sockets; goes back with the answer
};

/// A refused datagram, for diagnosis; the views live during the call only.
struct Refusal {
  snmp::DropReason reason = snmp::DropReason::kMalformed;
  const net::Datagram* datagram = nullptr;
  const snmp::V3Message* v3 = nullptr;  // when it was readable as v3
  bool authenticated = false;           // the digest was right: the named engine did send it
  usm::EngineClock::Verdict window = usm::EngineClock::Verdict::kInWindow;
  bool at_agent = false;  // by the northbound agent, which knows no device and no window of one
};

/// Told of every refusal, and each second of every device beyond its rate, on the worker's thread:
/// must be quick and must not allocate.
class RefusalObserver {
 public:
  virtual ~RefusalObserver() = default;
  virtual void refused(const Refusal& refusal, std::int64_t monotonic_ns) = 0;
  virtual void stormed(std::string_view device, const net::Datagram& datagram) = 0;
};

class Pipeline {
 public:
  struct Options {
    unsigned worker = 0;  // 0, 1 … : whose hits of rules these are
    std::size_t cached_keys_max = 100'000;
    /// Sum over all workers, for the Counter32 in a Report.
    std::function<std::uint64_t(snmp::DropReason)> dropped_total;
    std::function<std::uint64_t()> own_window_misses_total;
  };
  /// Everything referenced outlives the pipeline.
  Pipeline(Options options, const Published<usm::SecurityConfig>& security,
           const Published<Snapshot>& snapshot, usm::EngineTable& engines,
           const usm::OwnEngine& own, SpscRing& records, WorkerCounters& counters,
           RefusalObserver* observer);

  /// Once per batch: takes over what a reload published.
  void refresh();
  /// Generations in force, for the reload that waits for them.
  std::uint64_t security_generation() const { return security_generation_; }
  std::uint64_t snapshot_generation() const { return snapshot_.generation(); }

  /// False: the ring is full, nothing was done or counted; offer the datagram again.
  bool process(const net::Datagram& datagram, const Arrival& arrival, std::int64_t monotonic_ns);
  /// What to send back at once (a Report, or tooBig); empty = nothing. Until the next process().
  ByteView reply() const { return reply_; }

 private:
  struct Context;  // of the datagram in process(): pipeline_context.h

  void process_v3(Context& context);
  void process_community(Context& context);
  void refuse_usm(Context& context);
  void dispatch_pdu(Context& context, const snmp::ScopedPdu& scoped);
  void take_inform(Context& context, const snmp::ScopedPdu& scoped, const snmp::Pdu& pdu);
  void take_inform_v2c(Context& context, const snmp::Pdu& pdu);
  void take_trap_v1(Context& context);
  /// Shape done: device, storm, classification, record.
  void take(Context& context);
  void identify(Context& context);
  bool may_speak_for(const Context& context, ByteView engine) const;
  const DeviceEntry* find_device(ByteView engine, const Endpoint& address) const;
  void classify(const Context& context);
  bool relayed_address(const Context& context, Endpoint* address) const;
  void hand_over(Context& context, bool heard_only = false);
  std::size_t write_record(const Context& context, std::uint8_t* room) const;
  void fill_header(const Context& context, alarm::RecordHeader* header) const;
  void drop(Context& context, snmp::DropReason reason);
  void let_pass(snmp::Deviations deviations);
  void answer_too_big(Context& context, ByteView answer);
  static void leaves_no_record(const Context& context);
  std::uint64_t usm_total(usm::UsmCounter counter) const;
  void report(Context& context, const usm::ReportGate& gate, snmp::OidView counter,
              std::uint64_t value, bool sign);

  const Options options_;
  const usm::OwnEngine& own_;
  usm::InboundProcessor usm_;
  std::uint64_t security_generation_ = 0;
  Subscription<Snapshot> snapshot_;
  SpscRing& records_;
  WorkerCounters& counters_;
  RefusalObserver* observer_;
  net::Admission admission_;
  StormGuard storm_;
  usm::ReplyBuilder replies_;
  ByteView reply_;
  std::unique_ptr<std::uint8_t[]> scratch_;
  std::unique_ptr<alarm::Classification> classification_;
  snmp::TrapOidBuffer trap_oid_buffer_{};
  std::array<char, 160> device_text_{};
  std::array<char, 64> source_text_{};
};

}  // namespace trapd::ingest
