// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/inbound.h"

#include <algorithm>

namespace trapd::usm {
namespace {

using snmp::DropReason;
using snmp::SecurityLevel;

bool refuse(Inbound* inbound, Step step, DropReason reason) {
  inbound->step = step;
  inbound->reason = reason;
  return false;
}

bool before(ByteView a, ByteView b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

bool weaker(SecurityLevel a, SecurityLevel b) {
  return static_cast<unsigned>(a) < static_cast<unsigned>(b);
}

/// RFC 3414 3.2 (5).
bool supports(const User& user, SecurityLevel level) { return !weaker(user.level(), level); }

bool allowed_algorithms(const User& user, const Policy& policy) {
  return (user.auth == AuthProtocol::kNone || policy.allows(user.auth)) &&
         (user.priv == PrivProtocol::kNone || policy.allows(user.priv));
}

/// Our own minimum (USM-11), after USM has had nothing against the level.
bool strong_enough(const User& user, SecurityLevel level, const Policy& policy, Inbound* inbound) {
  if (weaker(level, user.level())) {
    return refuse(inbound, Step::kPolicy, DropReason::kLevelBelowUser);
  }
  if (weaker(level, policy.level)) {
    return refuse(inbound, Step::kPolicy,
                  level == SecurityLevel::kNoAuthNoPriv ? DropReason::kNoAuthNoPriv
                                                        : DropReason::kAuthNoPriv);
  }
  return true;
}

/// RFC 3414 4 lets a sender synchronise its time with an authNoPriv request whatever its user's
/// level. Our answer to a wrong time (INF-07) must come before our policy refuses the level.
bool may_be_time_sync(const snmp::V3Message& message, const Inbound& inbound) {
  return inbound.for_own_engine && message.level() == SecurityLevel::kAuthNoPriv;
}

std::uint32_t boots_of(const snmp::V3Message& message) {
  return static_cast<std::uint32_t>(message.authoritative_engine_boots);
}
std::uint32_t time_of(const snmp::V3Message& message) {
  return static_cast<std::uint32_t>(message.authoritative_engine_time);
}

DropReason window_reason(EngineClock::Verdict verdict) {
  return verdict == EngineClock::Verdict::kBootsMaximum ? DropReason::kBootsMaximum
                                                        : DropReason::kNotInTimeWindow;
}

bool inside(EngineClock::Verdict verdict) {
  return verdict == EngineClock::Verdict::kFresh || verdict == EngineClock::Verdict::kInWindow;
}

}  // namespace

TimeWindowRules::TimeWindowRules(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return before(a.engine_id, b.engine_id); });
}

TimeWindow TimeWindowRules::rule(ByteView engine_id) const {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), engine_id,
      [](const Entry& entry, ByteView wanted) { return before(entry.engine_id, wanted); });
  if (at == entries_.end() || !equal(at->engine_id, engine_id)) return TimeWindow::kEnforce;
  return at->rule;
}

InboundProcessor::InboundProcessor(const Options& options, const Published<SecurityConfig>& config,
                                   EngineTable& engines, const OwnEngine& own)
    : config_(config), engines_(engines), own_(own), cache_(options.cached_keys_max) {}

std::uint64_t InboundProcessor::refresh() {
  if (config_.refresh()) {
    cache_.clear();
    provisional_ = {};
    cipher_.forget_keys();
  }
  return config_.generation();
}

bool InboundProcessor::knows(const snmp::V3Message& message) const {
  const ByteView engine_id = message.authoritative_engine_id;
  if (cache_.has(engine_id, message.user_name)) return true;
  // After a reload, or with a full cache, the engine is known although its keys are not kept. The
  // table's lock is taken only for the name of an existing user. Our own engine, under which
  // informs come, stands in no table of others.
  return config_->users.find(engine_id, message.user_name) != nullptr &&
         (equal(engine_id, own_.engine_id()) || engines_.find(engine_id) != nullptr);
}

Inbound InboundProcessor::process(const snmp::V3Message& message, std::int64_t monotonic_ns,
                                  MutableBytes scratch) {
  Inbound inbound;
  const bool accepted = find_user(message, &inbound) && check_level(message, &inbound) &&
                        check_digest(message, &inbound) &&
                        check_window(message, monotonic_ns, &inbound) &&
                        check_late_level(message, &inbound) && decrypt(message, scratch, &inbound);
  if (accepted) inbound.step = Step::kAccepted;
  return inbound;
}

/// RFC 3414 3.2 (3) and (4).
bool InboundProcessor::find_user(const snmp::V3Message& message, Inbound* inbound) {
  const ByteView engine_id = message.authoritative_engine_id;
  inbound->for_own_engine = equal(engine_id, own_.engine_id());
  if (!inbound->for_own_engine && !legal_engine_id(engine_id)) {
    return refuse(inbound, Step::kEngine, DropReason::kUnknownEngine);
  }
  cached_ = cache_.find(engine_id, message.user_name);
  const User* const user =
      cached_ != nullptr ? cached_->user : config_->users.find(engine_id, message.user_name);
  // Only notifications come under a foreign engine; whether an inform or a request may come under
  // ours is known when its PDU can be read.
  const bool welcome =
      user != nullptr && (user->may_receive || (inbound->for_own_engine && user->may_use_agent));
  if (!welcome) return refuse(inbound, Step::kUser, DropReason::kUnknownUser);
  inbound->user = user;
  return true;
}

