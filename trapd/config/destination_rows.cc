// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/destination_rows.h"

#include <fmt/format.h>

#include <map>

#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

using forwarders::Destination;

constexpr std::array<Word<Destination::Send>, 2> kSend = {
    {{"all", Destination::Send::kAll}, {"changes", Destination::Send::kChanges}}};
constexpr std::array<Word<Destination::Start>, 2> kStart = {
    {{"now", Destination::Start::kNow}, {"oldest", Destination::Start::kOldest}}};

/// The name is a label of metrics and the key of a cursor.
bool valid_name(std::string_view name) {
  return name.size() <= 64 && name.find_first_not_of(
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_.") == std::string_view::npos;
}

template <std::string Destination::*Member, Position DestinationDraft::*At>
void read_name(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  draft.*At = node.at;
  if (!need_scalar(reading, setting, node)) return;
  if (valid_name(node.text)) {
    draft.destination.*Member = node.text;
  } else {
    reading.unexpected(setting, node);
  }
}

void read_type(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  static constexpr std::array<Word<DestinationType>, 3> kTypes = {
      {{"syslog", DestinationType::kSyslog},
       {"mail", DestinationType::kMail},
       {"snmp", DestinationType::kSnmp}}};
  as_choice<&DestinationDraft::type, kTypes>(reading, setting, node, draft);
}

void read_send(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  as_choice<&Destination::send, kSend>(reading, setting, node, draft.destination);
}
void read_start(Reading& reading, const Setting& setting, const Node& node,
                DestinationDraft& draft) {
  as_choice<&Destination::start, kStart>(reading, setting, node, draft.destination);
}
void read_filter(Reading& reading, const Setting& setting, const Node& node,
                 DestinationDraft& draft) {
  draft.destination.filter = read_select(reading, setting, node);
}

constexpr std::array<Row<DestinationDraft>, 6> kDestination = {{
    {{.key = "name",
      .words = "1 to 64 letters, digits, '-', '_', '.'",
      .required = true,
      .doc = "unique; label of metrics and name of its cursor",
      .example = "noc-syslog"},
     &read_name<&Destination::name, &DestinationDraft::name_at>},
    {{.key = "type",
      .form = Form::kChoice,
      .words = "syslog | mail | snmp",
      .required = true,
      .doc = "kind of destination",
      .example = "syslog"},
     &read_type},
    {{.key = "was",
      .words = "1 to 64 letters, digits, '-', '_', '.'",
      .doc = "former name, whose cursor it takes over",
      .example = "old-name"},
     &read_name<&Destination::was, &DestinationDraft::was_at>},
    {{.key = "send",
      .form = Form::kChoice,
      .words = "all | changes",
      .fallback = "all",
      .doc = "all: every stored notification; changes: raise, clear and severity change of alarms"},
     &read_send},
    {{.key = "start",
      .form = Form::kChoice,
      .words = "now | oldest",
      .fallback = "now",
      .doc = "where a new destination begins"},
     &read_start},
    {{.key = "select",
      .form = Form::kWritten,
      .words = "a mapping, or a list of {allow: …} and {prevent: …}",
      .fallback = "{}",
      .doc = "a mapping allows what matches; in a list the first match decides",
      .example = "{severity: [critical, major, minor, cleared]}"},
     &read_filter},
}};

void bind_kind(DestinationDraft& draft, std::vector<BoundRow>* bound) {
  switch (draft.type) {
    case DestinationType::kSyslog:
      return bind(syslog_rows(), draft, bound);
    case DestinationType::kMail:
      return bind(mail_rows(), draft, bound);
    case DestinationType::kSnmp:
      return bind(snmp_rows(), draft, bound);
    case DestinationType::kNone:
      return;
  }
}

void finish(Reading& reading, const Node& node, DestinationDraft& draft) {
  switch (draft.type) {
    case DestinationType::kSyslog:
      return finish_syslog(reading, node, draft);
    case DestinationType::kMail:
      return finish_mail(reading, node, draft);
    case DestinationType::kSnmp:
      return finish_snmp(reading, node, draft);
    case DestinationType::kNone:
      return;
  }
}

void read_destination(Reading& reading, const Node& node, DestinationDraft& draft) {
  // Which keys there are depends on the type, so that comes first.
  const Node* type = node.find("type");
  const bool known = type != nullptr && type->is_scalar() &&
                     (type->text == "syslog" || type->text == "mail" || type->text == "snmp");
  if (!known) {
    Setting setting = kDestination[1].setting;
    if (type != nullptr) {
      reading.unexpected(setting, *type);
    } else {
      reading.error(node.at,
                    "a destination lacks the key type; expected " + expected_text(setting));
    }
    return;
  }
  read_type(reading, kDestination[1].setting, *type, draft);
  std::vector<BoundRow> rows;
  bind(destination_rows(), draft, &rows);
  bind_kind(draft, &rows);
  read_mapping(reading, fmt::format("a {} destination", type->text), node, rows);
  finish(reading, node, draft);
}

void check_names(Reading& reading, const std::vector<DestinationDraft>& destinations) {
  std::map<std::string_view, int> names;
  for (const DestinationDraft& draft : destinations) {
    if (draft.destination.name.empty()) continue;
    const auto [first, added] = names.emplace(draft.destination.name, draft.name_at.line);
    if (added) continue;
    reading.error(draft.name_at,
                  fmt::format("name: {} is the destination at line {} already; expected a name of "
                              "its own",
                              draft.destination.name, first->second));
  }
  std::map<std::string_view, int> formers;
  for (const DestinationDraft& draft : destinations) {
    if (draft.destination.was.empty()) continue;
    const auto [first, added] = formers.emplace(draft.destination.was, draft.was_at.line);
    if (names.contains(draft.destination.was) || !added) {
      reading.error(draft.was_at,
                    fmt::format("was: {} is {}; expected the name of a destination that is gone",
                                draft.destination.was,
                                added ? "still a destination" : "taken over by another already"));
    }
  }
}

}  // namespace

std::span<const Row<DestinationDraft>> destination_rows() { return kDestination; }

void read_destinations(Reading& reading, const Setting& setting, const Node& node,
                       std::vector<DestinationDraft>& destinations) {
  read_list(reading, setting, node, [&](const Node& item) {
    DestinationDraft draft;
    draft.at = item.at;
    draft.name_at = item.at;
    if (!item.is_mapping()) {
      reading.error(item.at, fmt::format("a destination: expected a mapping of keys, found {}",
                                         kind_text(item)));
      return;
    }
    read_destination(reading, item, draft);
    destinations.push_back(std::move(draft));
  });
  check_names(reading, destinations);
}

}  // namespace trapd::config
