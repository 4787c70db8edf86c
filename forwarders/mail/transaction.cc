// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/transaction.h"

#include "trapd/base/check.h"
#include "trapd/base/clock.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::int64_t kMinuteNs = 60 * kNsPerSecond;
constexpr int kTooMuch = 552;  // RFC 5321 4.2.3, RFC 1870 6.1: of this size, or for this mailbox

Verdict verdict_of(const Reply& reply) {
  return reply.transient() ? Verdict::kDeferred : Verdict::kRefused;
}

bool is_refusal(const Reply& reply) { return reply.transient() || reply.permanent(); }

/// Not about this mail: the server goes away, or does not know who we are.
bool ends_session(const Reply& reply) {
  return reply.code == 421 || reply.code == 530 || reply.code == 535 || reply.code == 538;
}

}  // namespace

Transaction::Transaction(std::string_view from, std::vector<std::string> recipients,
                         std::string_view message)
    : from_(from),
      recipients_(std::move(recipients)),
      message_(message),
      results_(recipients_.size()) {
  CHECK(!recipients_.empty() && recipients_.size() <= kRecipientsMax);
  say(Step::kMail, "MAIL FROM:<" + from_ + ">\r\n");
}

void Transaction::say(Step step, std::string command) {
  step_ = step;
  command_ = std::move(command);
  output_ = command_;
  sent_ = 0;
}

std::int64_t Transaction::timeout_ns() const {
  switch (step_) {
    case Step::kMail:
    case Step::kRcpt:
    case Step::kReset:
    case Step::kDone:
      return 5 * kMinuteNs;
    case Step::kData:
      return 2 * kMinuteNs;
    case Step::kMessage:
      return output().empty() ? 10 * kMinuteNs : 3 * kMinuteNs;
  }
  return 0;
}

std::string Transaction::doing() const {
  if (step_ == Step::kMessage) return "the message";
  return command_.substr(0, command_.find('\r'));
}

void Transaction::next_recipient() {
  if (recipient_ < recipients_.size()) {
    say(Step::kRcpt, "RCPT TO:<" + recipients_[recipient_] + ">\r\n");
  } else if (taken_ > 0) {
    say(Step::kData, "DATA\r\n");
  } else {
    say(Step::kReset, "RSET\r\n");
  }
}

void Transaction::decide(Verdict verdict, const std::string& reply, bool of_message) {
  for (RecipientResult& result : results_) {
    if (result.verdict == Verdict::kOpen) result = {verdict, reply, of_message};
  }
}

Status Transaction::on_rcpt(const Reply& reply) {
  RecipientResult& result = results_[recipient_];
  if (reply.positive()) {
    ++taken_;
  } else if (reply.code == kTooMuch) {
    result = {Verdict::kDeferred, reply.text, false};  // RFC 5321 4.5.3.1.10: old servers mean 452
  } else if (is_refusal(reply)) {
    result = {verdict_of(reply), reply.text, false};
  } else {
    return failure("no sense in reply to " + doing() + ": " + reply.text);
  }
  ++recipient_;
  next_recipient();
  return {};
}

Status Transaction::on_message(const Reply& reply) {
  const bool whole = output().empty();
  if (is_refusal(reply)) {
    decide(verdict_of(reply), reply.text, true);
    // What is left of the message cannot be taken back, so the connection ends here.
    if (!whole) return failure("the message was broken off: " + reply.text);
  } else if (reply.positive() && whole) {
    decide(Verdict::kAccepted, reply.text, true);
  } else {
    return failure("no sense in reply to " + doing() + ": " + reply.text);
  }
  step_ = Step::kDone;
  return {};
}

Status Transaction::on_reply(const Reply& reply) {
  if (ends_session(reply)) return failure("reply to " + doing() + ": " + reply.text);
  if (!output().empty() && step_ != Step::kMessage) {
    return failure("a reply before " + doing() + " was sent: " + reply.text);
  }
  switch (step_) {
    case Step::kMail:
      if (reply.positive()) {
        next_recipient();
        return {};
      }
      break;
    case Step::kRcpt:
      return on_rcpt(reply);
    case Step::kData:
      if (reply.code == 354) {
        step_ = Step::kMessage;
        output_ = message_;
        sent_ = 0;
        return {};
      }
      break;
    case Step::kMessage:
      return on_message(reply);
    case Step::kReset:
      step_ = Step::kDone;
      return {};
    case Step::kDone:
      break;
  }
  if (!is_refusal(reply)) return failure("no sense in reply to " + doing() + ": " + reply.text);
  if (step_ == Step::kMail && reply.permanent() && reply.code != kTooMuch) {
    // The sender is refused, not a record: every mail would be until somebody mends that.
    decide(Verdict::kDeferred, "reply to " + doing() + ": " + reply.text, false);
  } else {
    decide(verdict_of(reply), reply.text, true);
  }
  say(Step::kReset, "RSET\r\n");
  return {};
}

}  // namespace trapd::forwarders::mail
