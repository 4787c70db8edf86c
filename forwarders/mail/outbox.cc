// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/outbox.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "trapd/base/check.h"
#include "trapd/base/log.h"

namespace trapd::forwarders::mail {

void Outbox::add(std::string message, std::vector<std::uint64_t> sequences) {
  octets_ += message.size();
  records_ += sequences.size();
  Mail mail{.message = std::move(message),
            .sequences = std::move(sequences),
            .todo = std::vector<std::size_t>(recipients_.size()),
            .deferred = {},
            .refusal = {},
            .backoff = Backoff(clock_)};
  std::iota(mail.todo.begin(), mail.todo.end(), 0);
  mails_.push_back(std::move(mail));
}

Outbox::Mail* Outbox::find() {
  for (Mail& mail : mails_) {
    if (mail.done) continue;
    if (mail.accepted == 0 || !mail.todo.empty() || mail.backoff.ready()) return &mail;
  }
  return nullptr;
}

std::optional<Outbox::Job> Outbox::next() {
  Mail* mail = find();
  if (mail == nullptr) return std::nullopt;
  if (mail->todo.empty()) mail->todo.swap(mail->deferred);
  current_ = 0;
  while (&mails_[current_] != mail) ++current_;
  job_count_ = std::min(mail->todo.size(), Transaction::kRecipientsMax);
  Job job{mail->message, {}};
  for (std::size_t i = 0; i < job_count_; ++i) job.recipients.push_back(recipients_[mail->todo[i]]);
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
      if (mail.refused++ == 0) mail.refusal = recipients_[recipient] + ": " + result.reply;
      log::limited(log::Level::kWarning, name_ + " refused",
                   "destination " + name_ + ": mail to " + recipients_[recipient] +
                       " is refused: " + result.reply);
      break;
  }
  complaint_ = recipients_[recipient] + ": " + result.reply;
}

void Outbox::apply(const std::vector<RecipientResult>& results) {
  CHECK(results.size() == job_count_ && current_ < mails_.size());
  Mail& mail = mails_[current_];
  const std::vector<std::size_t> asked(mail.todo.begin(),
                                       mail.todo.begin() + static_cast<std::ptrdiff_t>(job_count_));
  mail.todo.erase(mail.todo.begin(), mail.todo.begin() + static_cast<std::ptrdiff_t>(job_count_));
  for (std::size_t i = 0; i < asked.size(); ++i) judge(mail, asked[i], results[i]);
  job_count_ = 0;
  if (mail.todo.empty()) end_round(mail);
  drop_done();
}

void Outbox::end_round(Mail& mail) {
  if (mail.deferred.empty()) return finish(mail);
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

void Outbox::finish(Mail& mail) {
  mail.done = true;
  records_ -= mail.sequences.size();
  octets_ -= mail.message.size();
  all_refused_ = mail.accepted == 0;
  if (!all_refused_) {
    delivered_ += mail.sequences.size();
    if (mail.deferred.empty()) complaint_ = mail.refusal;
  } else {
    std::string reason = mail.refusal;
    if (mail.refused > 1) {
      reason += " (and " + std::to_string(mail.refused - 1) + " more recipients refuse)";
    }
    for (const std::uint64_t sequence : mail.sequences) dead_.push_back({sequence, reason});
  }
  mail.message = {};
  mail.todo.clear();
  mail.deferred.clear();
}

void Outbox::drop_done() {
  while (!mails_.empty() && mails_.front().done) {
    delivered_through_ = mails_.front().sequences.back();
    mails_.pop_front();
  }
}

bool Outbox::take_put_off() { return std::exchange(put_off_, false); }

}  // namespace trapd::forwarders::mail
