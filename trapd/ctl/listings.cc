// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/listings.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "trapd/ctl/table.h"

namespace trapd::ctl {
namespace {

/// A member as text; empty when it is missing.
std::string member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() ? cell_text(*found) : std::string();
}

/// A member that is an array; empty when it is missing.
Json list_in(const Json& object, const char* name) {
  if (!object.is_object()) return Json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

struct Column {
  const char* head;
  const char* member;
};

std::string table(const Json& list, const std::vector<Column>& columns, const char* none) {
  if (!list.is_array() || list.empty()) return std::string(none) + "\n";
  std::vector<std::string> heads;
  for (const Column& column : columns) heads.emplace_back(column.head);
  Table result(std::move(heads));
  for (const Json& row : list) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(member(row, column.member));
    result.add(std::move(cells));
  }
  return result.text();
}

void append_counts(const char* title, const Json& status, const char* name, std::string* text) {
  const auto counts = status.find(name);
  if (counts == status.end() || !counts->is_object()) return;
  for (const auto& [key, value] : counts->items()) {
    *text += fmt::format("  {:<12} {:<28} {:>14}\n", title, safe_text(key), cell_text(value));
  }
}

/// What there is to know of an alarm besides its severity: raised and well understood = empty.
std::string state_of(const Json& alarm) {
  const auto flapping = alarm.find("flapping");
  if (flapping != alarm.end() && flapping->is_object()) {
    return "flaps, now " + member(*flapping, "now");
  }
  return member(alarm, "unsure") == "true" ? "unsure" : "";
}

/// What a notification without a rule says is its name and its varbinds: its record has the OID for
/// both name and text.
Json told(const Json& record) {
  Json shown = record;
  const std::string text = member(record, "text");
  if (!text.empty() && text != member(record, "alarm")) return shown;
  if (const auto trap = record.find("trap"); trap != record.end() && trap->is_object()) {
    if (member(*trap, "oid") == member(record, "alarm")) shown["alarm"] = member(*trap, "name");
  }
  std::string said;
  const auto varbinds = record.find("varbinds");
  if (varbinds != record.end() && varbinds->is_array()) {
    for (const Json& varbind : *varbinds) {
      if (!varbind.is_object()) continue;
      said += (said.empty() ? "" : ", ") + member(varbind, "name") + "=" + member(varbind, "text");
    }
  }
  shown["text"] = std::move(said);
  return shown;
}

const char* on_or_off(const Json& object, const char* key) {
  return object.value(key, false) ? "on" : "off";
}

}  // namespace

std::string status_text(const Json& status) {
  std::string text;
  const auto line = [&](const char* head, const std::string& value) {
    text += fmt::format("{:<18} {}\n", head, value);
  };
  line("trapd", member(status, "version"));
  line("started", member(status, "started"));
  line("ready", status.value("ready", false) ? "yes" : "no: " + member(status, "reasons"));
  line("engine", member(status, "engine_id") + ", boots " + member(status, "boots"));
  line("engines known", member(status, "engines"));
  line("alarms active", member(status, "alarms_active"));
  line("received", member(status, "received"));
  append_counts("listener", status, "received_by_listener", &text);
  line("stored", member(status, "stored"));
  append_counts("suppressed", status, "suppressed", &text);
  append_counts("dropped", status, "dropped", &text);
  line("in flight", member(status, "in_flight"));
  line("originated", member(status, "originated"));
  if (const auto agent = status.find("agent"); agent != status.end() && agent->is_object()) {
    line("agent", member(*agent, "listen") + ", " + member(*agent, "received") + " received");
    append_counts("answered", *agent, "answered", &text);
    append_counts("refused", *agent, "refused", &text);
  }
  if (const auto now = status.find("confinement"); now != status.end() && now->is_object()) {
    line("user", member(*now, "user") + ", capabilities " + member(*now, "capabilities"));
    line("no_new_privs", on_or_off(*now, "no_new_privs"));
    line("seccomp", member(*now, "seccomp"));
    append_counts("refused call", *now, "refused_calls", &text);
    line("landlock", member(*now, "landlock"));
    line("core dumps", on_or_off(*now, "core_dumps"));
    line("secrets", member(*now, "secrets_locked") + " octets locked in memory, " +
                        member(*now, "secrets_not_locked") + " not");
  }
  const auto exceptions = status.find("exceptions");
  if (exceptions != status.end() && exceptions->is_array()) {
    for (const Json& exception : *exceptions) line("exception", cell_text(exception));
  }
  return text;
}

std::string alarms_text(const Json& alarms) {
  Json rows = alarms;
  for (Json& alarm : rows) {
    if (alarm.is_object()) alarm["state"] = state_of(alarm);
  }
  return table(rows,
               {{"ID", "id"},
                {"SEVERITY", "severity"},
                {"DEVICE", "device_name"},
                {"ALARM", "name"},
                {"RESOURCE", "resource"},
                {"COUNT", "count"},
                {"LAST", "last"},
                {"STATE", "state"},
                {"ACKNOWLEDGED BY", "acknowledged_by"},
                {"TEXT", "text"}},
               "no active alarm");
}

std::string history_text(const Json& page) {
  Json rows = Json::array();
  for (const Json& record : list_in(page, "records")) {
    rows.push_back(record.is_object() ? told(record) : record);
  }
  std::string text = table(rows,
                           {{"SEQUENCE", "sequence"},
                            {"TIME", "time"},
                            {"OUTCOME", "outcome"},
                            {"SEVERITY", "severity"},
                            {"DEVICE", "device_name"},
                            {"ALARM", "alarm"},
                            {"RESOURCE", "resource"},
                            {"TEXT", "text"}},
                           "no record");
  for (const Json& gap : list_in(page, "gaps")) {
    text += fmt::format("not readable (damaged): sequences {} to {}\n", member(gap, "from"),
                        member(gap, "through"));
  }
  if (const std::string next = member(page, "next"); !next.empty()) {
    return text + "older ones: the same with --before " + next + "\n";
  }
  if (member(page, "complete") == "false") {
    text += "what was before sequence " + member(page, "oldest_sequence") + " has left the store\n";
  }
  return text;
}

