// SPDX-License-Identifier: Apache-2.0
// Which objects there are: the system and snmp groups (RFC 3418), the snmpEngine group (RFC 3411),
// snmpMPDStats (RFC 3412), snmpUnknownContexts (RFC 3413), usmStats (RFC 3414), and TRAPD-MIB.
#pragma once

#include <string>

#include "trapd/agent/identity.h"
#include "trapd/agent/object_tree.h"
#include "trapd/agent/readings.h"
#include "trapd/agent/resync_control.h"
#include "trapd/base/counter.h"
#include "trapd/base/published.h"
#include "trapd/snmp/drop_reason.h"
#include "trapd/usm/own_engine.h"

namespace trapd::agent {

/// Of the agent itself, beside what the receiver counts.
struct AgentCounters {
  Counter received;                    // datagrams
  Counters<snmp::DropReason> dropped;  // by what the receiver calls it too
  Counter own_window_misses;
  Counter not_authorised;    // a user that is none of the agent's (authorizationError)
  Counter unknown_contexts;  // snmpUnknownContexts
  Counter unknown_pdus;      // snmpUnknownPDUHandlers
  Counter reports;
  Counter reports_withheld;  // beyond kReportsPerSecond
  Counter silent_drops;      // snmpSilentDrops: not even tooBig fits
  Counter unsent;            // the kernel refused an answer
  Counter given_up;          // no memory to answer with
  Counter gets;              // requests answered, by kind; errors included
  Counter next_gets;
  Counter bulk_gets;
  Counter sets;
  Counter errors;  // responses with an error-status
};

/// All that is referred to outlives the tree.
struct ObjectSources {
  snmp::Oid mib_arc;        // trapdMIB
  std::string description;  // sysDescr
  const usm::OwnEngine& own;
  const Published<Settings>& settings;
  const Readings& readings;
  const ResyncControl& resync;
  const AgentCounters& counters;
};

/// Throws nothing; the tree refers to the sources' members, which it copies.
ObjectTree make_objects(const ObjectSources& sources);

/// The two that may be written, as instances.
struct WritableObjects {
  Arcs resync_begin;
  Arcs resync_cancel;
};
WritableObjects writable_objects(const snmp::Oid& mib_arc);

}  // namespace trapd::agent
