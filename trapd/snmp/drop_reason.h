// SPDX-License-Identifier: Apache-2.0
// Why a datagram was not taken, or a notification not stored: the list is written once and makes
// the enum, the counter's label, the words of the log and of `trapctl explain`.
//
// The conservation law: received = stored + sum(suppressed) + sum(dropped), at rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trapd::snmp {

// X(enumerator, metric label, what it means and what to do)
#define TRAPD_DROP_REASONS(X)                                                                  \
  X(kKernel, "kernel", "the socket's queue was full: raise receive_buffer, or add workers")    \
  X(kSourceAcl, "source_acl", "the source address is outside the listener's allow/deny lists") \
  X(kRefusedRate, "refused_rate",                                                              \
    "too many refused packets from this source, and this one names no known engine and user")  \
  X(kMalformed, "malformed", "not a readable SNMP message (snmpInASNParseErrs)")               \
  X(kBadVersion, "bad_version", "an SNMP version that does not exist (snmpInBadVersions)")     \
  X(kV1Refused, "v1_refused", "SNMPv1 is refused unless a community is named")                 \
  X(kV2cRefused, "v2c_refused", "SNMPv2c is refused unless a community is named")              \
  X(kBadCommunity, "bad_community",                                                            \
    "community unknown, or not allowed from this source (snmpInBadCommunityNames)")            \
  X(kUnknownSecurityModel, "unknown_security_model",                                           \
    "msgSecurityModel is not USM (snmpUnknownSecurityModels)")                                 \
  X(kInvalidFlags, "invalid_flags", "privacy without authentication (snmpInvalidMsgs)")        \
  X(kUnknownEngine, "unknown_engine", "engine ID missing, illegal, or not the one asked for")  \
  X(kUnknownUser, "unknown_user", "no such user for this engine (usmStatsUnknownUserNames)")   \
  X(kUnsupportedSecLevel, "unsupported_sec_level",                                             \
    "the user has no key for the level of the message (usmStatsUnsupportedSecLevels)")         \
  X(kNoAuthNoPriv, "no_auth_no_priv", "noAuthNoPriv is below the security level asked for")    \
  X(kAuthNoPriv, "auth_no_priv", "authNoPriv is below the security level asked for")           \
  X(kLevelBelowUser, "level_below_user", "the message is weaker than its user is configured")  \
  X(kWeakAlgorithm, "weak_algorithm", "the user's algorithms are not allowed by security:")    \
  X(kWrongDigest, "wrong_digest",                                                              \
    "the digest does not match: passphrase or hash differ (usmStatsWrongDigests)")             \
  X(kNotInTimeWindow, "not_in_time_window",                                                    \
    "boots or time are outside the window: a replay, or a device that forgot its boots")       \
  X(kBootsMaximum, "boots_maximum",                                                            \
    "engine boots are 2147483647: latched for ever (RFC 3414 2.2.2)")                          \
  X(kDecryptionError, "decryption_error", "cannot be decrypted (usmStatsDecryptionErrors)")    \
  X(kEngineTableFull, "engine_table_full", "limits.engines is reached; no engine is evicted")  \
  X(kDiscovery, "discovery", "an engine discovery, answered with a Report")                    \
  X(kTimeSync, "time_sync", "a time synchronisation, answered with a Report")                  \
  X(kResponse, "response", "a Response or Report that nobody waits for")                       \
  X(kGet, "get", "an authenticated request for objects; this port has none")                   \
  X(kTooBig, "too_big", "an inform whose Response would not fit; answered tooBig")             \
  X(kUntranslatable, "untranslatable", "an SNMPv1 trap with no SNMPv2 form (RFC 3584 3.1)")    \
  X(kLoop, "loop", "a trap of our own engine came back: a forwarding loop")                    \
  X(kRule, "rule", "a rule says drop")

enum class DropReason : std::uint8_t {
#define X(name, label, text) name,
  TRAPD_DROP_REASONS(X)
#undef X
      kCount
};
const char* label(DropReason reason);
const char* text(DropReason reason);
/// The reason with this label.
std::optional<DropReason> drop_reason(std::string_view label);

#define TRAPD_SUPPRESS_REASONS(X)                                                          \
  X(kRetransmission, "retransmission", "an inform that was stored before; answered again") \
  X(kDuplicate, "duplicate", "the same authenticated datagram again")                      \
  X(kStorm, "storm", "beyond rate.per_engine")                                             \
  X(kRule, "rule", "a rule says suppress")                                                 \
  X(kCorrelation, "correlation", "beyond alarms.suppression; what would change no alarm")

enum class SuppressReason : std::uint8_t {
#define X(name, label, text) name,
  TRAPD_SUPPRESS_REASONS(X)
#undef X
      kCount
};
const char* label(SuppressReason reason);
const char* text(SuppressReason reason);

}  // namespace trapd::snmp
