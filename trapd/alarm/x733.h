// SPDX-License-Identifier: Apache-2.0
// The words of X.733 and X.736, with the numbers of the IETF and IANA textual conventions
// (RFC 3877 5.3, 5.2), which are also what the journal stores.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trapd::alarm {

/// ItuPerceivedSeverity.
enum class Severity : std::uint8_t {
  kCleared = 1,
  kIndeterminate = 2,
  kCritical = 3,
  kMajor = 4,
  kMinor = 5,
  kWarning = 6,
};
const char* to_text(Severity severity);  // "critical"
std::optional<Severity> severity(std::string_view name);

/// IANAItuEventType.
enum class EventType : std::uint8_t {
  kOther = 1,
  kCommunications = 2,
  kQualityOfService = 3,
  kProcessingError = 4,
  kEquipment = 5,
  kEnvironmental = 6,
  kIntegrityViolation = 7,
  kOperationalViolation = 8,
  kPhysicalViolation = 9,
  kSecurityServiceOrMechanismViolation = 10,
  kTimeDomainViolation = 11,
};
const char* to_text(EventType type);  // "integrityViolation", "communicationsAlarm"
/// The full name, or the short form of the configuration ("communications", "integrity").
std::optional<EventType> event_type(std::string_view name);
/// The five types of X.736.
constexpr bool is_security(EventType type) { return type >= EventType::kIntegrityViolation; }

/// IANAItuProbableCause: 1..1023 ITU, 1024 other, 1025 and up IANA. Unknown numbers pass through.
using ProbableCause = std::uint16_t;
inline constexpr ProbableCause kCauseOther = 1024;
/// Registered label, misspellings included; "other" for a number without one.
std::string_view cause_label(ProbableCause cause);
/// Label or number.
std::optional<ProbableCause> probable_cause(std::string_view label);

}  // namespace trapd::alarm
