// SPDX-License-Identifier: Apache-2.0
// trapd's own conditions: alarms and events that trapd raises about itself and about what it sees,
// which take the same way as a device's (docs: README, table of own alarms; OIDs in TRAPD-MIB).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "trapd/alarm/x733.h"

namespace trapd::alarm {

// X(enumerator, name = notification of TRAPD-MIB, its number below trapdNotifications, severity,
//   type, probable cause, stateful). Numbers are below 128: mib/trapd_mib.h.
#define TRAPD_OWN_CONDITIONS(X)                                                                   \
  X(kAuditFailed, "trapdAuditFailed", 97, kMajor, kProcessingError, 151, true)                    \
  X(kFlapping, "trapdFlapping", 98, kWarning, kOther, 1024, true)                                 \
  X(kSuppression, "trapdSuppression", 99, kIndeterminate, kOther, 549, true)                      \
  X(kReplay, "trapdReplay", 100, kMajor, kIntegrityViolation, 605, true)                          \
  X(kStarted, "trapdStarted", 101, kIndeterminate, kOther, 1024, false)                           \
  X(kStopping, "trapdStopping", 102, kIndeterminate, kOther, 1024, false)                         \
  X(kTest, "trapdTest", 103, kIndeterminate, kOther, 1024, false)                                 \
  X(kClockUnsynchronised, "trapdClockUnsynchronised", 104, kMinor, kEquipment, 550, true)         \
  X(kCertificateExpiry, "trapdCertificateExpiry", 105, kMinor, kTimeDomainViolation, 609, true)   \
  X(kIntegrityViolation, "trapdIntegrityViolation", 106, kMajor, kIntegrityViolation, 607, true)  \
  X(kDeviceSilent, "trapdDeviceSilent", 107, kMajor, kCommunications, 505, true)                  \
  X(kStorm, "trapdStorm", 108, kMinor, kQualityOfService, 549, true)                              \
  X(kCloneEngine, "trapdCloneEngine", 109, kMajor, kIntegrityViolation, 605, true)                \
  X(kWeakSecurity, "trapdWeakSecurity", 110, kMinor, kSecurityServiceOrMechanismViolation, 614,   \
    true)                                                                                         \
  X(kUnknownUser, "trapdUnknownUser", 111, kMinor, kSecurityServiceOrMechanismViolation, 614,     \
    true)                                                                                         \
  X(kWrongDigest, "trapdWrongDigest", 112, kMajor, kSecurityServiceOrMechanismViolation, 600,     \
    true)                                                                                         \
  X(kNotInTimeWindow, "trapdNotInTimeWindow", 113, kMinor, kTimeDomainViolation, 603, true)       \
  X(kBootsStuck, "trapdBootsStuck", 114, kMajor, kTimeDomainViolation, 603, true)                 \
  X(kBootsLost, "trapdBootsLost", 115, kCritical, kTimeDomainViolation, 603, true)                \
  X(kEngineTableFull, "trapdEngineTableFull", 116, kMajor, kOperationalViolation, 604, true)      \
  X(kAlarmTableFull, "trapdAlarmTableFull", 117, kMajor, kProcessingError, 1024, true)            \
  X(kUnknownEngine, "trapdUnknownEngine", 118, kMinor, kSecurityServiceOrMechanismViolation, 614, \
    true)                                                                                         \
  X(kDecryptionError, "trapdDecryptionError", 119, kMajor, kSecurityServiceOrMechanismViolation,  \
    600, true)                                                                                    \
  X(kDestinationDown, "trapdDestinationDown", 120, kMajor, kCommunications, 505, true)            \
  X(kDestinationLost, "trapdDestinationLost", 121, kMajor, kProcessingError, 1024, true)          \
  X(kStoreFull, "trapdStoreFull", 122, kMajor, kProcessingError, 151, true)                       \
  X(kStoreFailed, "trapdStoreFailed", 123, kCritical, kProcessingError, 151, true)                \
  X(kKernelDrops, "trapdKernelDrops", 124, kMajor, kQualityOfService, 1024, true)                 \
  X(kReloadFailed, "trapdReloadFailed", 125, kWarning, kProcessingError, 506, true)               \
  X(kDestinationBacklog, "trapdDestinationBacklog", 126, kWarning, kQualityOfService, 549, true)  \
  X(kQueueOverflow, "trapdQueueOverflow", 127, kWarning, kQualityOfService, 549, true)

enum class OwnCondition : std::uint8_t {
#define X(name, text, number, severity, type, cause, stateful) name,
  TRAPD_OWN_CONDITIONS(X)
#undef X
      kCount
};

struct OwnConditionRow {
  const char* name;
  std::uint32_t number;
  Severity severity;
  EventType type;
  ProbableCause cause;
  bool stateful;
};
const OwnConditionRow& row(OwnCondition condition);
/// By the name of its notification ("trapdStarted").
std::optional<OwnCondition> own_condition(std::string_view name);

/// Where own conditions are reported; any thread; never blocks. Reports of the same (condition,
/// resource) within a second may be merged; the bound is 16,384 waiting reports, beyond which
/// reports are counted and left out: false, and whoever keeps a state tries again later.
class OwnConditionSink {
 public:
  virtual ~OwnConditionSink() = default;
  /// With the condition's own severity.
  bool raise(OwnCondition condition, std::string resource, std::string text) {
    return raise_as(condition, row(condition).severity, std::move(resource), std::move(text));
  }
  virtual bool raise_as(OwnCondition condition, Severity severity, std::string resource,
                        std::string text) = 0;
  virtual bool clear(OwnCondition condition, std::string resource, std::string text) = 0;
};

}  // namespace trapd::alarm
