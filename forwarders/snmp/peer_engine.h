// SPDX-License-Identifier: Apache-2.0
// The SNMP engine of a receiver of SNMPv3 informs, as its sender sees it: it is authoritative, so
// we have to learn its engine ID (RFC 3414 4) and its clock (3.2 (7)(b)) before it takes anything.
// Pure logic: no socket, no clock of its own. One destination's; not shared.
//
//              Report unknownEngineIDs                 authentic message of that engine
//  kUnknown --------------------------> kIdentified --------------------------------->
//  kSynchronised
//                (engine ID only)        ^   ^   noAuthNoPriv users: at once               |  |
//                                        |   |                                             |  |
//                                        |   +--- Report unknownEngineIDs, other engine ---+  |
//                                        +------- its clock went back: it is forgotten --------+
//
// In kIdentified one message is let out, with boots and time 0; its answer is an authentic Report
// notInTimeWindows, which brings the clock. A restart of the peer is the same Report in
// kSynchronised. Each kind of repair happens once per try (NBS-03); everything else ends the try
// with a reason that names what to check. Only authentic messages move the clock (NBS-04).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "forwarders/snmp/answer.h"
#include "trapd/usm/engine_clock.h"
#include "trapd/usm/key_cache.h"
#include "trapd/usm/user.h"

namespace trapd::forwarders {

/// Repairs already made in this try of a message.
struct Repairs {
  bool engine = false;
  bool clock = false;
};

enum class Next : std::uint8_t {
  kIgnore,        // proves nothing; wait on
  kAcknowledged,  // a Response that counts
  kSendAgain,     // repaired: the same notification, a new message
  kEndTry,        // no use to go on before something is put right
};

struct Verdict {
  Next next = Next::kIgnore;
  std::string reason;  // kEndTry: what to check, and where
};

class PeerEngine {
 public:
  enum class State : std::uint8_t { kUnknown, kIdentified, kSynchronised };

  /// peer: for reasons, "nms.example.net:162".
  PeerEngine(std::shared_ptr<const usm::User> user, std::string peer);

  State state() const { return state_; }
  ByteView engine_id() const { return engine_id_; }
  /// What to put into a message now; 0 and 0 until synchronised.
  std::uint32_t boots() const;
  std::uint32_t time(std::int64_t now_s) const;
  /// The user's keys for this engine; good until the engine changes.
  const usm::CachedKeys& keys() const { return keys_; }
  AnswerKeys answer_keys() const;
  /// The largest message the peer takes, as it has said authentically (NBS-08).
  std::size_t message_octets_max() const { return message_octets_max_; }

  /// The answer to a discovery.
  Verdict discovered(const Answer& answer);
  /// The answer to an inform; the caller has matched msgID (and request-id of a Response).
  Verdict answered(const Answer& answer, std::int64_t now_s, Repairs* repairs);

 private:
  struct Row;
  Verdict identify(ByteView engine_id);
  Verdict check_clock(const Answer& answer, std::int64_t now_s);
  void forget_clock();
  Verdict repair_engine(const Answer& answer, Repairs* repairs);
  Verdict repair_clock(const Answer& answer, Repairs* repairs) const;
  Verdict end_try(const char* what) const;

  std::shared_ptr<const usm::User> user_;
  std::string peer_;
  State state_ = State::kUnknown;
  std::vector<std::uint8_t> engine_id_;
  std::unique_ptr<usm::EngineClock> clock_;
  usm::CachedKeys keys_;
  std::size_t message_octets_max_ = snmp::kMessageOctetsMax;
};

}  // namespace trapd::forwarders
