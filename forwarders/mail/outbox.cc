// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/outbox.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "trapd/base/check.h"
#include "trapd/base/log.h"

namespace trapd::forwarders::mail {

std::size_t Outbox::Mail::octets() const {
  std::size_t all = message.size();
  for (const Entry& entry : entries) {
    all += entry.subject.size() + entry.text.size() + entry.html.size();
  }
  return all;
}

Outbox::Mail Outbox::make(std::vector<Entry> entries, std::vector<std::size_t> todo) const {
  std::string message = compose_(entries);
  return {.message = std::move(message),
          .entries = std::move(entries),
          .todo = std::move(todo),
          .deferred = {},
          .message_refused = {},
          .refusal = {},
          .backoff = Backoff(clock_)};
}

void Outbox::add(std::vector<Entry> entries) {
  CHECK(!entries.empty());
  std::vector<std::size_t> all(recipients_.size());
  std::iota(all.begin(), all.end(), 0);
  mails_.push_back(make(std::move(entries), std::move(all)));
  octets_ += mails_.back().octets();
  records_ += mails_.back().entries.size();
}

Outbox::Mails::iterator Outbox::find() {
  return std::find_if(mails_.begin(), mails_.end(), [](const Mail& mail) {
    return !mail.done && (mail.accepted == 0 || !mail.todo.empty() || mail.backoff.ready());
  });
}

std::optional<Outbox::Job> Outbox::next() {
  current_ = find();
  if (current_ == mails_.end()) return std::nullopt;
  Mail& mail = *current_;
  if (mail.todo.empty()) mail.todo.swap(mail.deferred);
  job_count_ = std::min(mail.todo.size(), Transaction::kRecipientsMax);
  Job job{mail.message, {}};
  for (std::size_t i = 0; i < job_count_; ++i) job.recipients.push_back(recipients_[mail.todo[i]]);
  return job;
}

std::int64_t Outbox::next_ns() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const Mail& mail : mails_) {
    if (mail.done) continue;
    next = std::min(next, mail.rest() && mail.todo.empty() ? mail.backoff.ready_ns() : 0);
  }
  return next;
}

void Outbox::judge(Mail& mail, std::size_t recipient, const RecipientResult& result) {
  switch (result.verdict) {
    case Verdict::kOpen:
      mail.todo.push_back(recipient);
      return;
    case Verdict::kAccepted:
      if (mail.accepted++ == 0) mail.first_acceptance_ns = clock_.monotonic_ns();
      acceptance_ = result.reply;
      return;
    case Verdict::kDeferred:
      mail.deferred.push_back(recipient);
      break;
    case Verdict::kRefused:
      if (result.of_message) mail.message_refused.push_back(recipient);
      if (mail.refused++ == 0) mail.refusal = recipients_[recipient] + ": " + result.reply;
      log::limited(log::Level::kWarning, name_ + " refused",
                   "destination " + name_ + ": mail to " + recipients_[recipient] +
                       " is refused: " + result.reply);
      break;
  }
  complaint_ = recipients_[recipient] + ": " + result.reply;
}

void Outbox::apply(const std::vector<RecipientResult>& results) {
  CHECK(results.size() == job_count_ && current_ != mails_.end());
  Mail& mail = *current_;
  const std::vector<std::size_t> asked(mail.todo.begin(),
                                       mail.todo.begin() + static_cast<std::ptrdiff_t>(job_count_));
  mail.todo.erase(mail.todo.begin(), mail.todo.begin() + static_cast<std::ptrdiff_t>(job_count_));
  for (std::size_t i = 0; i < asked.size(); ++i) judge(mail, asked[i], results[i]);
  job_count_ = 0;
  if (mail.todo.empty()) end_round(mail);
  current_ = mails_.end();
  drop_done();
}

void Outbox::end_round(Mail& mail) {
  if (mail.deferred.empty()) {
    const bool in_doubt = mail.accepted == 0 && !mail.message_refused.empty();
    return in_doubt && mail.entries.size() > 1 ? split() : finish(mail);
  }
  if (mail.accepted == 0) {
    put_off_ = true;
    return;
  }
  mail.backoff.failed();
  if (clock_.monotonic_ns() - mail.first_acceptance_ns >= kRestNs) return give_up_rest(mail);
  const auto rests =
      std::count_if(mails_.begin(), mails_.end(), [](const Mail& m) { return m.rest(); });
  if (static_cast<std::size_t>(rests) > kRestsMax) {
    give_up_rest(
        *std::find_if(mails_.begin(), mails_.end(), [](const Mail& m) { return m.rest(); }));
  }
}

void Outbox::give_up_rest(Mail& mail) {
  log::limited(log::Level::kWarning, name_ + " given up",
               "destination " + name_ + ": a mail that others have is given up for " +
                   recipients_[mail.deferred.front()] + " and " +
                   std::to_string(mail.deferred.size() - 1) + " more: " + complaint_);
  finish(mail);
}

void Outbox::split() {
  Mail whole = std::move(*current_);
  octets_ -= whole.octets();
  log::limited(log::Level::kInfo, name_ + " split",
               "destination " + name_ + ": a mail of " + std::to_string(whole.entries.size()) +
                   " records is refused, its halves are tried: " + whole.refusal);
  const auto add_half = [&](auto from, auto to) {
    Mail mail =
        make({std::make_move_iterator(from), std::make_move_iterator(to)}, whole.message_refused);
    mail.refused = whole.refused - whole.message_refused.size();
    if (mail.refused > 0) mail.refusal = whole.refusal;
    octets_ += mail.octets();
    mails_.insert(current_, std::move(mail));
  };
  const auto middle = whole.entries.begin() + static_cast<std::ptrdiff_t>(whole.entries.size() / 2);
  add_half(whole.entries.begin(), middle);
  add_half(middle, whole.entries.end());
  mails_.erase(current_);
}

void Outbox::finish(Mail& mail) {
  mail.done = true;
  records_ -= mail.entries.size();
  octets_ -= mail.octets();
  all_refused_ = mail.accepted == 0;
  if (!all_refused_) {
    delivered_ += mail.entries.size();
    if (mail.deferred.empty()) complaint_ = mail.refusal;
  } else {
    std::string reason = mail.refusal;
    if (mail.refused > 1) {
      reason += " (and " + std::to_string(mail.refused - 1) + " more recipients refuse)";
    }
    for (const Entry& entry : mail.entries) dead_.push_back({entry.sequence, reason});
  }
  // It may stay a while behind one that is under way: what takes room goes now.
  std::string().swap(mail.message);
  std::vector<Entry> last(1);
  last.front().sequence = mail.entries.back().sequence;
  mail.entries.swap(last);
  mail.todo.clear();
  mail.deferred.clear();
}

void Outbox::drop_done() {
  while (!mails_.empty() && mails_.front().done) {
    delivered_through_ = mails_.front().entries.back().sequence;
    mails_.pop_front();
  }
}

bool Outbox::take_put_off() { return std::exchange(put_off_, false); }

}  // namespace trapd::forwarders::mail
