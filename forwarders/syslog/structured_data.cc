// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/structured_data.h"

#include <algorithm>
#include <array>
#include <optional>

#include "forwarders/record_text.h"
#include "forwarders/resync_record.h"
#include "mib/render.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oids.h"
#include "trapd/snmp/value_text.h"

namespace trapd::forwarders::syslog {

namespace {

// 1.3.6.1.4.1
constexpr snmp::OidLiteral<5> kEnterprises{{0x2b, 6, 1, 4, 1}};
constexpr std::uint64_t kSequenceIdMax = 2147483647;  // RFC 5424 7.3.1

/// RFC 5424 6.3.3: these three, and no others.
void append_parameter_value(std::string* out, std::string_view value) {
  const auto special = [](char c) { return c == '"' || c == '\\' || c == ']'; };
  for (;;) {
    const auto* const end = std::find_if(value.begin(), value.end(), special);
    out->append(value.begin(), end);
    value.remove_prefix(static_cast<std::size_t>(end - value.begin()));
    if (value.empty()) return;
    *out += '\\';
    *out += value.front();
    value.remove_prefix(1);
  }
}

/// RFC 5424 6: SD-NAME.
bool is_parameter_name(std::string_view name) {
  constexpr std::size_t kOctetsMax = 32;
  return !name.empty() && name.size() <= kOctetsMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c > ' ' && c < '\x7f' && c != '=' && c != ']' && c != '"';
         });
}

/// RFC 5675 3.2, table 1.
char value_letter(std::uint8_t tag) {
  switch (tag) {
    case ber::kObjectIdentifier:
      return 'o';
    case ber::kOctetString:
      return 'x';
    case ber::kCounter32:
      return 'c';
    case ber::kCounter64:
      return 'C';
    case ber::kGauge32:
      return 'u';
    case ber::kInteger:
      return 'd';
    case ber::kIpAddress:
      return 'i';
    case ber::kTimeTicks:
      return 't';
    case ber::kNull:
    case ber::kNoSuchObject:
    case ber::kNoSuchInstance:
    case ber::kEndOfMibView:
      return 'n';
    default:
      return 'p';
  }
}

std::string plain_value(char letter, const ber::Value& value) {
  if (letter == 'n') return "";
  if (letter == 'x' || letter == 'p') return to_hex(value.content);
  std::array<char, 2048> room;
  return std::string(room.data(), snmp::value_to_text(value, room));
}

void append_numbered(std::string* out, char letter, std::size_t number, std::string_view value) {
  append_parameter(out, letter + std::to_string(number), value);
}

class VarbindList {
 public:
  VarbindList(SnmpElement* element, const mib::MibIndex& index, Annotations annotations)
      : element_(*element), index_(index), annotations_(annotations) {}

  void add(const snmp::Varbind& varbind) {
    const std::size_t number = element_.ends.size();  // ends[0] is the context
    std::string& out = element_.text;
    const std::string dotted = varbind.name.text();
    append_numbered(&out, 'v', number, dotted);
    if (annotations_ == Annotations::kNamesAndTexts) add_label(number, varbind.name, dotted);
    const char letter = value_letter(varbind.value.tag);
    const std::string plain = plain_value(letter, varbind.value);
    append_numbered(&out, letter, number, plain);
    if (annotations_ == Annotations::kNamesAndTexts) add_text(number, varbind, plain);
    element_.ends.push_back(out.size());
  }

 private:
  void add_label(std::size_t number, snmp::OidView name, const std::string& dotted) {
    const std::string known = index_.name_of(name);
    if (known != dotted) append_numbered(&element_.text, 'l', number, without_module(known));
  }
  void add_text(std::size_t number, const snmp::Varbind& varbind, const std::string& plain) {
    constexpr mib::RenderOptions kOptions{mib::LabelForm::kLabel, mib::TicksForm::kRaw, 4096};
    const std::string text = mib::render_value(index_, varbind.name, varbind.value, kOptions);
    // Only what says more than the value itself.
    if (text.empty() || text == plain || text.starts_with("0x")) return;
    append_numbered(&element_.text, 'a', number, text);
  }

