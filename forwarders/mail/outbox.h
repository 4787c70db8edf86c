// SPDX-License-Identifier: Apache-2.0
// Mails on their way, in order, and what became of each recipient. No I/O; one thread.
//
// A mail that no recipient has yet is never overtaken. One that some have does not hold up the
// next ones: the rest of its recipients is tried apart for kRestNs (a server that greylists, a
// mailbox that is full) and then given up with a log line. Records count as delivered when the
// mail is done with all recipients and at least one has it; when all refuse, they are dead letters.
// A mail of several records that is refused for what is in it (behind DATA) is taken apart first:
// its halves are tried, and theirs, until the refusal is about one record alone.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forwarders/backoff.h"
#include "forwarders/forwarder.h"
#include "forwarders/mail/entry.h"
#include "forwarders/mail/transaction.h"

namespace trapd::forwarders::mail {

class Outbox {
 public:
  static constexpr std::size_t kMailsMax = 64;
  static constexpr std::size_t kOctetsMax = 4 << 20;  // mails with their entries; and one more
  static constexpr std::size_t kRestsMax = 16;  // mails of which only some recipients are left
  static constexpr std::int64_t kRestNs = 3600 * kNsPerSecond;

  /// Makes a message, dot_stuffed(), of some entries.
  using Compose = std::function<std::string(std::span<const Entry>)>;

  /// name: of the destination, for log lines. compose: for mails that are taken apart.
  Outbox(std::string name, std::vector<std::string> recipients, const Clock& clock, Compose compose)
      : name_(std::move(name)),
        recipients_(std::move(recipients)),
        clock_(clock),
        compose_(std::move(compose)) {}

  bool full() const { return mails_.size() >= kMailsMax || octets_ >= kOctetsMax; }
  /// Of records in ascending order, at least one.
  void add(std::vector<Entry> entries);

  /// What to send next: a message and at most Transaction::kRecipientsMax of its recipients. Views
  /// live until apply().
  struct Job {
    std::string_view message;
    std::vector<std::string> recipients;
  };
  std::optional<Job> next();
  /// There will be a job at this time; far away when there is nothing to send.
  std::int64_t next_ns() const;
  /// What came of the job that next() gave last; kOpen: to be tried again.
  void apply(const std::vector<RecipientResult>& results);

  /// Once after apply(): all recipients of a mail want it later, so wait before the next attempt.
  bool take_put_off();
  std::uint64_t delivered_through() const { return delivered_through_; }
  std::uint64_t delivered_count() const { return delivered_; }
  std::size_t records() const { return records_; }
  std::vector<DeadLetter> take_dead_letters() { return std::exchange(dead_, {}); }
  /// The last reply that was not an acceptance, "a@b: 550 …"; after a mail that is done: who
  /// refused it, empty when all have it.
  const std::string& complaint() const { return complaint_; }
  const std::string& last_acceptance() const { return acceptance_; }
  /// The last mail that was done was refused by all.
  bool all_refused() const { return all_refused_; }

 private:
  struct Mail {
    std::string message;
    std::vector<Entry> entries;
    std::vector<std::size_t> todo;             // recipients of this round
    std::vector<std::size_t> deferred;         // recipients of the next round
    std::vector<std::size_t> message_refused;  // for what is in it
    std::size_t accepted = 0;
    std::size_t refused = 0;
    std::string refusal;  // the first one
    std::int64_t first_acceptance_ns = 0;
    Backoff backoff;  // of the rest, once some have it
    bool done = false;
    bool rest() const { return accepted > 0 && !done; }
    std::size_t octets() const;
  };
  Mail make(std::vector<Entry> entries, std::vector<std::size_t> todo) const;
  using Mails = std::list<Mail>;
  Mails::iterator find();
  void judge(Mail& mail, std::size_t recipient, const RecipientResult& result);
  void end_round(Mail& mail);
  void give_up_rest(Mail& mail);
  void finish(Mail& mail);
  /// The current one is replaced by its halves.
  void split();
  void drop_done();

  const std::string name_;
  const std::vector<std::string> recipients_;
  const Clock& clock_;
  const Compose compose_;
  Mails mails_;
  Mails::iterator current_ = mails_.end();  // mail of the last job
  std::size_t job_count_ = 0;               // recipients of the last job
  std::size_t octets_ = 0;
  std::size_t records_ = 0;
  bool put_off_ = false;
  bool all_refused_ = false;
  std::uint64_t delivered_through_ = 0;
  std::uint64_t delivered_ = 0;
  std::vector<DeadLetter> dead_;
  std::string complaint_;
  std::string acceptance_;
};

}  // namespace trapd::forwarders::mail
