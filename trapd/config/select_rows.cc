// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "trapd/config/destination_rows.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

using forwarders::Filter;
using forwarders::Match;

/// One value or a list of them. Of all rows here: nothing behind the key is as good as no key and
/// means all, an empty list means none.
void each_value(Reading& reading, const Setting& setting, const Node& node,
                const std::function<void(const Node&)>& value) {
  const auto checked = [&](const Node& item) {
    if (need_scalar(reading, setting, item)) value(item);
  };
  if (node.is_scalar()) {
    checked(node);
  } else {
    read_list(reading, setting, node, checked);
  }
}

template <auto Member>
void as_names(Reading& reading, const Setting& setting, const Node& node, Match& match) {
  if (node.is_null()) return;
  auto& names = (match.*Member).emplace();
  each_value(reading, setting, node, [&](const Node& item) { names.push_back(item.text); });
}

/// Those that `parse` makes a value of.
template <auto Member, auto Parse>
void as_parsed(Reading& reading, const Setting& setting, const Node& node, Match& match) {
  if (node.is_null()) return;
  auto& values = (match.*Member).emplace();
  each_value(reading, setting, node, [&](const Node& item) {
    if (const auto value = Parse(item.text)) {
      values.push_back(*value);
    } else {
      reading.unexpected(setting, item);
    }
  });
}

void read_types(Reading& reading, const Setting& setting, const Node& node, Match& match) {
  if (node.is_null()) return;
  auto& types = match.type.emplace();
  each_value(reading, setting, node, [&](const Node& item) {
    if (item.text == "security") {  // the five of X.736
      for (auto type = static_cast<int>(alarm::EventType::kIntegrityViolation);
           type <= static_cast<int>(alarm::EventType::kTimeDomainViolation); ++type) {
        types.push_back(static_cast<alarm::EventType>(type));
      }
    } else if (const auto type = alarm::event_type(item.text)) {
      types.push_back(*type);
    } else {
      reading.unexpected(setting, item);
    }
  });
}

void read_origin(Reading& reading, const Setting& setting, const Node& node, Match& match) {
  if (node.is_null()) return;
  if (node.is_scalar() && (node.text == "own" || node.text == "device")) {
    match.own = node.text == "own";
  } else {
    reading.unexpected(setting, node);
  }
}

constexpr std::array<Row<Match>, 10> kMatch = {{
    {{.key = "severity",
      .form = Form::kWritten,
      .words = "critical, major, minor, warning, indeterminate, cleared",
      .doc = "perceived severity, or a list",
      .example = "[critical, major]"},
     &as_parsed<&Match::severity, &alarm::severity>},
    {{.key = "type",
      .form = Form::kWritten,
      .words = "security, other, communications, qualityOfService, processingError, equipment, "
               "environmental, integrity, operational, physical, securityService, timeDomain",
      .doc = "event type, or a list; security: the five types of X.736",
      .example = "security"},
     &read_types},
    {{.key = "name",
      .words = "an alarm name or a list",
      .doc = "name of the alarm",
      .example = "[linkDown]"},
     &as_names<&Match::name>},
    {{.key = "device",
      .words = "a device or a list",
      .doc = "identity, name or address of the device",
      .example = "sbc-1"},
     &as_names<&Match::device>},
    {{.key = "site", .words = "a site or a list", .doc = "site of the device", .example = "tlv"},
     &as_names<&Match::site>},
    {{.key = "tenant",
      .words = "a tenant or a list",
      .doc = "tenant of the device",
      .example = "acme"},
     &as_names<&Match::tenant>},
    {{.key = "source",
      .form = Form::kWritten,
      .words = "a network like 192.0.2.0/24 or 2001:db8::/32",
      .doc = "address that sent it, or that a trusted relay names; or a list",
      .example = "[192.0.2.0/24]"},
     &as_parsed<&Match::source, &Network::parse>},
    {{.key = "resource",
      .words = "a resource, or how it begins with a * behind, or a list",
      .doc = "what of the device is concerned (the source of OVOC)",
      .example = "\"Board#1/*\""},
     &as_names<&Match::resource>},
    {{.key = "time",
      .form = Form::kWritten,
      .words = "hours like 22:00-06:00, days like mon-fri, or both: mon-fri 08:00-18:00",
      .doc = "when it was received, in local time; or a list. What runs past midnight belongs to "
             "the day on which it begins",
      .example = "[\"mon-fri 18:00-08:00\", \"sat-sun\"]"},
     &as_parsed<&Match::time, &TimeSpan::parse>},
    {{.key = "origin",
      .form = Form::kChoice,
      .words = "device | own",
      .doc = "from a device, or trapd's own conditions",
      .example = "device"},
     &read_origin},
}};

void read_entry(Reading& reading, const Node& item, Filter& filter) {
  const bool one = item.is_mapping() && item.keys.size() == 1 &&
                   (item.keys[0].text == "allow" || item.keys[0].text == "prevent");
  if (!one) {
    reading.error(
        item.at, fmt::format("select: expected {{allow: …}} or {{prevent: …}}, found {}",
                             item.is_mapping() && !item.keys.empty() ? '"' + item.keys[0].text + '"'
                                                                     : kind_text(item)));
    return;
  }
  Filter::Entry entry;
  entry.allow = item.keys[0].text == "allow";
  if (read_mapping(reading, item.keys[0].text, item.items[0], match_rows(), entry.match)) {
    filter.entries.push_back(std::move(entry));
  }
}

}  // namespace

std::span<const Row<Match>> match_rows() { return kMatch; }

Filter read_select(Reading& reading, const Setting& setting, const Node& node) {
  Filter filter;
  if (node.is_sequence()) {
    for (const Node& item : node.items) read_entry(reading, item, filter);
    if (node.items.empty()) filter.entries.push_back({false, {}});  // none
  } else if (node.is_mapping() && !node.keys.empty()) {
    Filter::Entry entry;
    if (read_mapping(reading, setting.key, node, match_rows(), entry.match)) {
      filter.entries.push_back(std::move(entry));
    }
  } else if (node.is_scalar()) {
    reading.unexpected(setting, node);
  }
  return filter;
}

}  // namespace trapd::config
