// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/x733.h"

#include <array>

namespace trapd::alarm {
namespace {

constexpr std::array kSeverities = {Severity::kCleared,  Severity::kIndeterminate,
                                    Severity::kCritical, Severity::kMajor,
                                    Severity::kMinor,    Severity::kWarning};

struct TypeRow {
  EventType type;
  const char* name;        // IANAItuEventType
  const char* short_name;  // what a configuration says
};
constexpr TypeRow kTypes[] = {
    {EventType::kOther, "other", "other"},
    {EventType::kCommunications, "communicationsAlarm", "communications"},
    {EventType::kQualityOfService, "qualityOfServiceAlarm", "qualityOfService"},
    {EventType::kProcessingError, "processingErrorAlarm", "processingError"},
    {EventType::kEquipment, "equipmentAlarm", "equipment"},
    {EventType::kEnvironmental, "environmentalAlarm", "environmental"},
    {EventType::kIntegrityViolation, "integrityViolation", "integrity"},
    {EventType::kOperationalViolation, "operationalViolation", "operational"},
    {EventType::kPhysicalViolation, "physicalViolation", "physical"},
    {EventType::kSecurityServiceOrMechanismViolation, "securityServiceOrMechanismViolation",
     "securityService"},
    {EventType::kTimeDomainViolation, "timeDomainViolation", "timeDomain"},
};

constexpr bool types_in_order() {
  for (std::size_t i = 0; i < std::size(kTypes); ++i) {
    if (static_cast<std::size_t>(kTypes[i].type) != i + 1) return false;
  }
  return true;
}
static_assert(types_in_order() && std::size(kTypes) == 11, "to_text() indexes by the number");

}  // namespace

const char* to_text(Severity severity) {
  switch (severity) {
    case Severity::kCleared:
      return "cleared";
    case Severity::kIndeterminate:
      return "indeterminate";
    case Severity::kCritical:
      return "critical";
    case Severity::kMajor:
      return "major";
    case Severity::kMinor:
      return "minor";
    case Severity::kWarning:
      return "warning";
  }
  return "indeterminate";
}

std::optional<Severity> severity(std::string_view name) {
  for (const Severity candidate : kSeverities) {
    if (name == to_text(candidate)) return candidate;
  }
  return std::nullopt;
}

const char* to_text(EventType type) {
  const auto index = static_cast<std::size_t>(type) - 1;
  return index < std::size(kTypes) ? kTypes[index].name : "other";
}

std::optional<EventType> event_type(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (name == row.name || name == row.short_name) return row.type;
  }
  return std::nullopt;
}

}  // namespace trapd::alarm
