// SPDX-License-Identifier: Apache-2.0
// What one worker counts: written by its thread, read by any.
#pragma once

#include <array>
#include <cstdint>

#include "trapd/base/counter.h"
#include "trapd/snmp/deviation.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::ingest {

inline constexpr std::size_t kListenersMax = 64;

struct alignas(kCacheLine) WorkerCounters {
  std::array<Counter, kListenersMax> received;  // datagrams read, by listener
  Counters<snmp::DropReason> dropped;
  Counters<snmp::SuppressReason> suppressed;  // those the worker decides: storm, rule
  Counter handed_over;                        // records put into the ring, to be stored
  Counter heard_only;                         // put into the ring for the table of devices
  Counter responses;                          // informs answered
  Counter reports;
  Counters<snmp::Deviation> tolerated;  // let pass: where it is read, in header and in PDU
  Counter silent_drops;                 // RFC 3418 snmpSilentDrops: not even tooBig fitted
  Counter own_window_misses;            // usmStatsNotInTimeWindows: where we are authoritative
  Counter ring_full;                    // times the worker had to stop reading
  Counter answers_unsent;               // the kernel refused an answer; the sender will retry
};

}  // namespace trapd::ingest
