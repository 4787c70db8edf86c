// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/inform_forwarder.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "forwarders/snmp/send_error.h"

namespace trapd::forwarders {
namespace {

constexpr std::int32_t kNoError = 0;
constexpr std::int32_t kTooBig = 1;  // RFC 3416 3, error-status
/// No device has this identity.
constexpr char kHeartbeatDevice[] = "\x01heartbeat";

std::int64_t seconds(std::int64_t ns) { return ns / kNsPerSecond; }

InformWindow::Options window_options(const SnmpSettings& settings) {
  const std::size_t window = std::max(settings.window, 1U);
  return {.outstanding_max = window,
          .waiting_max = window * InformForwarder::kLookAhead,
          .timeout_ns = settings.timeout.count() * kNsPerMs};
}

}  // namespace

InformForwarder::InformForwarder(const std::string& destination, const SnmpSettings& settings,
                                 const RenderContext& context)
    : LinkForwarder(destination, settings, context),
      window_(window_options(settings_)),
      peer_(settings_.user, link_.peer()),
      messages_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessageOctets)) {
  built_.reserve(PeerSocket::kBatchMax);
  built_ids_.reserve(PeerSocket::kBatchMax);
}

// --- what comes in ---

std::size_t InformForwarder::offer(std::span<const Item> items) {
  if (!link_.is_open()) return 0;
  std::size_t taken = 0;
  for (; taken < items.size() && window_.has_room(); ++taken) add(items[taken]);
  return taken;
}

void InformForwarder::add(const Item& item) {
  if (!writer_.takes(item.record)) {
    window_.add_finished(item.sequence, item.destination_sequence);
    ++finished_;
    return;
  }
  Inform inform;
  inform.sequence = item.sequence;
  inform.destination_sequence = item.destination_sequence;
  inform.request_id = ids_.next();
  inform.device = item.record.text(alarm::Field::kDevice);
  const ByteView pdu = writer_.write_record(item, inform.request_id, room());
  inform.pdu.assign(pdu.begin(), pdu.end());
  const InformId id = window_.add(std::move(inform));
  if (pdu.empty()) set_aside(id, too_big_for_udp());
}

InformId InformForwarder::add_own(std::int32_t request_id, ByteView pdu) {
  Inform inform;
  inform.counts = false;
  inform.device = kHeartbeatDevice;
  inform.request_id = request_id;
  inform.pdu.assign(pdu.begin(), pdu.end());
  return window_.add(std::move(inform));
}

void InformForwarder::add_heartbeat(std::int64_t now_ns) {
  if (heartbeat_ != 0) return;
  const std::int32_t request_id = ids_.next();
  heartbeat_ = add_own(request_id, writer_.write_heartbeat(window_.delivered_destination_sequence(),
                                                           request_id, room()));
  heartbeat_sent(now_ns);
}

// --- the round ---

bool InformForwarder::drive(std::int64_t now_ns) {
  const std::uint64_t finished = finished_;
  read_answers(now_ns);
  const bool was_open = link_.is_open();
  if (link_.drive(now_ns)) {
    expire(now_ns);
    // Also where the owner wants none: it is what a peer that refuses all that waits may answer.
    const bool wanted = heartbeat_due(now_ns) || (link_.suspect() && window_.is_stuck(flushed_));
    if (link_.is_open() && take_list_rebuilt()) {
      const std::int32_t request_id = ids_.next();
      add_own(request_id, writer_.write_list_rebuilt(request_id, room()));
    }
    if (link_.is_open() && wanted) add_heartbeat(now_ns);
    if (link_.is_open() && discover(now_ns) && now_ns >= not_before_ns()) send_ready(now_ns);
  }
  return finished_ != finished || (!was_open && link_.is_open());
}

std::optional<std::int64_t> InformForwarder::next_event_ns() {
  if (!link_.is_open()) return std::nullopt;
  std::optional<std::int64_t> event_ns = window_.next_deadline();
  const auto also = [&](std::int64_t at_ns) {
    event_ns = std::min(event_ns.value_or(at_ns), at_ns);
  };
  if (discovery_.msg_id != 0) also(discovery_.deadline_ns);
  return event_ns;
}

// --- answers ---

void InformForwarder::read_answers(std::int64_t now_ns) {
  if (!link_.socket().is_open()) return;
  const int error = link_.socket().receive([&](ByteView datagram) {
    if (is_v3()) {
      take_v3(datagram, now_ns);
    } else {
      take_v2c(datagram, now_ns);
    }
  });
  if (error != 0 && link_.is_open()) peer_failed(send_error(link_.peer(), error));
}