/// RFC 3414 3.2 (5), then our policy as far as it can be applied before the time is checked.
bool InboundProcessor::check_level(const snmp::V3Message& message, Inbound* inbound) const {
  const User& user = *inbound->user;
  if (!supports(user, message.level())) {
    return refuse(inbound, Step::kLevel, DropReason::kUnsupportedSecLevel);
  }
  if (!may_be_time_sync(message, *inbound) &&
      !strong_enough(user, message.level(), config_->policy, inbound)) {
    return false;
  }
  if (!allowed_algorithms(user, config_->policy)) {
    return refuse(inbound, Step::kPolicy, DropReason::kWeakAlgorithm);
  }
  return true;
}

bool InboundProcessor::check_late_level(const snmp::V3Message& message, Inbound* inbound) const {
  return !may_be_time_sync(message, *inbound) ||
         strong_enough(*inbound->user, message.level(), config_->policy, inbound);
}

/// RFC 3414 3.2 (6).
bool InboundProcessor::check_digest(const snmp::V3Message& message, Inbound* inbound) {
  if (message.level() == SecurityLevel::kNoAuthNoPriv) return true;
  if (cached_ == nullptr) return check_first_digest(message, inbound);
  if (!cached_->auth.verify(message.whole, message.authentication_parameters)) {
    return refuse(inbound, Step::kDigest, DropReason::kWrongDigest);
  }
  inbound->authenticated = true;
  inbound->keys = cached_;
  inbound->clock = cached_->clock;
  return true;
}

/// A stranger costs one short hash and one digest. Everything that is dear or lasts (a lengthened
/// privacy key, the engine's entry, the cached keys) comes after the digest (USM-17).
bool InboundProcessor::check_first_digest(const snmp::V3Message& message, Inbound* inbound) {
  const User& user = *inbound->user;
  const ByteView engine_id = message.authoritative_engine_id;
  provisional_ = {};
  provisional_.user = &user;
  provisional_.auth = HmacKey(user.auth, localised_auth_key(user, engine_id));
  if (!provisional_.auth.verify(message.whole, message.authentication_parameters)) {
    return refuse(inbound, Step::kDigest, DropReason::kWrongDigest);
  }
  inbound->authenticated = true;
  if (!inbound->for_own_engine) {
    provisional_.clock = engines_.find_or_add(engine_id);
    if (provisional_.clock == nullptr) {
      return refuse(inbound, Step::kEngineTable, DropReason::kEngineTableFull);
    }
  }
  provisional_.priv = localised_priv_key(user, engine_id);
  inbound->keys = &provisional_;
  inbound->clock = provisional_.clock;
  if (cache_.add(engine_id, message.user_name, provisional_)) {
    inbound->keys = cache_.find(engine_id, message.user_name);
  }
  return true;
}

/// RFC 3414 3.2 (7); nothing is checked, and no clock moves, without authentication (USM-15).
bool InboundProcessor::check_window(const snmp::V3Message& message, std::int64_t monotonic_ns,
                                    Inbound* inbound) {
  if (!inbound->authenticated) return true;
  if (inbound->for_own_engine) {
    if (own_.in_window(boots_of(message), time_of(message), monotonic_ns)) return true;
    return refuse(
        inbound, Step::kWindow,
        own_.boots() >= kBootsMax ? DropReason::kBootsMaximum : DropReason::kNotInTimeWindow);
  }
  inbound->window =
      inbound->clock->check(boots_of(message), time_of(message), monotonic_ns / kNsPerSecond);
  if (inside(inbound->window)) return true;
  if (config_->time_windows.rule(message.authoritative_engine_id) == TimeWindow::kEnforce) {
    return refuse(inbound, Step::kWindow, window_reason(inbound->window));
  }
  inbound->window_waived = true;
  return true;
}

/// RFC 3414 3.2 (8).
bool InboundProcessor::decrypt(const snmp::V3Message& message, MutableBytes scratch,
                               Inbound* inbound) {
  const bool plain = !message.plaintext_scoped_pdu.empty();
  const bool should_be_plain = message.level() != SecurityLevel::kAuthPriv;
  if (plain != should_be_plain) {
    return refuse(inbound, Step::kDecrypt, DropReason::kMalformed);
  }
  if (plain) {
    inbound->scoped_pdu = message.plaintext_scoped_pdu;
    return true;
  }
  if (!cipher_.decrypt(inbound->user->priv, inbound->keys->priv, boots_of(message),
                       time_of(message), message.privacy_parameters, message.encrypted_pdu, scratch,
                       inbound->keys->place)) {
    return refuse(inbound, Step::kDecrypt, DropReason::kDecryptionError);
  }
  inbound->scoped_pdu = scratch.first(message.encrypted_pdu.size());
  inbound->padded = true;
  return true;
}

}  // namespace trapd::usm