  SnmpElement& element_;
  const mib::MibIndex& index_;
  const Annotations annotations_;
};

void add_head(VarbindList* list, const alarm::RecordView& record, SnmpElement* element) {
  std::array<std::uint8_t, 5> ticks;
  ticks[0] = 0;
  store_be32(&ticks[1], record.header().sys_up_time);
  list->add({snmp::kSysUpTime0, {ber::kTimeTicks, ticks}});
  const std::string text = std::to_string(record.header().sys_up_time);
  // It has neither label nor text behind it that differ from time to time.
  element->ticks_at = element->text.rfind("t1=\"" + text + '"') + 4;
  element->ticks_octets = text.size();
  list->add({snmp::kSnmpTrapOid0, {ber::kObjectIdentifier, record.trap_oid().content()}});
}

/// RFC 5674 3.5.
const char* trend(const alarm::RecordHeader& header) {
  const auto rank = [](alarm::Severity severity) {
    switch (severity) {
      case alarm::Severity::kCritical:
        return 5;
      case alarm::Severity::kMajor:
        return 4;
      case alarm::Severity::kMinor:
        return 3;
      case alarm::Severity::kWarning:
        return 2;
      case alarm::Severity::kIndeterminate:
        return 1;
      case alarm::Severity::kCleared:
        return 0;
    }
    return 0;
  };
  switch (header.outcome) {
    case alarm::Outcome::kRaise:
      return "moreSevere";
    case alarm::Outcome::kRepeat:
      return "noChange";
    case alarm::Outcome::kChange:
      if (header.severity == header.previous_severity) return "noChange";  // it flapped
      return rank(header.severity) > rank(header.previous_severity) ? "moreSevere" : "lessSevere";
    case alarm::Outcome::kClear:
      return "lessSevere";
    case alarm::Outcome::kEvent:
    case alarm::Outcome::kClearWithoutRaise:
    case alarm::Outcome::kHeld:
      return nullptr;
  }
  return nullptr;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto octet = static_cast<std::uint8_t>(c);
      out += '%' + to_hex(ByteView(&octet, 1));
    }
  }
  return out;
}

/// RFC 4088: snmp://host/contextName;contextEngineID. Empty when the host is unknown.
std::string resource_uri(const alarm::RecordView& record) {
  const auto address = device_address(record);
  if (!address) return "";
  std::string uri = "snmp://";
  uri += address->is_v4() ? address->address_text() : "[" + address->address_text() + "]";
  const ByteView engine = record.field(alarm::Field::kContextEngineId);
  const std::string_view context = record.text(alarm::Field::kContextName);
  if (!engine.empty() || !context.empty()) {
    uri += '/' + percent_encoded(context);
    if (!engine.empty()) uri += ';' + to_hex(engine);
  }
  return uri;
}

std::optional<std::uint32_t> enterprise_of(snmp::OidView oid) {
  if (oid.empty() || !oid.starts_with(kEnterprises) || oid == kEnterprises.view()) {
    return std::nullopt;
  }
  return snmp::decode_arcs(oid.after(kEnterprises)).front();
}

/// Private enterprise number of the device's maker: of its trap, else of its engine ID (RFC 3411
/// 5, SnmpEngineID: the first four octets, but for the first bit).
std::optional<std::uint32_t> enterprise_number(const alarm::RecordView& record) {
  if (const auto number = enterprise_of(record.trap_oid())) return number;
  const snmp::OidView enterprise(record.field(alarm::Field::kEnterprise));
  if (const auto number = enterprise_of(enterprise)) return number;
  std::optional<std::uint32_t> found;
  for_each_varbind(record, [&](const snmp::Varbind& varbind) {
    if (varbind.name == snmp::kSnmpTrapEnterprise0.view() &&
        varbind.value.tag == ber::kObjectIdentifier) {
      found = enterprise_of(snmp::OidView(varbind.value.content));
    }
  });
  const ByteView engine = device_engine(record);
  if (!found && engine.size() >= 5) {
    found = __builtin_bswap32(load_le<std::uint32_t>(engine.data())) & 0x7fffffffU;
  }
  return found && *found != 0 ? found : std::nullopt;
}

}  // namespace