void InformForwarder::take_v2c(ByteView datagram, std::int64_t now_ns) {
  Answer answer;
  if (!reader_.read_v2c(datagram, as_bytes(settings_.community), &answer)) return;
  if (const auto id = window_.find(answer.request_id)) {
    take_response(*id, answer.error_status, now_ns);
  }
}

void InformForwarder::take_v3(ByteView datagram, std::int64_t now_ns) {
  Answer answer;
  if (!reader_.read_v3(datagram, peer_.answer_keys(), &answer)) return;
  if (discovery_.msg_id != 0 && answer.msg_id == discovery_.msg_id) {
    take_discovery(answer);
    return;
  }
  // RFC 3412 7.2 (10): by msgID, and the request-id has to be that of the notification.
  const auto id = window_.find(answer.msg_id);
  if (!id) return;
  Inform& inform = window_.at(*id);
  if (answer.kind == AnswerKind::kResponse && answer.request_id != inform.request_id) return;
  take_verdict(*id, answer, peer_.answered(answer, seconds(now_ns), &inform.repairs), now_ns);
}

void InformForwarder::take_discovery(const Answer& answer) {
  discovery_ = Discovery{};
  const Verdict verdict = peer_.discovered(answer);
  if (verdict.next == Next::kEndTry) {
    peer_failed(verdict.reason);
  } else {
    link_.succeeded("discovered the engine of");
  }
}

void InformForwarder::take_verdict(InformId id, const Answer& answer, const Verdict& verdict,
                                   std::int64_t now_ns) {
  // Of an inform that waits for its next message anyway, only a Response is news.
  const bool outstanding = window_.at(id).state == Inform::State::kOutstanding;
  switch (verdict.next) {
    case Next::kIgnore:
      return;
    case Next::kAcknowledged:
      take_response(id, answer.error_status, now_ns);
      return;
    case Next::kSendAgain:
      if (outstanding) window_.make_repaired(id);
      return;
    case Next::kEndTry:
      if (outstanding) peer_failed(verdict.reason);
      return;
  }
}

void InformForwarder::take_response(InformId id, std::int32_t error_status, std::int64_t now_ns) {
  last_answer_ns_ = now_ns;
  window_.at(id).unanswered = false;
  blame_unanswered();
  link_.succeeded("informs acknowledged by");
  if (error_status == kTooBig) {
    set_aside(id, link_.peer() + " answers tooBig: it takes no notification of this size");
  } else if (error_status == kNoError) {
    if (window_.at(id).counts) ++delivered_count_;
    finish(id);
  }
  // Any other error may pass: the next try comes when the time of this one is up.
}

void InformForwarder::finish(InformId id) {
  if (id == heartbeat_) heartbeat_ = 0;
  window_.finish(id);
  ++finished_;
}

void InformForwarder::set_aside(InformId id, std::string reason) {
  const Inform& inform = window_.at(id);
  if (inform.counts) dead_letters_.push_back({inform.sequence, std::move(reason)});
  finish(id);
}

// --- time ---

void InformForwarder::expire(std::int64_t now_ns) {
  while (const auto id = window_.next_expired(now_ns)) {
    ++failed_count_;
    if (window_.at(*id).tries <= settings_.retries) {
      window_.make_ready(*id, true);
    } else {
      end_round(*id);
    }
  }
}

void InformForwarder::end_round(InformId id) {
  Inform& inform = window_.at(id);
  if (last_answer_ns_ > inform.round_started_ns) {
    window_.make_ready(id, false);
    window_.begin_round(id);
    return ignored(id);
  }
  inform.unanswered = inform.counts;
  window_.make_ready(id, false);
  window_.begin_round(id);
  peer_failed(link_.peer() + " does not answer: " + std::to_string(settings_.retries + 1) +
              " informs without a Response");
}

/// The peer answers, but has not answered this one for a round.
void InformForwarder::ignored(InformId id) {
  if (++window_.at(id).rounds_ignored < kIgnoredRoundsMax) return;
  set_aside(id, link_.peer() + " acknowledges others but not this one, in " +
                    std::to_string(kIgnoredRoundsMax) + " rounds of " +
                    std::to_string(settings_.retries + 1) + " messages");
}

/// The peer was silent, but is not away: it is answering now.
void InformForwarder::blame_unanswered() {
  for (const InformId id : window_.unanswered()) {
    window_.at(id).unanswered = false;
    ignored(id);
  }
}

