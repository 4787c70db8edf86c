// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_engine.h"

#include <algorithm>
#include <array>

#include "trapd/usm/outbound.h"
#include "trapd/usm/own_engine.h"

namespace trapd::forwarders {
namespace {

using usm::EngineClock;

/// A receiver must take this much (RFC 3412 6), whatever it says.
constexpr std::size_t kMessageOctetsMin = 484;

/// What an answer of each kind leads to, once its clock has been found good.
enum class Step : std::uint8_t { kAcknowledge, kRepairEngine, kRepairClock, kRefuse };

struct StepRow {
  AnswerKind kind;
  Step step;
  const char* what;  // kRefuse: what the peer says, and what to check
};

constexpr std::array<StepRow, 8> kSteps = {{
    {AnswerKind::kResponse, Step::kAcknowledge, nullptr},
    {AnswerKind::kUnknownEngineId, Step::kRepairEngine, nullptr},
    {AnswerKind::kNotInTimeWindow, Step::kRepairClock, nullptr},
    {AnswerKind::kWrongDigest, Step::kRefuse,
     "says wrongDigests: check the authentication protocol and passphrase of the user"},
    {AnswerKind::kUnknownUserName, Step::kRefuse,
     "says unknownUserNames: it does not know the user, check the name on both sides"},
    {AnswerKind::kUnsupportedSecLevel, Step::kRefuse,
     "says unsupportedSecLevels: its user lacks the authentication or privacy that ours has"},
    {AnswerKind::kDecryptionError, Step::kRefuse,
     "says decryptionErrors: check the privacy protocol and passphrase of the user"},
    {AnswerKind::kOtherReport, Step::kRefuse,
     "answers with a Report that is none of USM's: it takes no informs there"},
}};

const StepRow& row(AnswerKind kind) { return kSteps[static_cast<std::size_t>(kind)]; }

constexpr bool in_order() {
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    if (kSteps[i].kind != static_cast<AnswerKind>(i)) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

PeerEngine::PeerEngine(std::shared_ptr<const usm::User> user, std::string peer)
    : user_(std::move(user)), peer_(std::move(peer)) {}

std::uint32_t PeerEngine::boots() const {
  return state_ == State::kSynchronised && clock_ ? clock_->state().boots : 0;
}

std::uint32_t PeerEngine::time(std::int64_t now_s) const {
  if (state_ != State::kSynchronised || !clock_) return 0;
  const EngineClock::State known = clock_->state();
  const std::int64_t passed = std::max(now_s - known.received_s, std::int64_t{0});
  return static_cast<std::uint32_t>(
      std::min(known.latest_time + passed, std::int64_t{usm::kBootsMax}));
}

AnswerKeys PeerEngine::answer_keys() const {
  if (state_ == State::kUnknown) return {};
  return {engine_id_, as_bytes(user_->name), &keys_.auth, user_->priv, &keys_.priv};
}

Verdict PeerEngine::end_try(const char* what) const {
  return {Next::kEndTry, peer_ + " " + what + " (user " + user_->name + ")"};
}

Verdict PeerEngine::identify(ByteView engine_id) {
  if (!usm::legal_engine_id(engine_id)) return end_try("names no legal engine ID");
  const auto is_this = [&](const std::vector<std::uint8_t>& e) { return equal(e, engine_id); };
  if (!user_->for_any_engine() &&
      std::none_of(user_->engines.begin(), user_->engines.end(), is_this)) {
    return {Next::kEndTry, peer_ + " has the engine ID " + to_hex(engine_id) + ", for which user " +
                               user_->name + " is not configured: add it to its `engines`"};
  }
  engine_id_.assign(engine_id.begin(), engine_id.end());
  keys_ = usm::localise_user(*user_, engine_id_);
  clock_ = std::make_unique<EngineClock>();
  message_octets_max_ = snmp::kMessageOctetsMax;
  const bool needs_clock = user_->level() != snmp::SecurityLevel::kNoAuthNoPriv;
  state_ = needs_clock ? State::kIdentified : State::kSynchronised;
  return {Next::kSendAgain, {}};
}

Verdict PeerEngine::discovered(const Answer& answer) {
  if (answer.kind != AnswerKind::kUnknownEngineId) {
    return end_try("answers discovery with something else than unknownEngineIDs");
  }
  return identify(answer.engine_id);
}

/// RFC 3414 3.2 (7)(b), for an authentic message. kSendAgain: it is in the window.
Verdict PeerEngine::check_clock(const Answer& answer, std::int64_t now_s) {
  switch (clock_->check(answer.engine_boots, answer.engine_time, now_s)) {
    case EngineClock::Verdict::kFresh:
    case EngineClock::Verdict::kInWindow:
      state_ = State::kSynchronised;
      message_octets_max_ =
          std::clamp<std::size_t>(answer.max_size, kMessageOctetsMin, snmp::kMessageOctetsMax);
      return {Next::kSendAgain, {}};
    // Neither of the two can be a replay: the digest covers the msgID, which we chose for this
    // very message. Without them the peer would be shut out until trapd restarts.
    case EngineClock::Verdict::kBootsLower:
      forget_clock();
      return end_try("counts fewer engine boots than before: has it lost its state?");
    case EngineClock::Verdict::kTooOld:
      forget_clock();
      return end_try("has an engine time behind the one before: was it suspended?");
    case EngineClock::Verdict::kBootsMaximum:
      return end_try("has used up its engine boots: it needs a new engine ID");
  }
  return {};
}

void PeerEngine::forget_clock() {
  clock_ = std::make_unique<EngineClock>();
  state_ = State::kIdentified;
}

Verdict PeerEngine::repair_engine(const Answer& answer, Repairs* repairs) {
  if (equal(answer.engine_id, engine_id_)) {
    return end_try("says unknownEngineIDs of its own engine ID");
  }
  if (repairs->engine) return end_try("changes its engine ID from answer to answer");
  repairs->engine = true;
  return identify(answer.engine_id);
}

Verdict PeerEngine::repair_clock(const Answer& answer, Repairs* repairs) const {
  if (!answer.authentic) return {};
  if (repairs->clock) return end_try("says notInTimeWindows again after its clock was taken over");
  repairs->clock = true;
  return {Next::kSendAgain, {}};
}

Verdict PeerEngine::answered(const Answer& answer, std::int64_t now_s, Repairs* repairs) {
  if (answer.authentic) {
    Verdict clock = check_clock(answer, now_s);
    if (clock.next != Next::kSendAgain) return clock;
  }
  const StepRow& found = row(answer.kind);
  switch (found.step) {
    case Step::kAcknowledge:
      // RFC 3412 7.2 (10): a Response of another level than the request is none.
      if (answer.level != user_->level()) return {};
      return {Next::kAcknowledged, {}};
    case Step::kRepairEngine:
      return repair_engine(answer, repairs);
    case Step::kRepairClock:
      return repair_clock(answer, repairs);
    case Step::kRefuse:
      return end_try(found.what);
  }
  return {};
}

}  // namespace trapd::forwarders
