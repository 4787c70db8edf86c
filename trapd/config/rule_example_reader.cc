// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_example_reader.h"

#include <charconv>
#include <limits>

#include "trapd/ber/tag.h"
#include "trapd/config/snmp_words.h"
#include "trapd/config/units.h"

namespace trapd::config {

using alarm::ExampleVarbind;
using alarm::RuleExample;

namespace {

struct NumberType {
  std::string_view key;
  std::uint8_t tag;
  std::uint64_t max;
};
constexpr NumberType kNumberTypes[] = {
    {"gauge", ber::kGauge32, std::numeric_limits<std::uint32_t>::max()},
    {"counter", ber::kCounter32, std::numeric_limits<std::uint32_t>::max()},
    {"ticks", ber::kTimeTicks, std::numeric_limits<std::uint32_t>::max()},
    {"counter64", ber::kCounter64, std::numeric_limits<std::uint64_t>::max()}};

std::optional<std::uint64_t> natural(std::string_view digits) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

RuleExample RuleExampleReader::read(const Node& node) {
  RuleExample example;
  example.position = place(node.at);
  example.objects = objects_;
  problems_->check_keys("an example", node,
                        {"trap", "varbinds", "expect", "device", "device_name", "site", "tenant",
                         "source", "listener", "level", "version"});
  const Node* trap = node.find("trap");
  if (trap == nullptr || !trap->is_scalar()) {
    problems_->expected(trap == nullptr ? node : *trap, "trap", "the name or OID of one trap");
  } else {
    example.trap = trap->text;
    example.position = place(trap->at);
  }
  if (const Node* varbinds = node.find("varbinds")) read_varbinds(*varbinds, &example);
  read_sender(node, &example.sender);
  const Node* expect = node.find("expect");
  if (expect == nullptr || !expect->is_mapping()) {
    problems_->expected(expect == nullptr ? node : *expect, "expect",
                        "a mapping of what the rules say of it");
  } else {
    read_expected(*expect, &example);
  }
  return example;
}

void RuleExampleReader::read_varbinds(const Node& node, RuleExample* example) {
  if (!node.is_mapping()) {
    return problems_->expected(node, "varbinds", "a mapping of NAME.instance to value");
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    ExampleVarbind varbind;
    varbind.position = place(node.keys[i].at);
    varbind.name = node.keys[i].text;
    read_value(node.items[i], &varbind);
    example->varbinds.push_back(std::move(varbind));
  }
}

void RuleExampleReader::read_value(const Node& node, ExampleVarbind* varbind) {
  if (node.is_mapping()) return read_typed(node, varbind);
  if (!node.is_scalar()) {
    return problems_->expected(node, "varbinds", "a number, a text or {type: value}");
  }
  if (!node.quoted && parse_integer(node.text)) return read_integer(node, varbind);
  varbind->tag = ber::kOctetString;
  varbind->octets = node.text;
}

void RuleExampleReader::read_typed(const Node& node, ExampleVarbind* varbind) {
  problems_->check_keys(
      "a value", node,
      {"integer", "gauge", "counter", "counter64", "ticks", "oid", "hex", "address"});
  if (node.keys.size() != 1 || !node.items[0].is_scalar()) {
    return problems_->expected(node, "varbinds", "one {type: value}");
  }
  const std::string& type = node.keys[0].text;
  const Node& value = node.items[0];
  if (type == "integer") return read_integer(value, varbind);
  if (type == "hex") return read_octets(value, varbind);
  if (type == "address") return read_address(value, varbind);
  if (type == "oid") {
    varbind->tag = ber::kObjectIdentifier;
    varbind->octets = value.text;
  }
  for (const NumberType& number : kNumberTypes) {
    if (type != number.key) continue;
    varbind->tag = number.tag;
    read_number(value, number.max, varbind);
  }
}

void RuleExampleReader::read_octets(const Node& node, ExampleVarbind* varbind) {
  varbind->tag = ber::kOctetString;
  const auto octets = from_hex(node.text);
  if (!octets) return problems_->expected(node, "hex", "octets like 0a 1b or 0a1b");
  varbind->octets.assign(octets->begin(), octets->end());
}

void RuleExampleReader::read_address(const Node& node, ExampleVarbind* varbind) {
  varbind->tag = ber::kIpAddress;
  const auto address = Endpoint::parse_address(node.text);
  if (!address || !address->is_v4()) {
    return problems_->expected(node, "address", "an IPv4 address");
  }
  varbind->octets = as_text(address->v4_octets());
}

void RuleExampleReader::read_number(const Node& node, std::uint64_t max, ExampleVarbind* varbind) {
  const auto number = natural(node.text);
  if (!number || *number > max) {
    return problems_->expected(node, "varbinds", "a number from 0 to " + std::to_string(max));
  }
  varbind->number = *number;
}

void RuleExampleReader::read_integer(const Node& node, ExampleVarbind* varbind) {
  varbind->tag = ber::kInteger;
  const auto number = parse_integer(node.text);
  if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
      *number > std::numeric_limits<std::int32_t>::max()) {
    return problems_->expected(node, "varbinds", "a number from -2147483648 to 2147483647");
  }
  varbind->number = static_cast<std::uint64_t>(*number);
}

void RuleExampleReader::read_sender(const Node& node, alarm::ExampleSender* sender) {
  const auto read = [&](std::string_view key, std::string_view what, auto&& take) {
    const Node* value = node.find(key);
    if (value == nullptr) return;
    if (!value->is_scalar() || !take(value->text)) problems_->expected(*value, key, what);
  };
  const auto as_text = [](std::string* to) {
    return [to](const std::string& text) {
      *to = text;
      return true;
    };
  };
  const auto as_parsed = [](auto* to, auto parse) {
    return [to, parse](const std::string& text) {
      const auto value = parse(text);
      if (value) *to = *value;
      return value.has_value();
    };
  };
  read("device", "a device's identity", as_text(&sender->device));
  read("device_name", "a device's name", as_text(&sender->device_name));
  read("site", "a name", as_text(&sender->site));
  read("tenant", "a name", as_text(&sender->tenant));
  read("source", "an IP address", as_parsed(&sender->source, &Endpoint::parse_address));
  read("listener", "address:port", as_parsed(&sender->listener, &Endpoint::parse));
  read("level", kLevelWords, as_parsed(&sender->level, &security_level));
  read("version", kVersionWords, as_parsed(&sender->version, &snmp_version));
}

void RuleExampleReader::read_expected(const Node& node, RuleExample* example) {
  problems_->check_keys("expect", node,
                        {"rule", "alarm", "state", "severity", "type", "cause", "resource", "text",
                         "timeout", "labels", "disposition"});
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].text;
    const Node& value = node.items[i];
    if (key == "labels") {
      read_expected_labels(value, example);
      continue;
    }
    if (!value.is_scalar()) {
      problems_->expected(value, key, "a text");
      continue;
    }
    example->expected.push_back({key, expected_text(value, key), place(value.at)});
  }
}

