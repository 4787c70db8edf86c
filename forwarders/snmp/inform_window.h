// SPDX-License-Identifier: Apache-2.0
// Informs between offer and acknowledgement: which may go out now, which wait for their device's
// turn, which have waited for an answer too long. Pure logic on a clock that is passed in.
//
//            add, first of its device              sent
//   (offered) -----------------------> kReady <----------------> kOutstanding
//       |                                ^    timed out, tries left    |
//       | a device's earlier one waits   |    repaired, suspended      | Response; dead letter
//       v                                |                             v
//    kBehind ----------------------------+                          kFinished
//                 the earlier one finished
//
// At most one inform per device is outstanding, so that a device's notifications arrive in order;
// a window of them goes out across devices. Finished ones leave at the front only, so that what
// is before the front is what has been delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "forwarders/snmp/peer_engine.h"
#include "trapd/base/bytes.h"
#include "trapd/base/hash.h"

namespace trapd::forwarders {

/// Names an inform for as long as it is in the window, and is never used again.
using InformId = std::uint64_t;

struct Inform {
  enum class State : std::uint8_t { kBehind, kReady, kOutstanding, kFinished };
  State state = State::kBehind;
  bool counts = true;  // a record; a heartbeat is none
  std::uint64_t sequence = 0;
  std::uint64_t destination_sequence = 0;
  std::int32_t request_id = 0;  // the same for all tries: the peer knows a retransmission by it
  std::string device;
  std::vector<std::uint8_t> pdu;
  std::vector<std::int32_t> msg_ids;  // of every message sent for it; at most kMsgIdsMax
  std::uint32_t tries = 0;            // of this round
  bool repaired = false;              // the next message belongs to the try that was made last
  std::uint32_t rounds_ignored = 0;   // rounds without an answer while the peer answered others
  bool unanswered = false;            // its last round, and nobody else was answered meanwhile
  std::int64_t round_started_ns = 0;
  std::int64_t deadline_ns = 0;
  Repairs repairs;
  InformId behind_me = 0;  // the next one of the same device; 0 = none
};

/// One destination's; not shared.
class InformWindow {
 public:
  struct Options {
    std::size_t outstanding_max = 64;
    std::size_t waiting_max = 256;  // all that are offered and not finished
    std::int64_t timeout_ns = 0;
  };
  explicit InformWindow(const Options& options) : options_(options) {}

  bool has_room() const { return informs_.size() < options_.waiting_max; }
  /// Only when has_room(); a heartbeat, one at a time, always.
  InformId add(Inform inform);
  /// A record with nothing to send: it only takes its place in the order. Only when has_room().
  void add_finished(std::uint64_t sequence, std::uint64_t destination_sequence);
  /// Records (not heartbeats) that are not finished.
  std::size_t under_way() const { return under_way_; }
  std::size_t outstanding() const { return outstanding_; }
  /// Is there anything at all to send, now or later?
  bool empty() const { return informs_.empty(); }
  std::uint64_t delivered_through() const { return delivered_through_; }
  std::uint64_t delivered_destination_sequence() const { return delivered_destination_sequence_; }

  /// The next one to send, oldest first, if fewer than `outstanding_max` are out.
  std::optional<InformId> next_ready(std::size_t outstanding_max);
  /// The next one to probe a silent peer with, if nothing is out: one whose last round did not end
  /// unanswered, if there is any; else the next.
  std::optional<InformId> next_probe();
  /// No more can come in, or is to (`complete`), and all that may go has been sent in vain.
  bool is_stuck(bool complete = false) const;
  /// Ids of those whose last round ended unanswered.
  std::vector<InformId> unanswered() const;
  Inform& at(InformId id) { return informs_[static_cast<std::size_t>(id - first_id_)]; }
  /// It went out as this message; its answer is awaited from now on.
  void sent(InformId id, std::int32_t msg_id, std::int64_t now_ns);
  /// The unfinished inform that this msgID belongs to.
  std::optional<InformId> find(std::int32_t msg_id) const;
  /// Acknowledged, or dead: makes room, and lets its device's next one go.
  void finish(InformId id);
  /// To be sent again, before others when `first`.
  void make_ready(InformId id, bool first);
  /// To be sent again at once, as part of the same try.
  void make_repaired(InformId id);
  /// sent() came to nothing: it did not leave.
  void take_back(InformId id);
  /// A new round of tries begins with its next send.
  void begin_round(InformId id);
  /// Nobody answers: everything outstanding is to be sent again, in new rounds. The round of what
  /// was sent for the last_try-th time has ended unanswered.
  void suspend_all(std::uint32_t last_try);

  /// Outstanding informs whose time is up; each is outstanding until the caller decides.
  std::optional<InformId> next_expired(std::int64_t now_ns);
  /// When next_expired() may have something; nullopt: nothing is outstanding.
  std::optional<std::int64_t> next_deadline();

 private:
  static constexpr std::size_t kMsgIdsMax = 32;
  struct Deadline {
    std::int64_t at_ns = 0;
    InformId id = 0;
  };
  bool known(InformId id) const { return id >= first_id_ && id - first_id_ < informs_.size(); }
  bool current(const Deadline& deadline);
  void leave_outstanding(Inform& inform);
  void forget_messages(Inform& inform);
  void pop_finished();

  const Options options_;
  std::deque<Inform> informs_;  // id = first_id_ + index
  InformId first_id_ = 1;
  std::deque<InformId> ready_;      // may hold ids that are not ready any more
  std::deque<Deadline> deadlines_;  // ascending, as every send waits equally long; may be stale
  std::unordered_map<std::int32_t, InformId> by_msg_id_;
  std::unordered_map<std::string, InformId, BytesHash, std::equal_to<>> last_of_device_;
  std::size_t outstanding_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t delivered_through_ = 0;
  std::uint64_t delivered_destination_sequence_ = 0;
};

}  // namespace trapd::forwarders