void InformForwarder::peer_failed(const std::string& reason) {
  ++failed_count_;
  discovery_ = Discovery{};
  window_.suspend_all(settings_.retries + 1);
  link_.fail(reason);
}

// --- sending ---

/// True when the peer's engine is known, as far as it has to be.
bool InformForwarder::discover(std::int64_t now_ns) {
  if (!is_v3() || peer_.state() != PeerEngine::State::kUnknown) return true;
  if (discovery_.msg_id != 0 && now_ns < discovery_.deadline_ns) return false;
  if (discovery_.sends > settings_.retries) {
    peer_failed(link_.peer() + " does not answer: " + std::to_string(discovery_.sends) +
                " engine discoveries without a Report");
    return false;
  }
  discovery_.msg_id = ids_.next();
  ++discovery_.sends;
  discovery_.deadline_ns = now_ns + settings_.timeout.count() * kNsPerMs;
  const ByteView message = writer_.write_discovery(discovery_.msg_id, room());
  const PeerSocket::Sent sent = link_.socket().send({&message, 1});
  if (sent.error != 0 && !holds_back(sent.error, now_ns)) {
    peer_failed(send_error(link_.peer(), sent.error));
  }
  return false;
}

std::size_t InformForwarder::outstanding_max() {
  const bool engine_ready = !is_v3() || peer_.state() == PeerEngine::State::kSynchronised;
  if (!engine_ready || link_.suspect()) return 1;
  return std::min<std::size_t>(settings_.window, link_.socket().answers_max());
}

void InformForwarder::send_ready(std::int64_t now_ns) {
  while (build(now_ns)) {
    const PeerSocket::Sent sent = link_.socket().send(built_);
    if (sent.error == 0) {
      // A large window goes out in several batches: what the first brings must not fill the queue.
      // By another look at the clock, or an answer would not be later than what it answers.
      now_ns = context_.clock.monotonic_ns();
      read_answers(now_ns);
      if (!link_.is_open()) return;
      continue;
    }
    if (sent.error == EMSGSIZE) {
      take_back_from(sent.count + 1);
      set_aside(built_ids_[sent.count], too_big_for_udp());
      continue;
    }
    take_back_from(sent.count);
    if (!holds_back(sent.error, now_ns)) {
      peer_failed(send_error(link_.peer(), sent.error));
    }
    return;
  }
}

void InformForwarder::take_back_from(std::size_t first) {
  for (std::size_t i = built_ids_.size(); i-- > first;) window_.take_back(built_ids_[i]);
}

/// Messages of the next informs, which count as sent from here on. False: nothing to send.
bool InformForwarder::build(std::int64_t now_ns) {
  built_.clear();
  built_ids_.clear();
  std::size_t free = kMessageOctets;
  while (built_.size() < PeerSocket::kBatchMax && free >= snmp::kMessageOctetsMax) {
    const auto id = link_.suspect() ? window_.next_probe() : window_.next_ready(outstanding_max());
    if (!id) break;
    const Inform& inform = window_.at(*id);
    const std::int32_t msg_id = is_v3() ? ids_.next() : inform.request_id;
    const MutableBytes all(messages_.get(), free);
    const ByteView message = wrap(inform, msg_id, now_ns, all.last(snmp::kMessageOctetsMax));
    if (std::string fault = size_fault(message); !fault.empty()) {
      set_aside(*id, std::move(fault));
      continue;
    }
    window_.sent(*id, msg_id, now_ns);
    built_.push_back(message);
    built_ids_.push_back(*id);
    free -= message.size();
  }
  return !built_.empty();
}

ByteView InformForwarder::wrap(const Inform& inform, std::int32_t msg_id, std::int64_t now_ns,
                               MutableBytes room) {
  if (!is_v3()) return writer_.wrap_v2c(inform.pdu, room);
  return writer_.wrap_v3_inform(inform.pdu, msg_id, peer_, seconds(now_ns), room);
}

/// NBS-08. Empty: the message may go.
std::string InformForwarder::size_fault(ByteView message) const {
  if (message.empty()) return too_big_for_udp();
  if (!is_v3() || message.size() <= peer_.message_octets_max()) return {};
  return "the message has " + std::to_string(message.size()) + " octets, " + link_.peer() +
         " takes " + std::to_string(peer_.message_octets_max()) + " at most (msgMaxSize)";
}

}  // namespace trapd::forwarders
