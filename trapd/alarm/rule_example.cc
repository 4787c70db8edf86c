// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/rule_example.h"

#include <algorithm>
#include <optional>

#include "trapd/alarm/rule_names.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/encode.h"

namespace trapd::alarm {
namespace {

constexpr std::size_t kVarbindOctetsMax = 65'535;

const char* disposition_text(Disposition disposition) {
  switch (disposition) {
    case Disposition::kStore:
      return "store";
    case Disposition::kSuppress:
      return "suppress";
    case Disposition::kDrop:
      return "drop";
  }
  return "";
}

const char* state_text(Action action) {
  switch (action) {
    case Action::kEvent:
      return "event";
    case Action::kRaise:
      return "raise";
    case Action::kClear:
      return "clear";
  }
  return "";
}

/// Empty when it has none of this name.
std::string label(const Classification& result, std::string_view name) {
  for (std::string_view rest = result.labels; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (line.substr(0, equals) == name) return std::string(line.substr(equals + 1));
  }
  return {};
}

std::string said(const Classification& result, std::string_view key) {
  if (key == "rule") return result.rule.empty() ? "none" : std::string(result.rule);
  if (key == "alarm") return std::string(result.alarm_name);
  if (key == "state") return state_text(result.action);
  if (key == "severity") return to_text(result.severity);
  if (key == "type") return to_text(result.type);
  if (key == "cause") return cause_text(result.cause);
  if (key == "resource") return std::string(result.resource);
  if (key == "text") return std::string(result.text);
  if (key == "timeout") return std::to_string(result.timeout_s) + "s";
  if (key.starts_with(kExpectedLabel)) return label(result, key.substr(kExpectedLabel.size()));
  if (key == "disposition") return disposition_text(result.disposition);
  return {};
}

/// The example's notification in its wire form; owns the octets.
class ExampleTrap {
 public:
  ExampleTrap(const RuleExample& example, const snmp::OidNames& mibs)
      : example_(example), names_(example.objects.get(), mibs) {}

  /// Appends why it cannot be made.
  bool make(std::vector<ExampleFailure>* failures) {
    auto trap = names_.resolve(example_.trap);
    if (!trap) {
      failures->push_back({example_.position, {}, {}, unknown_name("trap", example_.trap)});
    } else {
      trap_ = std::move(*trap);
    }
    for (const ExampleVarbind& varbind : example_.varbinds) add(varbind, failures);
    return failures->empty();
  }

  snmp::Notification notification() const {
    snmp::Notification notification;
    notification.trap_oid = trap_;
    notification.varbinds = octets_;
    notification.varbind_count = static_cast<std::uint32_t>(example_.varbinds.size());
    return notification;
  }

 private:
  void add(const ExampleVarbind& varbind, std::vector<ExampleFailure>* failures) {
    const auto name = names_.resolve(varbind.name);
    if (!name) {
      failures->push_back({varbind.position, {}, {}, unknown_name("object", varbind.name)});
      return;
    }
    std::vector<std::uint8_t> room(kVarbindOctetsMax);
    ber::Writer writer(room);
    if (varbind.tag == ber::kObjectIdentifier) {
      const auto value = names_.resolve(varbind.octets);
      if (!value) {
        failures->push_back({varbind.position, {}, {}, unknown_name("object", varbind.octets)});
        return;
      }
      writer.oid(value->view().content());
    } else if (varbind.tag == ber::kInteger) {
      writer.integer(static_cast<std::int64_t>(varbind.number));
    } else if (varbind.tag == ber::kOctetString || varbind.tag == ber::kIpAddress) {
      writer.element(varbind.tag, as_bytes(varbind.octets));
    } else {
      writer.unsigned64(varbind.number, varbind.tag);
    }
    writer.oid(name->view().content());
    writer.wrap(ber::kSequence, 0);
    const ByteView done = writer.done();
    if (done.empty()) failures->push_back({varbind.position, {}, {}, "the value is too long"});
    octets_.insert(octets_.end(), done.begin(), done.end());
  }

  const RuleExample& example_;
  RuleNames names_;
  snmp::Oid trap_;
  std::vector<std::uint8_t> octets_;
};

}  // namespace

std::vector<ExampleFailure> run_example(const RuleExample& example, const Classifier& classifier,
                                        const snmp::OidNames& names) {
  std::vector<ExampleFailure> failures;
  ExampleTrap trap(example, names);
  if (!trap.make(&failures)) return failures;
  const std::string source = example.sender.source.address_text();
  const auto result = std::make_unique<Classification>();
  const ExampleSender& sender = example.sender;
  ClassifyContext context{sender.device, sender.device_name, source, sender.site, sender.tenant};
  context.address = sender.source;
  context.listener = sender.listener;
  context.level = sender.level;
  context.version = sender.version;
  classifier.classify(trap.notification(), context, result.get());
  classifier.count(*result, trap.notification().trap_oid, 0);
  for (const ExpectedValue& expected : example.expected) {
    std::string got = said(*result, expected.key);
    if (got == expected.text) continue;
    failures.push_back({expected.position, expected.key, expected.text, std::move(got)});
  }
  return failures;
}

std::string cause_text(ProbableCause cause) {
  const std::string_view label = cause_label(cause);
  if (probable_cause(label) == cause) return std::string(label);
  return std::to_string(cause);
}

}  // namespace trapd::alarm