void append_parameter(std::string* out, std::string_view name, std::string_view value) {
  *out += ' ';
  *out += name;
  *out += "=\"";
  if (is_clean(as_bytes(value))) {
    append_parameter_value(out, value);
  } else {
    append_parameter_value(out, clean(value));
  }
  *out += '"';
}

SnmpElement snmp_element(const alarm::RecordView& record, const mib::MibIndex& index,
                         Annotations annotations) {
  SnmpElement element;
  const bool malformed = record.has(alarm::RecordFlag::kMalformed);
  const bool head = !malformed && !record.trap_oid().empty();
  if (!head && record.field(alarm::Field::kVarbinds).empty()) return element;
  element.text = "[snmp";
  if (record.header().snmp_version == static_cast<std::uint8_t>(snmp::Version::kV3)) {
    append_parameter(&element.text, "ctxEngine",
                     to_hex(record.field(alarm::Field::kContextEngineId)));
    append_parameter(&element.text, "ctxName", record.text(alarm::Field::kContextName));
  }
  element.ends.push_back(element.text.size());
  VarbindList list(&element, index, annotations);
  if (head) add_head(&list, record, &element);
  for_each_varbind(record, [&](const snmp::Varbind& varbind) { list.add(varbind); });
  return element;
}

void append_alarm_element(std::string* out, const alarm::RecordView& record,
                          std::size_t resource_octets_max) {
  if (record.field(alarm::Field::kRule).empty() && !is_own(record) && !is_alarm(record)) return;
  const alarm::RecordHeader& header = record.header();
  std::string resource = clean(record.text(alarm::Field::kResource));
  if (resource.empty()) resource = device_text(record);
  *out += "[alarm";
  append_parameter(out, "resource", cut_utf8(resource, resource_octets_max));
  append_parameter(out, "probableCause", alarm::cause_label(header.probable_cause));
  append_parameter(out, "perceivedSeverity", alarm::to_text(severity_of(record)));
  append_parameter(out, "eventType", alarm::to_text(header.type));
  if (const char* indication = trend(header)) append_parameter(out, "trendIndication", indication);
  if (const std::string uri = resource_uri(record); !uri.empty()) {
    append_parameter(out, "resourceURI", uri);
  }
  *out += ']';
}

void append_labels_element(std::string* out, const alarm::RecordView& record) {
  bool open = false;
  for_each_label(record, [&](std::string_view name, std::string_view value) {
    if (!is_parameter_name(name)) return;
    if (!open) *out += "[labels@8072";
    open = true;
    append_parameter(out, name, value);
  });
  if (open) *out += ']';
}

void append_origin_element(std::string* out, const alarm::RecordView& record) {
  if (is_own(record)) {
    *out += "[origin software=\"trapd\"]";
    return;
  }
  const std::string address = device_address_text(record);
  const auto enterprise = enterprise_number(record);
  if (address.empty() && !enterprise) return;
  *out += "[origin";
  if (!address.empty()) append_parameter(out, "ip", address);
  if (enterprise) append_parameter(out, "enterpriseId", std::to_string(*enterprise));
  *out += ']';
}

void append_resync_element(std::string* out, const alarm::RecordView& record) {
  const char* const part = resync_text(record);
  if (part == nullptr) return;
  *out += "[resync@8072";
  append_parameter(out, "part", part);
  *out += ']';
}

std::uint64_t sequence_id(std::uint64_t destination_sequence) {
  return (destination_sequence - 1) % kSequenceIdMax + 1;
}

void append_meta_element(std::string* out, std::uint64_t destination_sequence) {
  *out += "[meta sequenceId=\"" + std::to_string(sequence_id(destination_sequence)) + "\"]";
}

}  // namespace trapd::forwarders::syslog
