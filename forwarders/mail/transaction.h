// SPDX-License-Identifier: Apache-2.0
// One mail transaction (RFC 5321 3.3) on a connection that is logged in: octets for the server out,
// replies in, no I/O. One thread.
//
//            2yz              last, one accepted            354             any
//   MAIL ---------> RCPT ----------------------> DATA ---------> message ---------> done
//     | 4yz 5yz       | last, none accepted        | 4yz 5yz
//     +---------------+----------------------------+-----> RSET ---------> done
//
// A refusal of MAIL is one of the sender, so a matter of the configuration: 5yz is taken for
// "later" there, but for 552.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forwarders/mail/smtp_reply.h"
#include "trapd/base/error.h"

namespace trapd::forwarders::mail {

enum class Verdict : std::uint8_t {
  kOpen,      // the server has not decided
  kAccepted,  // 250 after the message: the server answers for it now
  kDeferred,  // 4yz, and a refused sender: later
  kRefused,   // 5yz: never
};

struct RecipientResult {
  Verdict verdict = Verdict::kOpen;
  std::string reply;
  /// A refusal of the message (552 to MAIL, DATA, or what came behind it), not of the recipient.
  bool of_message = false;
};

class Transaction {
 public:
  static constexpr std::size_t kRecipientsMax = 100;  // RFC 5321 4.5.3.1.8 (MAI-07)

  /// Addresses that check_mailbox() accepts; at most kRecipientsMax. `message` is dot_stuffed() and
  /// outlives this.
  Transaction(std::string_view from, std::vector<std::string> recipients, std::string_view message);

  /// What to send now; empty while a reply is awaited. sent() drops its first n octets.
  std::string_view output() const { return output_.substr(sent_); }
  void sent(std::size_t n) { sent_ += n; }
  /// How long the server may take from here (RFC 5321 4.5.3.2, MAI-08).
  std::int64_t timeout_ns() const;
  /// "RCPT TO:<a@example.net>", "the message": what is being said.
  std::string doing() const;

  /// A reply; the error says why the connection is of no further use (421, a login is wanted, no
  /// sense). Verdicts spoken until then stand; what is
  /// kOpen is to be tried again.
  Status on_reply(const Reply& reply);
  bool finished() const { return step_ == Step::kDone; }
  /// In the order of the recipients.
  const std::vector<RecipientResult>& results() const { return results_; }

 private:
  enum class Step : std::uint8_t { kMail, kRcpt, kData, kMessage, kReset, kDone };
  void say(Step step, std::string command);
  void next_recipient();
  /// All that no verdict was spoken on yet.
  void decide(Verdict verdict, const std::string& reply, bool of_message);
  Status on_rcpt(const Reply& reply);
  Status on_message(const Reply& reply);

  const std::string from_;
  const std::vector<std::string> recipients_;
  const std::string_view message_;
  std::vector<RecipientResult> results_;
  Step step_ = Step::kMail;
  std::size_t recipient_ = 0;
  std::size_t taken_ = 0;  // 2yz to RCPT
  std::string command_;
  std::string_view output_;
  std::size_t sent_ = 0;
};

}  // namespace trapd::forwarders::mail
