// SPDX-License-Identifier: Apache-2.0
// Processing of one incoming SNMPv3 message by the User-based Security Model (RFC 3414 3.2),
// in the order of its steps: engine, user, level, digest, window, decryption (USM-04).
#pragma once

#include <cstdint>
#include <vector>

#include "trapd/base/published.h"
#include "trapd/snmp/drop_reason.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/engine_clock.h"
#include "trapd/usm/key_cache.h"
#include "trapd/usm/own_engine.h"
#include "trapd/usm/user.h"

namespace trapd::usm {

/// What step ended it. kAccepted or the reason, which is also a DropReason.
enum class Step : std::uint8_t {
  kAccepted,
  kEngine,
  kUser,
  kPolicy,  // our own: weaker than allowed, or than the user (USM-11)
  kLevel,
  kDigest,
  kEngineTable,
  kWindow,
  kDecrypt,
};

struct Inbound {
  Step step = Step::kEngine;
  snmp::DropReason reason = snmp::DropReason::kUnknownEngine;  // when not accepted
  /// Our own engine is authoritative: an inform, a request, a time synchronisation.
  bool for_own_engine = false;
  bool authenticated = false;    // the digest was right, whatever came after
  const User* user = nullptr;    // from kUser on
  EngineClock* clock = nullptr;  // of a remote authoritative engine, once authenticated
  EngineClock::Verdict window = EngineClock::Verdict::kInWindow;
  bool window_waived = false;        // outside, but the device's time_window says report or off
  const CachedKeys* keys = nullptr;  // for signing a Report or Response; dies with the next call
  ByteView scoped_pdu;               // plain SEQUENCE (+ padding when `padded`); accepted only
  bool padded = false;
};

/// Per-device exceptions: which window rule holds for this engine. Immutable snapshot.
class TimeWindowRules {
 public:
  TimeWindowRules() = default;
  struct Entry {
    std::vector<std::uint8_t> engine_id;
    TimeWindow rule = TimeWindow::kEnforce;
  };
  explicit TimeWindowRules(std::vector<Entry> entries);
  TimeWindow rule(ByteView engine_id) const;
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;  // sorted by engine id
};

/// What a reload replaces as a whole.
struct SecurityConfig {
  UserTable users;
  Policy policy;
  TimeWindowRules time_windows;
};

/// One worker's USM. Not shared. Everything referenced must outlive it.
class InboundProcessor {
 public:
  struct Options {
    std::size_t cached_keys_max = 100'000;
  };
  InboundProcessor(const Options& options, const Published<SecurityConfig>& config,
                   EngineTable& engines, const OwnEngine& own);

  /// Once per batch: takes over a newer configuration and drops the keys of the older one.
  /// Returns the generation in force.
  std::uint64_t refresh();

  /// Does the message name an engine and user that have authenticated before, or one of our users
  /// under our own engine? Costs a look-up or two; decides, when a source's bucket of refusals is
  /// empty, whether a digest is worth computing.
  bool knows(const snmp::V3Message& message) const;

  /// scratch: room for the decrypted ScopedPDU, at least as long as the message; views in the
  /// result point there or into the message. monotonic_ns: the batch's time.
  Inbound process(const snmp::V3Message& message, std::int64_t monotonic_ns, MutableBytes scratch);

  const SecurityConfig& config() const { return *config_; }
  /// Is any key kept from an earlier message?
  bool holds_keys() const {
    return cache_.size() > 0 || provisional_.user != nullptr || cipher_.holds_keys();
  }

 private:
  // The steps in their order. False: ended, step and reason are filled in.
  bool find_user(const snmp::V3Message& message, Inbound* inbound);
  bool check_level(const snmp::V3Message& message, Inbound* inbound) const;
  bool check_late_level(const snmp::V3Message& message, Inbound* inbound) const;
  bool check_first_digest(const snmp::V3Message& message, Inbound* inbound);
  bool check_digest(const snmp::V3Message& message, Inbound* inbound);
  bool check_window(const snmp::V3Message& message, std::int64_t monotonic_ns, Inbound* inbound);
  bool decrypt(const snmp::V3Message& message, MutableBytes scratch, Inbound* inbound);

  Subscription<SecurityConfig> config_;
  EngineTable& engines_;
  const OwnEngine& own_;
  KeyCache cache_;
  const CachedKeys* cached_ = nullptr;  // of the message in process()
  CachedKeys provisional_;  // for one message of an engine that is not (or cannot be) cached
  Cipher cipher_;
};

}  // namespace trapd::usm
