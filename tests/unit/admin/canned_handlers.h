// SPDX-License-Identifier: Apache-2.0
// Handlers that answer without a gateway, and remember what they were asked.
#pragma once

#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trapd/admin/handlers.h"

namespace trapd::admin {

struct Asked {
  RecordFilter filter;
  HistoryQuery history;
  std::uint64_t alarm_id = 0;
  std::string who;
  std::string why;
  std::string text;
  std::vector<std::uint8_t> engine_id;
  std::vector<std::string> reload_errors;
  std::map<int, TailSink> tails;
  int next_tail = 0;
  std::vector<ListeningSocket> sockets;
  std::promise<Fd> successor;
  std::vector<std::string> recorded;  // "who action detail", "who failed 1: reason"
  std::string record_error;           // empty = the audit log works

  std::optional<snmp::DropReason> reason;

  Unsubscribe subscribe(TailSink sink) {
    const int number = next_tail++;
    tails[number] = std::move(sink);
    return [this, number] { tails.erase(number); };
  }
  void show(const Json& record) {
    std::vector<TailSink> sinks;
    for (const auto& [number, sink] : tails) sinks.push_back(sink);
    for (const TailSink& sink : sinks) sink(record);
  }
};

inline void add_tests(Handlers& handlers, Asked& asked) {
  handlers.send_test = [&asked](const std::string& text) -> Result<Json> {
    asked.text = text;
    return Json{{"sent", true}};
  };
  handlers.begin_test_event = [&asked](const std::string& destination, const std::string& text,
                                       const std::string& who) -> Result<Json> {
    if (destination != "noc") return failure("no destination is called " + destination);
    asked.text = text;
    asked.who = who;
    return Json{{"destination", destination}, {"number", 1}};
  };
  handlers.test_event_result = [](const std::string& destination) -> Result<Json> {
    if (destination != "noc") return failure("no test event has been sent to " + destination);
    return Json{{"destination", destination}, {"number", 1}, {"running", true}};
  };
}

inline void add_refused(Handlers& handlers, Asked& asked) {
  handlers.refused = [&asked](std::optional<snmp::DropReason> reason) {
    asked.reason = reason;
    return Json::array({{{"number", 1}}});
  };
  handlers.subscribe_refused = [&asked](std::optional<snmp::DropReason> reason,
                                        TailSink sink) -> Unsubscribe {
    asked.reason = reason;
    return asked.subscribe(std::move(sink));
  };
}

inline void add_record(Handlers& handlers, Asked& asked) {
  handlers.record = [&asked](const std::string& who, const std::string& action,
                             const Json& detail) -> Result<std::uint64_t> {
    if (!asked.record_error.empty()) return failure(asked.record_error);
    asked.recorded.push_back(who + " " + action + " " + detail.dump());
    return std::uint64_t{asked.recorded.size()};
  };
  handlers.record_failure = [&asked](const std::string& who, std::uint64_t entry,
                                     const std::string& reason) {
    asked.recorded.push_back(who + " failed " + std::to_string(entry) + ": " + reason);
  };
}

inline Handlers canned_handlers(Asked& asked) {
  Handlers handlers;
  add_record(handlers, asked);
  handlers.status = [] { return Json{{"version", "1"}, {"ready", true}}; };
  handlers.alarms = [&asked](const RecordFilter& filter) {
    asked.filter = filter;
    return Json::array({{{"id", 7}, {"name", "linkDown"}}});
  };
  handlers.acknowledge = [&asked](std::uint64_t id, const std::string& who,
                                  const std::string& why) -> Status {
    asked.alarm_id = id;
    asked.who = who;
    asked.why = why;
    return id == 7 ? Status() : failure("no active alarm has the id " + std::to_string(id));
  };
  handlers.clear = handlers.acknowledge;
  handlers.history = [&asked](const HistoryQuery& query) -> Result<Json> {
    asked.history = query;
    return Json{{"records", Json::array()}, {"next", nullptr}};
  };
  handlers.subscribe_tail = [&asked](const RecordFilter& filter, TailSink sink) -> Unsubscribe {
    asked.filter = filter;
    return asked.subscribe(std::move(sink));
  };
  handlers.devices = [] { return Json::array(); };
  handlers.destinations = [] { return Json::array(); };
  handlers.retry_dead_letters = [](const std::string& name,
                                   const std::vector<std::uint64_t>& sequences) -> Result<Json> {
    if (name != "noc") return failure("no destination is called " + name);
    return Json{{"retrying", sequences.size()}, {"gone", Json::array()}};
  };
  handlers.drop_dead_letters = [](const std::string&,
                                  const std::vector<std::uint64_t>& sequences) -> Result<Json> {
    return Json{{"dropped", sequences.size()}};
  };
  handlers.rules = [] { return Json::array(); };
  handlers.rule = [](const std::string& name) {
    return name == "known" ? Json{{"name", name}} : Json(nullptr);
  };
  handlers.unmatched = [] { return Json{{"unmatched", 0}, {"traps", Json::array()}}; };
  add_tests(handlers, asked);
  add_refused(handlers, asked);
  handlers.begin_resync = [](const std::string& target) -> Result<Json> {
    if (target != "noc") return failure("no destination is called " + target);
    return Json{{"destination", target}, {"alarms", 3}};
  };
  handlers.cancel_resync = [](const std::string& target) -> Result<Json> {
    return failure("no resynchronisation of " + target + " is running");
  };
  handlers.reload = [&asked](const std::string& who) {
    asked.who = who;
    return asked.reload_errors;
  };
  handlers.forget_engine = [&asked](const std::vector<std::uint8_t>& id, const std::string& who) {
    asked.engine_id = id;
    asked.who = who;
    return Status();
  };
  handlers.store_status = []() -> Json { throw std::runtime_error("the disk is gone"); };
  handlers.engine_clock = [](const std::vector<std::uint8_t>& id) -> std::optional<Json> {
    if (id.size() != 5) return std::nullopt;
    return Json{{"boots", 3}, {"time", 100}, {"received_ago_s", 2}, {"now_estimate", 102}};
  };
  handlers.sockets = [&asked](const std::string&) { return asked.sockets; };
  handlers.yield = [&asked](Fd connection, const std::string&) {
    asked.successor.set_value(std::move(connection));
  };
  return handlers;
}

}  // namespace trapd::admin
