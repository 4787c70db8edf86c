// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/commands.h"

#include <algorithm>
#include <array>

#include "trapd/admin/time_text.h"
#include "trapd/base/bytes.h"
#include "trapd/base/clock.h"

namespace trapd::admin {
namespace {

constexpr std::size_t kTextOctetsMax = 1024;
constexpr std::size_t kSequencesMax = 1000;

/// An optional text; empty when it is missing.
Result<std::string> text_argument(const Json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::string();
  const auto* text = found->get_ptr<const std::string*>();
  if (text == nullptr) return failure(std::string(name) + " must be text");
  if (text->size() > kTextOctetsMax) return failure(std::string(name) + " is too long");
  return *text;
}

bool is_whole(const Json& number) {
  return number.is_number_integer() &&
         (number.is_number_unsigned() || number.get<std::int64_t>() >= 0);
}

Result<std::uint64_t> number_argument(const Json& arguments, const char* name,
                                      std::uint64_t missing) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return missing;
  if (!is_whole(*found)) return failure(std::string(name) + " must be a whole number");
  return found->get<std::uint64_t>();
}

Result<std::int64_t> moment_argument(const Json& arguments, const char* name,
                                     std::int64_t missing) {
  const auto text = text_argument(arguments, name);
  if (!text) return Unexpected(text.error());
  if (text->empty()) return missing;
  const auto moment = parse_moment(*text, SystemClock().wall_ns());
  if (moment) return *moment;
  return failure(
      std::string(name) +
      " must be a time like 2026-11-23T03:00:00Z, or how long ago, like 90s, 30m, 2h, 7d");
}

/// No action of an operator without its entry in the audit log; the entry comes first.
Result<Json> recorded(const Handlers& handlers, const Request& request, Json detail,
                      const std::function<Result<Json>()>& act) {
  const auto entry = handlers.record(request.who, request.command, std::move(detail));
  if (!entry) {
    return failure("not done, because the audit log cannot tell of it: " + entry.error().text);
  }
  Result<Json> result = act();
  if (!result) handlers.record_failure(request.who, *entry, result.error().text);
  return result;
}

Json done(const char* what) { return {{"done", what}}; }

Result<Json> run_status(const Handlers& handlers, const Request&) { return handlers.status(); }
Result<Json> run_devices(const Handlers& handlers, const Request&) { return handlers.devices(); }
Result<Json> run_destinations(const Handlers& handlers, const Request&) {
  return handlers.destinations();
}
Result<std::vector<std::uint64_t>> sequences_argument(const Json& arguments) {
  std::vector<std::uint64_t> sequences;
  const auto found = arguments.find("sequences");
  if (found == arguments.end()) return sequences;
  if (!found->is_array() || found->size() > kSequencesMax) {
    return failure("sequences must be an array of at most " + std::to_string(kSequencesMax));
  }
  for (const Json& sequence : *found) {
    if (!is_whole(sequence)) return failure("a sequence must be a whole number");
    sequences.push_back(sequence.get<std::uint64_t>());
  }
  return sequences;
}

Result<Json> run_on_dead_letters(const Handlers& handlers, const Handlers::OnDeadLetters& action,
                                 const Request& request) {
  const auto name = text_argument(request.arguments, "destination");
  const auto sequences = sequences_argument(request.arguments);
  if (!name) return Unexpected(name.error());
  if (!sequences) return Unexpected(sequences.error());
  if (name->empty()) return failure("destination is missing");
  const Json which = sequences->empty() ? Json("all") : Json(*sequences);
  return recorded(handlers, request, {{"destination", *name}, {"sequences", which}},
                  [&] { return action(*name, *sequences); });
}
Result<Json> run_dead_retry(const Handlers& handlers, const Request& request) {
  return run_on_dead_letters(handlers, handlers.retry_dead_letters, request);
}
Result<Json> run_dead_drop(const Handlers& handlers, const Request& request) {
  return run_on_dead_letters(handlers, handlers.drop_dead_letters, request);
}

Result<Json> run_rules(const Handlers& handlers, const Request&) { return handlers.rules(); }
Result<Json> run_rule(const Handlers& handlers, const Request& request) {
  const auto name = text_argument(request.arguments, "name");
  if (!name) return Unexpected(name.error());
  Json rule = handlers.rule(*name);
  if (rule.is_null()) return failure("no rule has the name " + *name);
  return rule;
}
Result<Json> run_unmatched(const Handlers& handlers, const Request&) {
  return handlers.unmatched();
}
Result<Json> run_store(const Handlers& handlers, const Request&) { return handlers.store_status(); }

Result<Json> run_alarms(const Handlers& handlers, const Request& request) {
  const auto filter = read_filter(request.arguments);
  if (!filter) return Unexpected(filter.error());
  return handlers.alarms(*filter);
}

Result<Json> run_history(const Handlers& handlers, const Request& request) {
  auto filter = read_filter(request.arguments);
  const auto before = number_argument(request.arguments, "before", 0);
  const auto limit = number_argument(request.arguments, "limit", 100);
  if (!filter) return Unexpected(filter.error());
  if (!before) return Unexpected(before.error());
  if (!limit) return Unexpected(limit.error());
  if (*limit < 1 || *limit > kHistoryRecordsMax) {
    return failure("limit must be from 1 to " + std::to_string(kHistoryRecordsMax));
  }
  HistoryQuery query;
  const auto since = moment_argument(request.arguments, "since", query.since_wall_ns);
  const auto until = moment_argument(request.arguments, "until", query.until_wall_ns);
  if (!since) return Unexpected(since.error());
  if (!until) return Unexpected(until.error());
  query.filter = std::move(*filter);
  query.since_wall_ns = *since;
  query.until_wall_ns = *until;
  query.before_sequence = *before;
  query.limit = static_cast<std::uint32_t>(*limit);
  return handlers.history(query);
}

using AlarmAction =
    std::function<Status(std::uint64_t, const std::string& who, const std::string& why)>;
Result<Json> run_on_alarm(const Handlers& handlers, const AlarmAction& action,
                          const Request& request, const char* what) {
  const auto id = number_argument(request.arguments, "id", 0);
  const auto why = text_argument(request.arguments, "why");
  if (!id) return Unexpected(id.error());
  if (!why) return Unexpected(why.error());
  if (*id == 0) return failure("id of the alarm is missing");
  return recorded(handlers, request, {{"id", *id}, {"why", *why}}, [&]() -> Result<Json> {
    if (auto status = action(*id, request.who, *why); !status) return Unexpected(status.error());
    return done(what);
  });
}
Result<Json> run_acknowledge(const Handlers& handlers, const Request& request) {
  return run_on_alarm(handlers, handlers.acknowledge, request, "acknowledged");
}
Result<Json> run_clear(const Handlers& handlers, const Request& request) {
  return run_on_alarm(handlers, handlers.clear, request, "cleared");
}

Result<Json> run_on_target(const std::function<Result<Json>(const std::string& target)>& action,
                           const Request& request) {
  const auto name = text_argument(request.arguments, "destination");
  if (!name) return Unexpected(name.error());
  if (name->empty()) return failure("destination is missing");
  return action(*name);
}
/// What changes something on a target.
Result<Json> run_recorded_on_target(
    const Handlers& handlers, const std::function<Result<Json>(const std::string& target)>& action,
    const Request& request, Json detail) {
  return run_on_target(
      [&](const std::string& target) {
        detail["destination"] = target;
        return recorded(handlers, request, detail, [&] { return action(target); });
      },
      request);
}
Result<Json> run_send(const Handlers& handlers, const Request& request) {
  const auto text = text_argument(request.arguments, "text");
  if (!text) return Unexpected(text.error());
  if (!request.arguments.contains("destination")) {
    return recorded(handlers, request, {{"text", *text}},
                    [&] { return handlers.send_test(*text); });
  }
  return run_recorded_on_target(handlers,
                                [&](const std::string& target) {
                                  return handlers.begin_test_event(target, *text, request.who);
                                },
                                request, {{"text", *text}});
}
Result<Json> run_send_result(const Handlers& handlers, const Request& request) {
  return run_on_target(handlers.test_event_result, request);
}

Result<Json> run_resync(const Handlers& handlers, const Request& request) {
  return run_recorded_on_target(handlers, handlers.begin_resync, request, Json::object());
}
Result<Json> run_resync_stop(const Handlers& handlers, const Request& request) {
  return run_recorded_on_target(handlers, handlers.cancel_resync, request, Json::object());
}

Result<Json> run_reload(const Handlers& handlers, const Request& request) {
  const std::vector<std::string> errors = handlers.reload(request.who);
  if (errors.empty()) return done("reloaded");
  std::string text = "the configuration in force stays:";
  for (const std::string& error : errors) text += "\n" + error;
  return failure(std::move(text));
}

Result<std::vector<std::uint8_t>> engine_argument(const Json& arguments) {
  const auto text = text_argument(arguments, "engine");
  if (!text) return Unexpected(text.error());
  auto id = from_hex(*text);
  if (!id || id->empty() || id->size() > 32) {
    return failure("engine must be an engine ID of 1 to 32 octets in hexadecimal");
  }
  return std::move(*id);
}

Result<Json> run_forget_engine(const Handlers& handlers, const Request& request) {
  const auto id = engine_argument(request.arguments);
  if (!id) return Unexpected(id.error());
  return recorded(handlers, request, {{"engine", to_hex(*id)}}, [&]() -> Result<Json> {
    if (auto status = handlers.forget_engine(*id, request.who); !status) {
      return Unexpected(status.error());
    }
    return done("forgotten");
  });
}

Result<Json> run_engine_clock(const Handlers& handlers, const Request& request) {
  const auto id = engine_argument(request.arguments);
  if (!id) return Unexpected(id.error());
  const auto clock = handlers.engine_clock(*id);
  return clock ? *clock : Json(nullptr);
}

Result<Json> run_refused(const Handlers& handlers, const Request& request) {
  const auto reason = read_reason(request.arguments);
  if (!reason) return Unexpected(reason.error());
  return handlers.refused(*reason);
}

struct Command {
  const char* name;
  Result<Json> (*run)(const Handlers&, const Request&);
};
constexpr std::array<Command, 21> kCommands = {{
    {"status", &run_status},
    {"alarms", &run_alarms},
    {"ack", &run_acknowledge},
    {"clear", &run_clear},
    {"history", &run_history},
    {"devices", &run_devices},
    {"destinations", &run_destinations},
    {"dead-retry", &run_dead_retry},
    {"dead-drop", &run_dead_drop},
    {"rules", &run_rules},
    {"rule", &run_rule},
    {"unmatched", &run_unmatched},
    {"send", &run_send},
    {"send-result", &run_send_result},
    {"reload", &run_reload},
    {"resync", &run_resync},
    {"resync-stop", &run_resync_stop},
    {"store", &run_store},
    {"forget-engine", &run_forget_engine},
    {"engine-clock", &run_engine_clock},
    {"refused", &run_refused},
}};

}  // namespace

