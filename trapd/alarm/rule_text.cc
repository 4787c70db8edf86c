// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/rule_text.h"

#include <fmt/format.h>

#include "trapd/snmp/value_text.h"

namespace trapd::alarm {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += (text.empty() ? "" : ", ") + one;
  return text;
}

template <typename List, typename Text>
std::string joined(const List& list, Text&& text) {
  std::vector<std::string> texts;
  for (const auto& one : list) texts.push_back(text(one));
  return joined(texts);
}

std::string condition_text(const VarbindMatch& match) {
  std::string text = (match.negated ? "not: " : "") + match.object;
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) text += std::string(" ") + key + " " + value;
  };
  add("values", joined(match.values));
  add("contains", joined(match.contains));
  add("matches", joined(match.matches));
  if (match.from) add("from", std::to_string(*match.from));
  if (match.to) add("to", std::to_string(*match.to));
  if (match.type) add("type", snmp::type_text(*match.type));
  if (match.present) add("present", *match.present ? "true" : "false");
  return text;
}

std::string sender_text(const SenderMatch& match) {
  std::vector<std::string> parts;
  const auto add = [&parts](const char* key, const std::string& value) {
    if (!value.empty()) parts.push_back(std::string(key) + " " + value);
  };
  add("device", joined(match.devices));
  add("site", joined(match.sites));
  add("tenant", joined(match.tenants));
  add("source", joined(match.sources, [](const Network& one) { return one.text(); }));
  add("listener", joined(match.listeners, [](const Endpoint& one) { return one.text(); }));
  add("listener", joined(match.ports, [](std::uint16_t port) { return std::to_string(port); }));
  add("level", joined(match.levels, [](auto level) { return std::string(snmp::to_text(level)); }));
  if (match.at_least) add("at_least", snmp::to_text(*match.at_least));
  add("version", joined(match.versions, [](auto one) { return std::string(snmp::to_text(one)); }));
  return joined(parts);
}

const char* state_text(StateRule state) {
  switch (state) {
    case StateRule::kEvent:
      return "event";
    case StateRule::kRaise:
      return "raise";
    case StateRule::kClear:
      return "clear";
    case StateRule::kBySeverity:
      return "by-severity";
  }
  return "";
}

template <typename T, typename Text>
std::string value_text(const std::optional<T>& constant, const std::optional<FromVarbind<T>>& from,
                       Text&& text) {
  if (!from) return constant ? std::string(text(*constant)) : std::string();
  std::string all = "from " + from->object;
  for (const auto& [number, value] : from->values) {
    all.append(", ").append(std::to_string(number)).append(": ").append(text(value));
  }
  if (from->otherwise) all += ", otherwise: " + std::string(text(*from->otherwise));
  return all;
}

}  // namespace

RuleText rule_text(const Rule& rule) {
  RuleText lines;
  const auto add = [&lines](const char* key, std::string value) {
    if (!value.empty()) lines.emplace_back(key, std::move(value));
  };
  add("trap", joined(rule.traps));
  add("subtree", joined(rule.subtrees));
  for (const VarbindMatch& match : rule.where) add("where", condition_text(match));
  if (rule.sender) add("sender", sender_text(*rule.sender));
  add("severity", value_text(rule.severity, rule.severity_from, [](auto v) { return to_text(v); }));
  add("type", value_text(rule.type, rule.type_from, [](auto v) { return to_text(v); }));
  add("cause", value_text(rule.cause, rule.cause_from, [](auto v) { return cause_label(v); }));
  if (rule.state) add("state", state_text(*rule.state));
  add("alarm", rule.alarm);
  add("resource", rule.resource);
  add("text", rule.text);
  for (const auto& [name, value] : rule.labels) add("label", fmt::format("{}={}", name, value));
  if (rule.timeout_s != 0) add("timeout", std::to_string(rule.timeout_s) + "s");
  if (rule.clears_device) add("clears_device", "true");
  if (rule.suppress) add("suppress", "true");
  if (rule.drop) add("drop", "true");
  if (rule.first) add("first", "true");
  if (rule.goes_on) add("continue", "true");
  return lines;
}

}  // namespace trapd::alarm
