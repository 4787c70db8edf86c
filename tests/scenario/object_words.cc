// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/object_words.h"

#include <limits>

#include "tests/scenario/failure.h"
#include "tests/scenario/options.h"
#include "trapd/base/ip_address.h"
#include "trapd/ber/writer.h"

namespace trapd::scenario {
namespace {

constexpr std::int64_t kUnsigned32Max = std::numeric_limits<std::uint32_t>::max();

struct TypeRow {
  const char* name;
  std::uint8_t tag;
};
constexpr TypeRow kTypes[] = {
    {"integer", ber::kInteger},     {"text", ber::kOctetString},     {"hex", ber::kOctetString},
    {"null", ber::kNull},           {"oid", ber::kObjectIdentifier}, {"ip", ber::kIpAddress},
    {"counter", ber::kCounter32},   {"gauge", ber::kGauge32},        {"ticks", ber::kTimeTicks},
    {"counter64", ber::kCounter64},
};

const TypeRow* find_type(const std::string& name) {
  for (const TypeRow& row : kTypes) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

std::string type_of_syntax(mib::Syntax syntax) {
  switch (syntax) {
    case mib::Syntax::kInteger32:
      return "integer";
    case mib::Syntax::kUnsigned32:
      return "gauge";
    case mib::Syntax::kCounter32:
      return "counter";
    case mib::Syntax::kCounter64:
      return "counter64";
    case mib::Syntax::kTimeTicks:
      return "ticks";
    case mib::Syntax::kOctetString:
    case mib::Syntax::kBits:
      return "text";
    case mib::Syntax::kObjectIdentifier:
      return "oid";
    case mib::Syntax::kIpAddress:
      return "ip";
    case mib::Syntax::kNone:
    case mib::Syntax::kOpaque:
      return "";
  }
  return "";
}

}  // namespace

void ObjectWords::add(const std::string& name, const std::string& dotted, const std::string& type) {
  if (!type.empty() && find_type(type) == nullptr) throw Mistake("no type is called " + type);
  added_[name] = {oid(dotted), type};
}

const ObjectWords::Name* ObjectWords::find_added(const std::string& name) const {
  const auto found = added_.find(name.substr(0, name.find('.')));
  return found == added_.end() ? nullptr : &found->second;
}

snmp::Oid ObjectWords::oid(const std::string& name) const {
  if (const Name* added = find_added(name)) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return added->oid;
    if (auto whole = snmp::Oid::parse(added->oid.text() + name.substr(dot))) return *whole;
  }
  auto found = index_->find(name);
  if (!found) throw Mistake(found.error().text);
  return std::move(*found);
}

std::string ObjectWords::type_of(const std::string& object, const snmp::Oid& oid) const {
  const Name* added = find_added(object);
  if (added != nullptr && !added->type.empty()) return added->type;
  const auto match = index_->lookup(oid);
  const std::string type = match ? type_of_syntax(match->node.syntax) : "";
  if (type.empty()) throw Mistake(object + ": of what type? Write " + object + "=TYPE:VALUE");
  return type;
}

/// Decimal, or a label of the object's enumeration.
std::int64_t ObjectWords::integer(const snmp::Oid& oid, const std::string& text) const {
  if (const auto match = index_->lookup(oid)) {
    for (std::uint32_t i = 0; i < match->node.label_count; ++i) {
      const mib::MibIndex::Label label = index_->label_at(match->node, i);
      if (label.text == text) return label.value;
    }
  }
  return number(text, "a value", std::numeric_limits<std::int32_t>::min(),
                std::numeric_limits<std::int32_t>::max());
}

std::vector<std::uint8_t> ObjectWords::varbind(const std::string& word) const {
  const std::size_t equals = word.find('=');
  const std::string object = word.substr(0, equals);
  const snmp::Oid name = oid(object);
  std::string value = equals == std::string::npos ? "null:" : word.substr(equals + 1);
  std::string type = value.substr(0, value.find(':'));
  if (find_type(type) != nullptr && type.size() < value.size()) {
    value.erase(0, type.size() + 1);
  } else {
    type = type_of(object, name);
  }
  const std::uint8_t tag = find_type(type)->tag;

  std::vector<std::uint8_t> room(value.size() + 1024);
  ber::Writer writer(room);
  if (type == "integer") {
    writer.integer(integer(name, value));
  } else if (type == "text") {
    writer.octets(as_bytes(value));
  } else if (type == "hex") {
    writer.octets(octets(value, object));
  } else if (type == "null") {
    writer.null();
  } else if (type == "oid") {
    const snmp::Oid pointed = oid(value);
    writer.oid(pointed.view().content());
  } else if (type == "ip") {
    const auto address = Endpoint::parse_address(value);
    if (!address || !address->is_v4()) throw Mistake(value + " is no IPv4 address");
    writer.element(tag, address->v4_octets());
  } else {
    const std::int64_t max =
        type == "counter64" ? std::numeric_limits<std::int64_t>::max() : kUnsigned32Max;
    writer.unsigned64(static_cast<std::uint64_t>(number(value, object, 0, max)), tag);
  }
  writer.oid(name.view().content());
  writer.wrap(ber::kSequence, 0);
  const ByteView done = writer.done();
  return {done.begin(), done.end()};
}

}  // namespace trapd::scenario
