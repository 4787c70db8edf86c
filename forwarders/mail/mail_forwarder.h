// SPDX-License-Identifier: Apache-2.0
// Mail (RFC 5321): records of a window of time in one mail, one mail at a time.
//
// Delivered means: the server answered 250 after DATA for at least one recipient, and every other
// one is decided (outbox.h). A record is a dead letter when all recipients are refused for good
// (5yz), and for itself: a digest that is refused is taken apart. Everything else, no connection
// and no login included, is tried again with a back-off.
//
//   offer() -> entry -> digest --window, count, flush--> outbox -> transaction <-> connection
//
// Bounds: one digest (1 MiB), 64 mails or 4 MiB of mails waiting, one connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "forwarders/backoff.h"
#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/mail/connection.h"
#include "forwarders/mail/digest.h"
#include "forwarders/mail/entry.h"
#include "forwarders/mail/outbox.h"
#include "forwarders/mail/smtp_reply.h"
#include "forwarders/mail/transaction.h"
#include "forwarders/render_context.h"
#include "trapd/net/resolver.h"

namespace trapd::forwarders {

/// Everything is copied; what the context refers to outlives the forwarder. With settings that
/// mail::check_mail_settings() refuses nothing is ever sent, and health() says why.
std::unique_ptr<Forwarder> make_mail_forwarder(const Destination& destination,
                                               const MailSettings& settings,
                                               const RenderContext& context);

namespace mail {

class MailForwarder final : public Forwarder {
 public:
  struct Options {
    net::Resolver::Lookup lookup = net::system_lookup;
    Backoff::Options backoff{};
    Connection::Timeouts connection{};
    /// Instead of RFC 5321's two to ten minutes for each command; 0 = those.
    std::int64_t reply_ns = 0;
  };

  MailForwarder(const Destination& destination, const MailSettings& settings,
                const RenderContext& context, const Options& options);

  std::size_t offer(std::span<const Item> items) override;
  void run(const Wakeup& wakeup, std::int64_t until_ns) override;
  std::uint64_t delivered_through() const override { return outbox_.delivered_through(); }
  std::size_t under_way() const override { return digest_.size() + outbox_.records(); }
  std::uint64_t delivered_count() const override { return outbox_.delivered_count(); }
  std::uint64_t failed_count() const override { return failed_; }
  Health health() const override { return {up_, detail_}; }
  std::vector<DeadLetter> take_dead_letters() override { return outbox_.take_dead_letters(); }
  void flush() override { flushing_ = true; }

 private:
  //            job due           addresses         logged in       no job left         reply, 5 s
  //   kIdle ------------> kResolving ---> kConnecting ---> kTalking ---------> kLeaving ------>
  //   kIdle
  enum class Phase : std::uint8_t { kIdle, kResolving, kConnecting, kTalking, kLeaving };

  void step();
  void close_digest();
  std::string compose_mail(std::span<const Entry> entries) const;
  void begin();
  void connect();
  void connected();
  void talk();
  bool send();
  bool receive();
  bool on_replies();
  void next_job();
  void job_done();
  void leave();
  void failed(const std::string& why);
  std::int64_t next_ns() const;

  const std::string name_;
  const MailSettings settings_;
  const RenderContext context_;
  const Options options_;
  const std::string refused_settings_;  // empty = good
  EntryRenderer renderer_;
  Digest digest_;
  Outbox outbox_;
  Backoff backoff_;
  net::Resolver resolver_;
  Connection connection_;
  ReplyReader replies_;
  std::optional<Transaction> transaction_;
  Phase phase_ = Phase::kIdle;
  std::int64_t reply_deadline_ns_ = 0;
  std::string goodbye_;   // not sent yet
  bool blocked_ = false;  // the kernel takes nothing more now
  bool flushing_ = false;
  bool up_ = true;
  std::string detail_;
  std::uint64_t failed_ = 0;
};

}  // namespace mail
}  // namespace trapd::forwarders