void RuleExampleReader::read_expected_labels(const Node& node, RuleExample* example) {
  if (!node.is_mapping()) return problems_->expected(node, "labels", "a mapping of name to text");
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Node& value = node.items[i];
    if (!value.is_scalar()) problems_->expected(value, "labels", "a text");
    example->expected.push_back(
        {std::string(alarm::kExpectedLabel) + node.keys[i].text, value.text, place(value.at)});
  }
}

std::string RuleExampleReader::expected_text(const Node& node, const std::string& key) {
  const auto one_of = [&](std::initializer_list<std::string_view> words, std::string_view what) {
    if (std::find(words.begin(), words.end(), node.text) == words.end()) {
      problems_->expected(node, key, what);
    }
    return node.text;
  };
  if (key == "state") return one_of({"event", "raise", "clear"}, "event, raise or clear");
  if (key == "disposition") {
    return one_of({"store", "suppress", "drop"}, "store, suppress or drop");
  }
  if (key == "timeout") {
    const auto milliseconds = parse_duration_ms(node.text);
    if (!milliseconds) problems_->expected(node, key, "a duration like 90s");
    return std::to_string(milliseconds.value_or(0) / 1000) + "s";
  }
  const auto severity = alarm::severity(node.text);
  const auto type = alarm::event_type(node.text);
  const auto cause = alarm::probable_cause(node.text);
  if (key == "severity" && severity) return alarm::to_text(*severity);
  if (key == "type" && type) return alarm::to_text(*type);
  if (key == "cause" && cause) return alarm::cause_text(*cause);
  if (key == "severity") problems_->expected(node, key, "a severity");
  if (key == "type") problems_->expected(node, key, "an event type");
  if (key == "cause") problems_->expected(node, key, "a label or number of the registry of causes");
  return node.text;
}

}  // namespace trapd::config