std::string devices_text(const Json& devices) {
  return table(devices,
               {{"NAME", "name"},
                {"ENGINE", "engine_id"},
                {"ADDRESS", "address"},
                {"BOOTS", "boots"},
                {"TIME", "time"},
                {"HEARD S AGO", "heard_ago_s"},
                {"BINDING", "binding"},
                {"SINCE", "bound_since"},
                {"SILENT", "silent"},
                {"WINDOW", "time_window"},
                {"SITE", "site"},
                {"TENANT", "tenant"}},
               "no device is known");
}

/// The newest; the JSON has all.
std::string dead_letters_text(const Json& destination) {
  constexpr std::size_t kShown = 20;
  const auto letters = destination.find("dead_letters");
  if (letters == destination.end() || !letters->is_array() || letters->empty()) return {};
  std::string text =
      fmt::format("\n{}: {} dead letters", member(destination, "name"), letters->size());
  if (const std::string total = member(destination, "dead"); !total.empty()) {
    text += fmt::format(", {} ever, {} of them gave way to newer ones", total,
                        member(destination, "dead_left"));
  }
  text += "\n";
  Json newest = Json::array();
  for (std::size_t i = letters->size() - std::min(letters->size(), kShown); i < letters->size();
       ++i) {
    newest.push_back((*letters)[i]);
  }
  if (newest.size() < letters->size()) text += fmt::format("the newest {}:\n", kShown);
  return text + table(newest,
                      {{"SEQUENCE", "sequence"},
                       {"SINCE", "since"},
                       {"RETRYING", "retrying"},
                       {"REASON", "reason"}},
                      "");
}

std::string destinations_text(const Json& destinations) {
  std::string text = table(destinations,
                           {{"NAME", "name"},
                            {"UP", "up"},
                            {"SENT", "sent"},
                            {"BACKLOG", "backlog"},
                            {"FAILED", "failed"},
                            {"LOST", "lost"},
                            {"DEAD", "dead"},
                            {"SINCE", "since"},
                            {"DETAIL", "detail"}},
                           "no destination");
  if (!destinations.is_array()) return text;
  for (const Json& destination : destinations) {
    if (destination.is_object()) text += dead_letters_text(destination);
  }
  return text;
}

std::string resync_text(const Json& begun) {
  if (begun.contains("stopping")) return "it is being stopped\n";
  return "the resynchronisation of " + member(begun, "destination") +
         " has begun: " + member(begun, "alarms") +
         " active alarms; trapctl --json destinations shows its end\n";
}

std::string retry_text(const Json& answer) {
  std::string text = member(answer, "retrying") + " are being sent again\n";
  const auto gone = answer.find("gone");
  if (gone != answer.end() && gone->is_array() && !gone->empty()) {
    text += "not sent, since the store does not hold them any more: " + cell_text(*gone) + "\n";
  }
  return text;
}

std::string drop_text(const Json& answer) {
  return member(answer, "dropped") + " are off the list\n";
}

std::string rules_text(const Json& rules) {
  return table(rules, {{"HITS", "hits"}, {"RULE", "name"}, {"FILE", "file"}, {"LINE", "line"}},
               "no rule");
}

std::string rule_text(const Json& rule) {
  std::string text =
      fmt::format("{:<14} {}\n{:<14} {}:{}\n{:<14} {}\n", "rule", member(rule, "name"), "file",
                  member(rule, "file"), member(rule, "line"), "hits", member(rule, "hits"));
  for (const Json& line : rule.value("says", Json::array())) {
    text += fmt::format("{:<14} {}\n", member(line, "key"), member(line, "value"));
  }
  return text;
}

std::string unmatched_text(const Json& answer) {
  return table(answer.value("traps", Json::array()),
               {{"COUNT", "count"}, {"OID", "oid"}, {"NAME", "name"}}, "nothing") +
         member(answer, "unmatched") + " notifications matched no rule\n";
}

std::string store_text(const Json& store) {
  std::string text;
  const auto line = [&](const char* head, const std::string& value) {
    text += fmt::format("{:<18} {}\n", head, value);
  };
  line("directory", member(store, "directory"));
  line("bytes used", member(store, "bytes") + " of " + member(store, "limit"));
  line("entries", member(store, "entries"));
  line("sequences", member(store, "oldest_sequence") + " to " + member(store, "newest_sequence"));
  const auto cursors = store.find("cursors");
  if (cursors != store.end() && cursors->is_object()) {
    for (const auto& [name, sequence] : cursors->items()) {
      line("cursor", safe_text(name) + ": " + cell_text(sequence));
    }
  }
  return text;
}

std::string record_line(const Json& record) {
  const Json shown = told(record);
  std::string line =
      fmt::format("{} {} {:<13} {} {}", member(shown, "time"), member(shown, "sequence"),
                  member(shown, "severity"), member(shown, "device_name"), member(shown, "alarm"));
  for (const char* name : {"resource", "text"}) {
    if (const std::string value = member(shown, name); !value.empty()) line += " " + value;
  }
  if (const std::string outcome = member(shown, "outcome"); !outcome.empty()) {
    line += " (" + outcome + ")";
  }
  return line;
}

}  // namespace trapd::ctl
