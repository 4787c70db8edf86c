// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/inform_window.h"

#include <algorithm>
#include <utility>

#include "trapd/base/check.h"

namespace trapd::forwarders {

InformId InformWindow::add(Inform inform) {
  CHECK(has_room() || !inform.counts);
  const InformId id = first_id_ + informs_.size();
  const auto [last, first_of_device] = last_of_device_.try_emplace(inform.device, id);
  inform.state = first_of_device ? Inform::State::kReady : Inform::State::kBehind;
  if (first_of_device) {
    ready_.push_back(id);
  } else {
    at(last->second).behind_me = id;
    last->second = id;
  }
  if (inform.counts) ++under_way_;
  informs_.push_back(std::move(inform));
  return id;
}

void InformWindow::add_finished(std::uint64_t sequence, std::uint64_t destination_sequence) {
  CHECK(has_room());
  Inform inform;
  inform.state = Inform::State::kFinished;
  inform.sequence = sequence;
  inform.destination_sequence = destination_sequence;
  informs_.push_back(std::move(inform));
  pop_finished();
}

std::optional<InformId> InformWindow::next_ready(std::size_t outstanding_max) {
  if (outstanding_ >= std::min(outstanding_max, options_.outstanding_max)) return std::nullopt;
  while (!ready_.empty()) {
    const InformId id = ready_.front();
    if (known(id) && at(id).state == Inform::State::kReady) return id;
    ready_.pop_front();
  }
  return std::nullopt;
}

std::optional<InformId> InformWindow::next_probe() {
  if (outstanding_ > 0) return std::nullopt;
  for (const InformId id : ready_) {
    if (known(id) && at(id).state == Inform::State::kReady && !at(id).unanswered) return id;
  }
  return next_ready(1);
}

bool InformWindow::is_stuck(bool complete) const {
  if (complete ? under_way_ == 0 : has_room()) return false;
  return std::none_of(informs_.begin(), informs_.end(), [](const Inform& inform) {
    return inform.state != Inform::State::kFinished && inform.state != Inform::State::kBehind &&
           !inform.unanswered;
  });
}

std::vector<InformId> InformWindow::unanswered() const {
  std::vector<InformId> ids;
  for (std::size_t i = 0; i < informs_.size(); ++i) {
    if (informs_[i].unanswered && informs_[i].state != Inform::State::kFinished) {
      ids.push_back(first_id_ + i);
    }
  }
  return ids;
}

void InformWindow::sent(InformId id, std::int32_t msg_id, std::int64_t now_ns) {
  Inform& inform = at(id);
  CHECK(inform.state == Inform::State::kReady);
  if (!ready_.empty() && ready_.front() == id) {
    ready_.pop_front();
  } else {
    std::erase(ready_, id);  // a probe that was not the next
  }
  inform.state = Inform::State::kOutstanding;
  ++outstanding_;
  if (!inform.repaired) {
    if (inform.tries++ == 0) inform.round_started_ns = now_ns;
    inform.repairs = Repairs{};
  }
  inform.repaired = false;
  inform.deadline_ns = now_ns + options_.timeout_ns;
  deadlines_.push_back({inform.deadline_ns, id});
  if (inform.msg_ids.size() == kMsgIdsMax) {
    by_msg_id_.erase(inform.msg_ids.front());
    inform.msg_ids.erase(inform.msg_ids.begin());
  }
  inform.msg_ids.push_back(msg_id);
  by_msg_id_[msg_id] = id;
}

std::optional<InformId> InformWindow::find(std::int32_t msg_id) const {
  const auto found = by_msg_id_.find(msg_id);
  if (found == by_msg_id_.end()) return std::nullopt;
  return found->second;
}

void InformWindow::leave_outstanding(Inform& inform) {
  if (inform.state == Inform::State::kOutstanding) --outstanding_;
}

void InformWindow::forget_messages(Inform& inform) {
  for (const std::int32_t msg_id : inform.msg_ids) by_msg_id_.erase(msg_id);
  inform.msg_ids.clear();
}

void InformWindow::finish(InformId id) {
  Inform& inform = at(id);
  if (inform.state == Inform::State::kFinished) return;
  leave_outstanding(inform);
  forget_messages(inform);
  inform.state = Inform::State::kFinished;
  inform.pdu = {};
  if (inform.counts) --under_way_;
  if (inform.behind_me != 0) {
    make_ready(inform.behind_me, false);
  } else {
    last_of_device_.erase(inform.device);
  }
  pop_finished();
}

void InformWindow::pop_finished() {
  while (!informs_.empty() && informs_.front().state == Inform::State::kFinished) {
    if (informs_.front().counts) {
      delivered_through_ = informs_.front().sequence;
      delivered_destination_sequence_ = informs_.front().destination_sequence;
    }
    informs_.pop_front();
    ++first_id_;
  }
}

void InformWindow::make_ready(InformId id, bool first) {
  Inform& inform = at(id);
  leave_outstanding(inform);
  inform.state = Inform::State::kReady;
  if (first) {
    ready_.push_front(id);
  } else {
    ready_.push_back(id);
  }
}

void InformWindow::make_repaired(InformId id) {
  make_ready(id, true);
  at(id).repaired = true;
}

void InformWindow::take_back(InformId id) {
  make_ready(id, true);
  if (at(id).tries > 0) --at(id).tries;
}

void InformWindow::begin_round(InformId id) {
  at(id).tries = 0;
  at(id).repaired = false;
}

void InformWindow::suspend_all(std::uint32_t last_try) {
  for (std::size_t i = informs_.size(); i-- > 0;) {
    Inform& inform = informs_[i];
    if (inform.state != Inform::State::kOutstanding) continue;
    if (inform.counts && inform.tries >= last_try) inform.unanswered = true;
    make_ready(first_id_ + i, true);
    begin_round(first_id_ + i);
  }
  deadlines_.clear();
}

bool InformWindow::current(const Deadline& deadline) {
  return known(deadline.id) && at(deadline.id).state == Inform::State::kOutstanding &&
         at(deadline.id).deadline_ns == deadline.at_ns;
}

std::optional<std::int64_t> InformWindow::next_deadline() {
  while (!deadlines_.empty() && !current(deadlines_.front())) deadlines_.pop_front();
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.front().at_ns;
}

std::optional<InformId> InformWindow::next_expired(std::int64_t now_ns) {
  const std::optional<std::int64_t> first = next_deadline();
  if (!first || *first > now_ns) return std::nullopt;
  const InformId id = deadlines_.front().id;
  deadlines_.pop_front();
  return id;
}

}  // namespace trapd::forwarders