Result<RecordFilter> read_filter(const Json& arguments) {
  RecordFilter filter;
  const auto severity = text_argument(arguments, "severity");
  const auto device = text_argument(arguments, "device");
  const auto name = text_argument(arguments, "name");
  const auto alarm_id = number_argument(arguments, "alarm", 0);
  if (!alarm_id) return Unexpected(alarm_id.error());
  if (!severity) return Unexpected(severity.error());
  if (!device) return Unexpected(device.error());
  if (!name) return Unexpected(name.error());
  for (std::string_view rest = *severity; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::optional<alarm::Severity> known = alarm::severity(one);
    if (!known) {
      return failure(
          "severity must be critical, major, minor, warning, indeterminate or cleared, or several "
          "of them with commas between");
    }
    filter.severities.push_back(*known);
  }
  filter.device = *device;
  filter.name = *name;
  filter.alarm_id = *alarm_id;
  return filter;
}

Result<std::optional<snmp::DropReason>> read_reason(const Json& arguments) {
  const auto label = text_argument(arguments, "reason");
  if (!label) return Unexpected(label.error());
  if (label->empty()) return std::optional<snmp::DropReason>();
  const std::optional<snmp::DropReason> known = snmp::drop_reason(*label);
  if (known) return known;
  std::string labels;
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::DropReason::kCount); ++i) {
    labels +=
        (labels.empty() ? "" : ", ") + std::string(snmp::label(static_cast<snmp::DropReason>(i)));
  }
  return failure("reason must be one of " + labels);
}

Result<Json> run_command(const Handlers& handlers, const Request& request) {
  for (const Command& command : kCommands) {
    if (request.command != command.name) continue;
    try {
      return command.run(handlers, request);
    } catch (const std::exception& problem) {
      return failure(request.command + " failed: " + problem.what());
    }
  }
  return failure("unknown command \"" + request.command + "\"");
}

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}
std::string ok_line(Json result) { return to_line({{"ok", true}, {"result", std::move(result)}}); }
std::string error_line(const std::string& text) {
  return to_line({{"ok", false}, {"error", text}});
}

}  // namespace trapd::admin
