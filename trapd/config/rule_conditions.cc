// SPDX-License-Identifier: Apache-2.0
// What a rule asks of varbinds and of the sender, and what it adds (rule_reader.h).
#include <fmt/format.h>

#include "trapd/ber/tag.h"
#include "trapd/config/rule_reader.h"
#include "trapd/config/snmp_words.h"
#include "trapd/config/units.h"

namespace trapd::config {
namespace {

constexpr std::int64_t kTimeoutSecondsMax = 366 * 24 * 3600;

struct TypeWord {
  std::string_view word;
  std::uint8_t tag;
};
constexpr TypeWord kTypes[] = {{"integer", ber::kInteger},      {"string", ber::kOctetString},
                               {"oid", ber::kObjectIdentifier}, {"address", ber::kIpAddress},
                               {"counter", ber::kCounter32},    {"gauge", ber::kGauge32},
                               {"ticks", ber::kTimeTicks},      {"counter64", ber::kCounter64}};

std::optional<std::uint8_t> type_tag(std::string_view text) {
  for (const auto& [word, tag] : kTypes) {
    if (word == text) return tag;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto range = parse_port_range(text);
  if (!range || range->first != range->second) return std::nullopt;
  return range->first;
}

std::optional<std::string> as_written(const std::string& text) { return text; }

}  // namespace

void RuleReader::read_where(std::string_view key, const Node& node, alarm::Rule* rule) {
  if (!node.is_sequence()) {
    return problems_->expected(node, key, "a list of conditions like {object: O, values: [1]}");
  }
  for (const Node& item : node.items) {
    if (!item.is_mapping() || item.find("object") == nullptr) {
      problems_->expected(item, key, "a mapping with the key object");
      continue;
    }
    alarm::VarbindMatch match;
    read_condition(key, item, &match);
    rule->where.push_back(std::move(match));
  }
}

void RuleReader::read_condition(std::string_view key, const Node& item,
                                alarm::VarbindMatch* match) {
  problems_->check_keys(
      key, item,
      {"object", "values", "contains", "matches", "from", "to", "type", "present", "not"});
  const Node& object = *item.find("object");
  if (!object.is_scalar()) problems_->expected(object, "object", "the name of an object");
  match->object = object.text;
  if (const Node* values = item.find("values")) match->values = texts("values", *values);
  if (const Node* parts = item.find("contains")) match->contains = texts("contains", *parts);
  if (const Node* patterns = item.find("matches")) match->matches = texts("matches", *patterns);
  match->from = number("from", item);
  match->to = number("to", item);
  if (const Node* type = item.find("type")) {
    match->type = type->is_scalar() ? type_tag(type->text) : std::nullopt;
    if (!match->type) {
      problems_->expected(*type, "type",
                          "integer, string, oid, address, counter, gauge, ticks or counter64");
    }
  }
  match->present = flag("present", item);
  match->negated = flag("not", item).value_or(false);
}

std::optional<std::int64_t> RuleReader::number(std::string_view key, const Node& item) {
  const Node* node = item.find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_scalar() ? parse_integer(node->text) : std::nullopt;
  if (!value) problems_->expected(*node, key, "a number");
  return value;
}

std::optional<bool> RuleReader::flag(std::string_view key, const Node& item) {
  const Node* node = item.find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_scalar() && (node->text == "true" || node->text == "false")) {
    return node->text == "true";
  }
  problems_->expected(*node, key, "true or false");
  return std::nullopt;
}

template <typename T, typename Parse>
void RuleReader::read_each(const Node& node, std::string_view key, std::string_view what,
                           Parse&& parse, std::vector<T>* to) {
  const Node* value = node.find(key);
  if (value == nullptr) return;
  const bool list = value->is_sequence() && !value->items.empty();
  for (const Node& item : list ? std::span(value->items) : std::span(value, 1)) {
    const auto parsed = item.is_scalar() ? parse(item.text) : std::nullopt;
    if (!parsed) {
      problems_->expected(item, key, what);
    } else {
      to->push_back(*parsed);
    }
  }
}

void RuleReader::read_sender(std::string_view key, const Node& node, alarm::Rule* rule) {
  if (!node.is_mapping() || node.keys.empty()) {
    return problems_->expected(node, key, "a mapping like {site: tlv, source: 192.0.2.0/24}");
  }
  problems_->check_keys(
      key, node,
      {"device", "site", "tenant", "source", "listener", "level", "at_least", "version"});
  alarm::SenderMatch match;
  read_each(node, "device", "identities, names or addresses", as_written, &match.devices);
  read_each(node, "site", "names", as_written, &match.sites);
  read_each(node, "tenant", "names", as_written, &match.tenants);
  read_each(node, "source", "networks like 192.0.2.0/24", &Network::parse, &match.sources);
  const Node* listener = node.find("listener");
  const bool list = listener != nullptr && listener->is_sequence() && !listener->items.empty();
  for (const Node& item : listener == nullptr ? std::span<const Node>()
                          : list              ? std::span<const Node>(listener->items)
                                              : std::span<const Node>(listener, 1)) {
    const auto port = item.is_scalar() ? port_of(item.text) : std::nullopt;
    const auto endpoint = item.is_scalar() ? Endpoint::parse(item.text) : std::nullopt;
    if (port) match.ports.push_back(*port);
    if (endpoint) match.listeners.push_back(*endpoint);
    if (!port && !endpoint) problems_->expected(item, "listener", "ADDRESS:PORT or a port");
  }
  read_each(node, "level", kLevelWords, security_level, &match.levels);
  std::vector<snmp::SecurityLevel> at_least;
  read_each(node, "at_least", kLevelWords, security_level, &at_least);
  if (at_least.size() > 1) problems_->expected(*node.find("at_least"), "at_least", "one level");
  if (!at_least.empty()) match.at_least = at_least.front();
  read_each(node, "version", kVersionWords, snmp_version, &match.versions);
  rule->sender = std::move(match);
}

void RuleReader::read_labels(std::string_view key, const Node& node, alarm::Rule* rule) {
  if (!node.is_mapping() || node.keys.empty()) {
    return problems_->expected(node, key, "a mapping like {team: core, port: \"{ifName}\"}");
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Node& value = node.items[i];
    if (!value.is_scalar()) {
      problems_->expected(value, key, "a text");
      continue;
    }
    for (std::size_t before = 0; before < i; ++before) {
      if (node.keys[before].text != node.keys[i].text) continue;
      problems_->report(node.keys[i].at,
                        fmt::format("\"{}\" stands twice in labels", node.keys[i].text));
    }
    rule->labels.emplace_back(node.keys[i].text, value.text);
  }
}

void RuleReader::read_timeout(std::string_view key, const Node& node, alarm::Rule* rule) {
  const auto milliseconds = node.is_scalar() ? parse_duration_ms(node.text) : std::nullopt;
  if (!milliseconds || *milliseconds % 1000 != 0 || *milliseconds < 1000 ||
      *milliseconds / 1000 > kTimeoutSecondsMax) {
    return problems_->expected(node, key, "1s to 8784h, like 90s or 10m");
  }
  rule->timeout_s = static_cast<std::uint32_t>(*milliseconds / 1000);
}

}  // namespace trapd::config
