// SPDX-License-Identifier: Apache-2.0
// What the control socket asks of the gateway: one function per command of trapctl. Admin knows
// no more of the gateway than this table.
//
// Threads: every function is called on the thread of the main loop (the one ControlServer runs
// on), one at a time, and may block that loop only briefly (a commit, a bounded read). None may be
// empty. An Error's text goes to the operator as it stands; it names what was wrong and where.
// The JSON shapes are in PROTOCOL.md.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "trapd/admin/history.h"
#include "trapd/admin/record_filter.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::admin {

using Json = nlohmann::json;

/// Takes one record, or refused datagram, as JSON; called on the main loop's thread.
using TailSink = std::function<void(const Json& record)>;
/// Ends a subscription; may be called from within the sink; the sink is not called afterwards.
using Unsubscribe = std::function<void()>;

struct ListeningSocket {
  int fd = -1;
  bool outlives = false;  // systemd holds it too: its queue goes on when no trapd runs
};

struct Handlers {
  /// What an operator asks for and what changes something, before it is done: on disk when this
  /// returns, with the number of the entry of the audit log. An error: it must not be done.
  std::function<Result<std::uint64_t>(const std::string& who, const std::string& action,
                                      Json detail)>
      record;
  /// That it was not done after all, and why.
  std::function<void(const std::string& who, std::uint64_t entry, const std::string& reason)>
      record_failure;
  /// Object: version, started, listeners, counters of the conservation law, engines, store …
  std::function<Json()> status;
  /// Array of active alarms.
  std::function<Json(const RecordFilter&)> alarms;
  /// `who` is the operator with the uid of the peer, `why` may be empty. Both have returned from
  /// the disk when this returns.
  std::function<Status(std::uint64_t alarm_id, const std::string& who, const std::string& why)>
      acknowledge;
  std::function<Status(std::uint64_t alarm_id, const std::string& who, const std::string& why)>
      clear;
  /// One page (history.h).
  std::function<Result<Json>(const HistoryQuery&)> history;
  /// Committed records from now on. At most ControlServer::kClientsMax subscriptions live at once.
  std::function<Unsubscribe(const RecordFilter&, TailSink)> subscribe_tail;
  /// Arrays.
  std::function<Json()> devices;
  std::function<Json()> destinations;
  /// Dead letters of one destination, empty = all: sent again, {retrying, gone: [sequences that the
  /// store does not hold any more]}; or taken off the list, {dropped}.
  using OnDeadLetters = std::function<Result<Json>(const std::string& destination,
                                                   const std::vector<std::uint64_t>& sequences)>;
  OnDeadLetters retry_dead_letters;
  OnDeadLetters drop_dead_letters;
  std::function<Json()> rules;
  std::function<Json(const std::string& name)> rule;  // null when there is none
  std::function<Json()> unmatched;
  /// Raises trapd's own test condition; it takes the whole path.
  std::function<Result<Json>(const std::string& text)> send_test;
  /// A test event to one destination and to nobody else: {destination, number}, at once; and what
  /// came of the last one: {destination, number, running}, and when it does not run any more
  /// {delivered, answered, detail}.
  std::function<Result<Json>(const std::string& destination, const std::string& text,
                             const std::string& who)>
      begin_test_event;
  std::function<Result<Json>(const std::string& destination)> test_event_result;
  /// Resynchronisation of one destination, by name: {destination, alarms}; {stopping}. They return
  /// at once.
  std::function<Result<Json>(const std::string& target)> begin_resync;
  std::function<Result<Json>(const std::string& target)> cancel_resync;
  /// Empty = the new configuration is in force; otherwise every error, and the old one stays.
  /// Records itself.
  std::function<std::vector<std::string>(const std::string& who)> reload;
  std::function<Status(const std::vector<std::uint8_t>& engine_id, const std::string& who)>
      forget_engine;
  /// Object: directory, bytes, limit, entries, sequences, cursors.
  std::function<Json()> store_status;
  /// What is known of the clock of one engine: {boots, time, received_ago_s, now_estimate}; nullopt
  /// when the engine has never authenticated. For `trapctl explain`.
  std::function<std::optional<Json>(const std::vector<std::uint8_t>& engine_id)> engine_clock;
  /// Array of the datagrams refused of late, those of one reason or all, each reason's oldest
  /// first.
  std::function<Json(std::optional<snmp::DropReason> reason)> refused;
  /// Those refused from now on, as they come; of a flood some only, with how many were passed over.
  std::function<Unsubscribe(std::optional<snmp::DropReason> reason, TailSink)> subscribe_refused;
  /// The sockets that a successor is to take over; they stay this process's own as well.
  std::function<std::vector<ListeningSocket>(const std::string& who)> sockets;
  /// A successor is ready: stop, and when the store is released say so on its connection.
  std::function<void(Fd successor, const std::string& who)> yield;
};

}  // namespace trapd::admin
