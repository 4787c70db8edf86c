// SPDX-License-Identifier: Apache-2.0
// Syslog over UDP (RFC 5426): one message, one datagram, nothing behind it. A record is delivered
// when our kernel has taken it; UDP tells no more. What it does tell, an ICMP "port unreachable",
// is listened to: the first datagram to a peer goes alone, and only when nothing has come back for
// a moment do the others follow. After a refusal it goes again.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "forwarders/backoff.h"
#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "forwarders/syslog/message.h"
#include "trapd/base/fd.h"
#include "trapd/net/resolver.h"

namespace trapd::forwarders::syslog {

class DatagramForwarder final : public Forwarder {
 public:
  struct Options {
    net::Resolver::Lookup lookup = net::system_lookup;
    Backoff::Options backoff{};
    std::size_t window_records = 256;
    std::int64_t probe_ns = 50 * kNsPerMs;
  };

  DatagramForwarder(const SyslogSettings& settings, const RenderContext& context)
      : DatagramForwarder(settings, context, Options{}) {}
  DatagramForwarder(const SyslogSettings& settings, const RenderContext& context,
                    const Options& options);

  std::size_t offer(std::span<const Item> items) override;
  void run(const Wakeup& wakeup, std::int64_t until_ns) override;
  std::uint64_t delivered_through() const override { return delivered_through_; }
  std::size_t under_way() const override { return waiting_.size(); }
  std::uint64_t delivered_count() const override { return delivered_; }
  std::uint64_t failed_count() const override { return failed_; }
  /// Up while nobody has said otherwise.
  Health health() const override;
  std::vector<DeadLetter> take_dead_letters() override { return std::move(dead_); }
  void flush() override {}

 private:
  enum class Phase : std::uint8_t { kWaiting, kResolving, kProbing, kProbed, kOpen };
  struct Message {
    std::string octets;
    std::uint64_t sequence = 0;
  };

  void step();
  void begin();
  void connect();
  void probe();
  void send_batch();
  bool pending_error();
  void failed(int error);
  void wait_again(const std::string& why);
  void front_is_done();
  std::int64_t next_ns() const;

  const SyslogSettings settings_;
  const RenderContext context_;
  const Options options_;
  MessageRenderer renderer_;
  Backoff backoff_;
  net::Resolver resolver_;
  Fd fd_;
  Phase phase_ = Phase::kWaiting;
  std::deque<Message> waiting_;
  std::int64_t probe_until_ns_ = 0;
  bool blocked_ = false;  // the socket's buffer is full
  bool refused_ = false;  // the last attempt was, and none has worked since
  std::string address_;
  std::string detail_;
  std::uint64_t delivered_through_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t failed_ = 0;
  std::vector<DeadLetter> dead_;
};

}  // namespace trapd::forwarders::syslog
