// SPDX-License-Identifier: Apache-2.0
// The OIDs of TRAPD-MIB (mib/modules/TRAPD-MIB.txt) as BER content octets. A unit test compares
// every row of kTrapdMibNames with the module's text.
//
// The arc can be replaced by an owner's own: put another prefix before oid.after(kTrapdMib).
// Scalars are named without instance; on the wire they carry .0 (kScalarInstance).
#pragma once

#include <array>
#include <cstdint>

#include "trapd/snmp/oids.h"

namespace trapd::mib {

// 1.3.6.1.4.1.8072.9999.9999.7331
inline constexpr snmp::OidLiteral<13> kTrapdMib{
    {0x2b, 6, 1, 4, 1, 0xbf, 0x08, 0xce, 0x0f, 0xce, 0x0f, 0xb9, 0x23}};

/// An OID below kTrapdMib; every arc of the module below it is less than 128, one octet.
template <typename... Arc>
constexpr auto trapd_oid(Arc... arc) {
  static_assert(sizeof...(Arc) > 0);
  const std::array<std::uint8_t, sizeof...(Arc)> tail{static_cast<std::uint8_t>(arc)...};
  snmp::OidLiteral<13 + sizeof...(Arc)> oid{};
  for (std::size_t i = 0; i < 13; ++i) oid.octets[i] = kTrapdMib.octets[i];
  for (std::size_t i = 0; i < tail.size(); ++i) oid.octets[13 + i] = tail[i];
  return oid;
}

inline constexpr std::uint8_t kScalarInstance = 0;

// trapdNotifications: alarms, events and the care of the list
inline constexpr auto kTrapdNotifications = trapd_oid(0);
inline constexpr auto kTrapdAlarmRaise = trapd_oid(0, 1);
inline constexpr auto kTrapdAlarmChange = trapd_oid(0, 2);
inline constexpr auto kTrapdAlarmClear = trapd_oid(0, 3);
inline constexpr auto kTrapdEvent = trapd_oid(0, 4);
inline constexpr auto kTrapdHeartbeat = trapd_oid(0, 5);
inline constexpr auto kTrapdListRebuilt = trapd_oid(0, 6);
inline constexpr auto kTrapdResyncStart = trapd_oid(0, 7);
inline constexpr auto kTrapdResyncAlarm = trapd_oid(0, 8);
inline constexpr auto kTrapdResyncEnd = trapd_oid(0, 9);
// trapdNotifications: trapd's own conditions
inline constexpr auto kTrapdAuditFailed = trapd_oid(0, 97);
inline constexpr auto kTrapdFlapping = trapd_oid(0, 98);
inline constexpr auto kTrapdSuppression = trapd_oid(0, 99);
inline constexpr auto kTrapdReplay = trapd_oid(0, 100);
inline constexpr auto kTrapdStarted = trapd_oid(0, 101);
inline constexpr auto kTrapdStopping = trapd_oid(0, 102);
inline constexpr auto kTrapdTest = trapd_oid(0, 103);
inline constexpr auto kTrapdClockUnsynchronised = trapd_oid(0, 104);
inline constexpr auto kTrapdCertificateExpiry = trapd_oid(0, 105);
inline constexpr auto kTrapdIntegrityViolation = trapd_oid(0, 106);
inline constexpr auto kTrapdDeviceSilent = trapd_oid(0, 107);
inline constexpr auto kTrapdStorm = trapd_oid(0, 108);
inline constexpr auto kTrapdCloneEngine = trapd_oid(0, 109);
inline constexpr auto kTrapdWeakSecurity = trapd_oid(0, 110);
inline constexpr auto kTrapdUnknownUser = trapd_oid(0, 111);
inline constexpr auto kTrapdWrongDigest = trapd_oid(0, 112);
inline constexpr auto kTrapdNotInTimeWindow = trapd_oid(0, 113);
inline constexpr auto kTrapdBootsStuck = trapd_oid(0, 114);
inline constexpr auto kTrapdBootsLost = trapd_oid(0, 115);
inline constexpr auto kTrapdEngineTableFull = trapd_oid(0, 116);
inline constexpr auto kTrapdAlarmTableFull = trapd_oid(0, 117);
inline constexpr auto kTrapdUnknownEngine = trapd_oid(0, 118);
inline constexpr auto kTrapdDecryptionError = trapd_oid(0, 119);
inline constexpr auto kTrapdDestinationDown = trapd_oid(0, 120);
inline constexpr auto kTrapdDestinationLost = trapd_oid(0, 121);
inline constexpr auto kTrapdStoreFull = trapd_oid(0, 122);
inline constexpr auto kTrapdStoreFailed = trapd_oid(0, 123);
inline constexpr auto kTrapdKernelDrops = trapd_oid(0, 124);
inline constexpr auto kTrapdReloadFailed = trapd_oid(0, 125);
inline constexpr auto kTrapdDestinationBacklog = trapd_oid(0, 126);
inline constexpr auto kTrapdQueueOverflow = trapd_oid(0, 127);
// trapdVariables: what notifications carry
inline constexpr auto kTrapdVariables = trapd_oid(1, 1);
inline constexpr auto kTrapdAlarmSequence = trapd_oid(1, 1, 1);
inline constexpr auto kTrapdAlarmId = trapd_oid(1, 1, 2);
inline constexpr auto kTrapdAlarmDeviceName = trapd_oid(1, 1, 3);
inline constexpr auto kTrapdAlarmDeviceAddress = trapd_oid(1, 1, 4);
inline constexpr auto kTrapdAlarmDeviceEngineId = trapd_oid(1, 1, 5);
inline constexpr auto kTrapdAlarmName = trapd_oid(1, 1, 6);
inline constexpr auto kTrapdAlarmResource = trapd_oid(1, 1, 7);
inline constexpr auto kTrapdAlarmSeverity = trapd_oid(1, 1, 8);
inline constexpr auto kTrapdAlarmEventType = trapd_oid(1, 1, 9);
inline constexpr auto kTrapdAlarmProbableCause = trapd_oid(1, 1, 10);
inline constexpr auto kTrapdAlarmText = trapd_oid(1, 1, 11);
inline constexpr auto kTrapdAlarmFirstRaised = trapd_oid(1, 1, 12);
inline constexpr auto kTrapdAlarmLastChange = trapd_oid(1, 1, 13);
inline constexpr auto kTrapdAlarmRepeatCount = trapd_oid(1, 1, 14);
inline constexpr auto kTrapdAlarmTrapOid = trapd_oid(1, 1, 15);
inline constexpr auto kTrapdAlarmSite = trapd_oid(1, 1, 16);
inline constexpr auto kTrapdAlarmTenant = trapd_oid(1, 1, 17);
inline constexpr auto kTrapdAlarmAcknowledged = trapd_oid(1, 1, 18);
inline constexpr auto kTrapdAlarmAcknowledgedBy = trapd_oid(1, 1, 19);
inline constexpr auto kTrapdAlarmPreviousSeverity = trapd_oid(1, 1, 20);
inline constexpr auto kTrapdAlarmRule = trapd_oid(1, 1, 21);
inline constexpr auto kTrapdActiveAlarmCount = trapd_oid(1, 1, 22);
inline constexpr auto kTrapdLastSequence = trapd_oid(1, 1, 23);
inline constexpr auto kTrapdLostCount = trapd_oid(1, 1, 24);
inline constexpr auto kTrapdRebuildReason = trapd_oid(1, 1, 25);
inline constexpr auto kTrapdResyncTarget = trapd_oid(1, 1, 26);
inline constexpr auto kTrapdResyncResult = trapd_oid(1, 1, 27);
inline constexpr auto kTrapdConditionResource = trapd_oid(1, 1, 28);
inline constexpr auto kTrapdConditionState = trapd_oid(1, 1, 29);
inline constexpr auto kTrapdConditionText = trapd_oid(1, 1, 30);
// trapdActive: the active alarms
inline constexpr auto kTrapdActiveCount = trapd_oid(1, 2, 1);
inline constexpr auto kTrapdActiveListChanged = trapd_oid(1, 2, 2);
inline constexpr auto kTrapdActiveEntry = trapd_oid(1, 2, 3, 1);
inline constexpr auto kTrapdActiveId = trapd_oid(1, 2, 3, 1, 2);
inline constexpr auto kTrapdActiveDeviceName = trapd_oid(1, 2, 3, 1, 3);
inline constexpr auto kTrapdActiveDeviceAddress = trapd_oid(1, 2, 3, 1, 4);
inline constexpr auto kTrapdActiveDeviceEngineId = trapd_oid(1, 2, 3, 1, 5);
inline constexpr auto kTrapdActiveName = trapd_oid(1, 2, 3, 1, 6);
inline constexpr auto kTrapdActiveResource = trapd_oid(1, 2, 3, 1, 7);
inline constexpr auto kTrapdActiveSeverity = trapd_oid(1, 2, 3, 1, 8);
inline constexpr auto kTrapdActiveEventType = trapd_oid(1, 2, 3, 1, 9);
inline constexpr auto kTrapdActiveProbableCause = trapd_oid(1, 2, 3, 1, 10);
inline constexpr auto kTrapdActiveText = trapd_oid(1, 2, 3, 1, 11);
inline constexpr auto kTrapdActiveFirstRaised = trapd_oid(1, 2, 3, 1, 12);
inline constexpr auto kTrapdActiveLastChange = trapd_oid(1, 2, 3, 1, 13);
inline constexpr auto kTrapdActiveRepeatCount = trapd_oid(1, 2, 3, 1, 14);
inline constexpr auto kTrapdActiveTrapOid = trapd_oid(1, 2, 3, 1, 15);
inline constexpr auto kTrapdActiveSite = trapd_oid(1, 2, 3, 1, 16);
inline constexpr auto kTrapdActiveTenant = trapd_oid(1, 2, 3, 1, 17);
inline constexpr auto kTrapdActiveAcknowledged = trapd_oid(1, 2, 3, 1, 18);
inline constexpr auto kTrapdActiveAcknowledgedBy = trapd_oid(1, 2, 3, 1, 19);
inline constexpr auto kTrapdActiveRule = trapd_oid(1, 2, 3, 1, 21);
// trapdResync
inline constexpr auto kTrapdResyncBegin = trapd_oid(1, 3, 1);
inline constexpr auto kTrapdResyncCancel = trapd_oid(1, 3, 2);
inline constexpr auto kTrapdResyncState = trapd_oid(1, 3, 3);
inline constexpr auto kTrapdResyncLastResult = trapd_oid(1, 3, 4);
inline constexpr auto kTrapdResyncSent = trapd_oid(1, 3, 5);
// trapdCounters
inline constexpr auto kTrapdReceived = trapd_oid(1, 4, 1);
inline constexpr auto kTrapdStored = trapd_oid(1, 4, 2);
inline constexpr auto kTrapdSuppressed = trapd_oid(1, 4, 3);
inline constexpr auto kTrapdDropped = trapd_oid(1, 4, 4);
inline constexpr auto kTrapdOriginated = trapd_oid(1, 4, 5);
inline constexpr auto kTrapdReasonEntry = trapd_oid(1, 4, 6, 1);
inline constexpr auto kTrapdReasonName = trapd_oid(1, 4, 6, 1, 2);
inline constexpr auto kTrapdReasonCount = trapd_oid(1, 4, 6, 1, 3);

struct TrapdMibName {
  const char* name;
  const std::uint8_t* octets;
  std::size_t size;
  snmp::OidView oid() const { return snmp::OidView(ByteView(octets, size)); }
};
inline constexpr TrapdMibName kTrapdMibNames[] = {
    {"trapdMIB", kTrapdMib.octets.data(), kTrapdMib.octets.size()},
    {"trapdNotifications", kTrapdNotifications.octets.data(), kTrapdNotifications.octets.size()},
    {"trapdAlarmRaise", kTrapdAlarmRaise.octets.data(), kTrapdAlarmRaise.octets.size()},
    {"trapdAlarmChange", kTrapdAlarmChange.octets.data(), kTrapdAlarmChange.octets.size()},
    {"trapdAlarmClear", kTrapdAlarmClear.octets.data(), kTrapdAlarmClear.octets.size()},
    {"trapdEvent", kTrapdEvent.octets.data(), kTrapdEvent.octets.size()},
    {"trapdHeartbeat", kTrapdHeartbeat.octets.data(), kTrapdHeartbeat.octets.size()},
    {"trapdListRebuilt", kTrapdListRebuilt.octets.data(), kTrapdListRebuilt.octets.size()},
    {"trapdResyncStart", kTrapdResyncStart.octets.data(), kTrapdResyncStart.octets.size()},
    {"trapdResyncAlarm", kTrapdResyncAlarm.octets.data(), kTrapdResyncAlarm.octets.size()},
    {"trapdResyncEnd", kTrapdResyncEnd.octets.data(), kTrapdResyncEnd.octets.size()},
    {"trapdAuditFailed", kTrapdAuditFailed.octets.data(), kTrapdAuditFailed.octets.size()},
    {"trapdFlapping", kTrapdFlapping.octets.data(), kTrapdFlapping.octets.size()},
    {"trapdSuppression", kTrapdSuppression.octets.data(), kTrapdSuppression.octets.size()},
    {"trapdStarted", kTrapdStarted.octets.data(), kTrapdStarted.octets.size()},
    {"trapdStopping", kTrapdStopping.octets.data(), kTrapdStopping.octets.size()},
    {"trapdTest", kTrapdTest.octets.data(), kTrapdTest.octets.size()},
    {"trapdClockUnsynchronised", kTrapdClockUnsynchronised.octets.data(),
     kTrapdClockUnsynchronised.octets.size()},
    {"trapdCertificateExpiry", kTrapdCertificateExpiry.octets.data(),
     kTrapdCertificateExpiry.octets.size()},
    {"trapdIntegrityViolation", kTrapdIntegrityViolation.octets.data(),
     kTrapdIntegrityViolation.octets.size()},
    {"trapdDeviceSilent", kTrapdDeviceSilent.octets.data(), kTrapdDeviceSilent.octets.size()},
    {"trapdStorm", kTrapdStorm.octets.data(), kTrapdStorm.octets.size()},
    {"trapdCloneEngine", kTrapdCloneEngine.octets.data(), kTrapdCloneEngine.octets.size()},
    {"trapdWeakSecurity", kTrapdWeakSecurity.octets.data(), kTrapdWeakSecurity.octets.size()},
    {"trapdUnknownUser", kTrapdUnknownUser.octets.data(), kTrapdUnknownUser.octets.size()},
    {"trapdWrongDigest", kTrapdWrongDigest.octets.data(), kTrapdWrongDigest.octets.size()},
    {"trapdNotInTimeWindow", kTrapdNotInTimeWindow.octets.data(),
     kTrapdNotInTimeWindow.octets.size()},
    {"trapdBootsStuck", kTrapdBootsStuck.octets.data(), kTrapdBootsStuck.octets.size()},
    {"trapdBootsLost", kTrapdBootsLost.octets.data(), kTrapdBootsLost.octets.size()},
    {"trapdEngineTableFull", kTrapdEngineTableFull.octets.data(),
     kTrapdEngineTableFull.octets.size()},
    {"trapdAlarmTableFull", kTrapdAlarmTableFull.octets.data(), kTrapdAlarmTableFull.octets.size()},
    {"trapdUnknownEngine", kTrapdUnknownEngine.octets.data(), kTrapdUnknownEngine.octets.size()},
    {"trapdDecryptionError", kTrapdDecryptionError.octets.data(),
     kTrapdDecryptionError.octets.size()},
    {"trapdDestinationDown", kTrapdDestinationDown.octets.data(),
     kTrapdDestinationDown.octets.size()},
    {"trapdDestinationLost", kTrapdDestinationLost.octets.data(),
     kTrapdDestinationLost.octets.size()},
    {"trapdStoreFull", kTrapdStoreFull.octets.data(), kTrapdStoreFull.octets.size()},
    {"trapdStoreFailed", kTrapdStoreFailed.octets.data(), kTrapdStoreFailed.octets.size()},
    {"trapdKernelDrops", kTrapdKernelDrops.octets.data(), kTrapdKernelDrops.octets.size()},
    {"trapdReloadFailed", kTrapdReloadFailed.octets.data(), kTrapdReloadFailed.octets.size()},
    {"trapdDestinationBacklog", kTrapdDestinationBacklog.octets.data(),
     kTrapdDestinationBacklog.octets.size()},
    {"trapdQueueOverflow", kTrapdQueueOverflow.octets.data(), kTrapdQueueOverflow.octets.size()},
    {"trapdReplay", kTrapdReplay.octets.data(), kTrapdReplay.octets.size()},
    {"trapdVariables", kTrapdVariables.octets.data(), kTrapdVariables.octets.size()},
    {"trapdAlarmSequence", kTrapdAlarmSequence.octets.data(), kTrapdAlarmSequence.octets.size()},
    {"trapdAlarmId", kTrapdAlarmId.octets.data(), kTrapdAlarmId.octets.size()},
    {"trapdAlarmDeviceName", kTrapdAlarmDeviceName.octets.data(),
     kTrapdAlarmDeviceName.octets.size()},
    {"trapdAlarmDeviceAddress", kTrapdAlarmDeviceAddress.octets.data(),
     kTrapdAlarmDeviceAddress.octets.size()},
    {"trapdAlarmDeviceEngineId", kTrapdAlarmDeviceEngineId.octets.data(),
     kTrapdAlarmDeviceEngineId.octets.size()},
    {"trapdAlarmName", kTrapdAlarmName.octets.data(), kTrapdAlarmName.octets.size()},
    {"trapdAlarmResource", kTrapdAlarmResource.octets.data(), kTrapdAlarmResource.octets.size()},
    {"trapdAlarmSeverity", kTrapdAlarmSeverity.octets.data(), kTrapdAlarmSeverity.octets.size()},
    {"trapdAlarmEventType", kTrapdAlarmEventType.octets.data(), kTrapdAlarmEventType.octets.size()},
    {"trapdAlarmProbableCause", kTrapdAlarmProbableCause.octets.data(),
     kTrapdAlarmProbableCause.octets.size()},
    {"trapdAlarmText", kTrapdAlarmText.octets.data(), kTrapdAlarmText.octets.size()},
    {"trapdAlarmFirstRaised", kTrapdAlarmFirstRaised.octets.data(),
     kTrapdAlarmFirstRaised.octets.size()},
    {"trapdAlarmLastChange", kTrapdAlarmLastChange.octets.data(),
     kTrapdAlarmLastChange.octets.size()},
    {"trapdAlarmRepeatCount", kTrapdAlarmRepeatCount.octets.data(),
     kTrapdAlarmRepeatCount.octets.size()},
    {"trapdAlarmTrapOid", kTrapdAlarmTrapOid.octets.data(), kTrapdAlarmTrapOid.octets.size()},
    {"trapdAlarmSite", kTrapdAlarmSite.octets.data(), kTrapdAlarmSite.octets.size()},
    {"trapdAlarmTenant", kTrapdAlarmTenant.octets.data(), kTrapdAlarmTenant.octets.size()},
    {"trapdAlarmAcknowledged", kTrapdAlarmAcknowledged.octets.data(),
     kTrapdAlarmAcknowledged.octets.size()},
    {"trapdAlarmAcknowledgedBy", kTrapdAlarmAcknowledgedBy.octets.data(),
     kTrapdAlarmAcknowledgedBy.octets.size()},
    {"trapdAlarmPreviousSeverity", kTrapdAlarmPreviousSeverity.octets.data(),
     kTrapdAlarmPreviousSeverity.octets.size()},
    {"trapdAlarmRule", kTrapdAlarmRule.octets.data(), kTrapdAlarmRule.octets.size()},
    {"trapdActiveAlarmCount", kTrapdActiveAlarmCount.octets.data(),
     kTrapdActiveAlarmCount.octets.size()},
    {"trapdLastSequence", kTrapdLastSequence.octets.data(), kTrapdLastSequence.octets.size()},
    {"trapdLostCount", kTrapdLostCount.octets.data(), kTrapdLostCount.octets.size()},
    {"trapdRebuildReason", kTrapdRebuildReason.octets.data(), kTrapdRebuildReason.octets.size()},
    {"trapdResyncTarget", kTrapdResyncTarget.octets.data(), kTrapdResyncTarget.octets.size()},
    {"trapdResyncResult", kTrapdResyncResult.octets.data(), kTrapdResyncResult.octets.size()},
    {"trapdConditionResource", kTrapdConditionResource.octets.data(),
     kTrapdConditionResource.octets.size()},
    {"trapdConditionState", kTrapdConditionState.octets.data(), kTrapdConditionState.octets.size()},
    {"trapdConditionText", kTrapdConditionText.octets.data(), kTrapdConditionText.octets.size()},
    {"trapdActiveCount", kTrapdActiveCount.octets.data(), kTrapdActiveCount.octets.size()},
    {"trapdActiveListChanged", kTrapdActiveListChanged.octets.data(),
     kTrapdActiveListChanged.octets.size()},
    {"trapdActiveEntry", kTrapdActiveEntry.octets.data(), kTrapdActiveEntry.octets.size()},
    {"trapdActiveId", kTrapdActiveId.octets.data(), kTrapdActiveId.octets.size()},
    {"trapdActiveDeviceName", kTrapdActiveDeviceName.octets.data(),
     kTrapdActiveDeviceName.octets.size()},
    {"trapdActiveDeviceAddress", kTrapdActiveDeviceAddress.octets.data(),
     kTrapdActiveDeviceAddress.octets.size()},
    {"trapdActiveDeviceEngineId", kTrapdActiveDeviceEngineId.octets.data(),
     kTrapdActiveDeviceEngineId.octets.size()},
    {"trapdActiveName", kTrapdActiveName.octets.data(), kTrapdActiveName.octets.size()},
    {"trapdActiveResource", kTrapdActiveResource.octets.data(), kTrapdActiveResource.octets.size()},
    {"trapdActiveSeverity", kTrapdActiveSeverity.octets.data(), kTrapdActiveSeverity.octets.size()},
    {"trapdActiveEventType", kTrapdActiveEventType.octets.data(),
     kTrapdActiveEventType.octets.size()},
    {"trapdActiveProbableCause", kTrapdActiveProbableCause.octets.data(),
     kTrapdActiveProbableCause.octets.size()},
    {"trapdActiveText", kTrapdActiveText.octets.data(), kTrapdActiveText.octets.size()},
    {"trapdActiveFirstRaised", kTrapdActiveFirstRaised.octets.data(),
     kTrapdActiveFirstRaised.octets.size()},
    {"trapdActiveLastChange", kTrapdActiveLastChange.octets.data(),
     kTrapdActiveLastChange.octets.size()},
    {"trapdActiveRepeatCount", kTrapdActiveRepeatCount.octets.data(),
     kTrapdActiveRepeatCount.octets.size()},
    {"trapdActiveTrapOid", kTrapdActiveTrapOid.octets.data(), kTrapdActiveTrapOid.octets.size()},
    {"trapdActiveSite", kTrapdActiveSite.octets.data(), kTrapdActiveSite.octets.size()},
    {"trapdActiveTenant", kTrapdActiveTenant.octets.data(), kTrapdActiveTenant.octets.size()},
    {"trapdActiveAcknowledged", kTrapdActiveAcknowledged.octets.data(),
     kTrapdActiveAcknowledged.octets.size()},
    {"trapdActiveAcknowledgedBy", kTrapdActiveAcknowledgedBy.octets.data(),
     kTrapdActiveAcknowledgedBy.octets.size()},
    {"trapdActiveRule", kTrapdActiveRule.octets.data(), kTrapdActiveRule.octets.size()},
    {"trapdResyncBegin", kTrapdResyncBegin.octets.data(), kTrapdResyncBegin.octets.size()},
    {"trapdResyncCancel", kTrapdResyncCancel.octets.data(), kTrapdResyncCancel.octets.size()},
    {"trapdResyncState", kTrapdResyncState.octets.data(), kTrapdResyncState.octets.size()},
    {"trapdResyncLastResult", kTrapdResyncLastResult.octets.data(),
     kTrapdResyncLastResult.octets.size()},
    {"trapdResyncSent", kTrapdResyncSent.octets.data(), kTrapdResyncSent.octets.size()},
    {"trapdReceived", kTrapdReceived.octets.data(), kTrapdReceived.octets.size()},
    {"trapdStored", kTrapdStored.octets.data(), kTrapdStored.octets.size()},
    {"trapdSuppressed", kTrapdSuppressed.octets.data(), kTrapdSuppressed.octets.size()},
    {"trapdDropped", kTrapdDropped.octets.data(), kTrapdDropped.octets.size()},
    {"trapdOriginated", kTrapdOriginated.octets.data(), kTrapdOriginated.octets.size()},
    {"trapdReasonEntry", kTrapdReasonEntry.octets.data(), kTrapdReasonEntry.octets.size()},
    {"trapdReasonName", kTrapdReasonName.octets.data(), kTrapdReasonName.octets.size()},
    {"trapdReasonCount", kTrapdReasonCount.octets.data(), kTrapdReasonCount.octets.size()},
};

}  // namespace trapd::mib
