// SPDX-License-Identifier: Apache-2.0
// Syslog over TCP and TLS. A record is delivered when the peer's kernel has acknowledged its last
// octet; after an abnormal close the last `resend_octets` go out again, after one in order those of
// the last seconds (README: delivery). What an end of this process leaves in doubt, resend_from()
// tells to the next one.
//
//   kWaiting --back-off over--> kResolving --> kConnecting --> kOpen
//      ^                             |              |            |
//      +------------ any error ------+--------------+------------+
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forwarders/backoff.h"
#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "forwarders/syslog/frame_buffer.h"
#include "forwarders/syslog/message.h"
#include "trapd/net/resolver.h"
#include "trapd/net/stream.h"

namespace trapd::forwarders::syslog {

class StreamForwarder final : public Forwarder {
 public:
  struct Options {
    net::Stream::Options stream{};
    net::Resolver::Lookup lookup = net::system_lookup;
    Backoff::Options backoff{};
    /// Octets offered and not acknowledged yet.
    std::size_t window_octets = 4 << 20;
    /// Sent again even after a close in order: what was acknowledged so short before it.
    std::int64_t recent_ns = 5 * kNsPerSecond;
    /// A stall that lasts longer shows as "down".
    std::int64_t stall_shown_ns = 30 * kNsPerSecond;
  };

  StreamForwarder(const SyslogSettings& settings, const RenderContext& context)
      : StreamForwarder(settings, context, Options{}) {}
  StreamForwarder(const SyslogSettings& settings, const RenderContext& context,
                  const Options& options);
  ~StreamForwarder() override;

  std::size_t offer(std::span<const Item> items) override;
  void run(const Wakeup& wakeup, std::int64_t until_ns) override;
  std::uint64_t delivered_through() const override { return frames_.delivered_through(); }
  std::size_t under_way() const override { return frames_.under_way(); }
  std::uint64_t delivered_count() const override { return delivered_; }
  std::uint64_t failed_count() const override { return failed_; }
  Health health() const override;
  std::vector<DeadLetter> take_dead_letters() override { return {}; }
  void flush() override {}
  std::uint64_t resend_from() const override { return frames_.resend_from(); }
  void close(std::int64_t until_ns) override;

 private:
  enum class Phase : std::uint8_t { kWaiting, kResolving, kConnecting, kOpen };

  void step(short revents);
  void begin();
  void connect();
  void opened();
  void broken();
  void wait_again(const std::string& why);
  void pump();
  int fd() const;
  std::int64_t next_ns() const;

  const SyslogSettings settings_;
  const RenderContext context_;
  const Options options_;
  MessageRenderer renderer_;
  FrameBuffer frames_;
  Backoff backoff_;
  net::Resolver resolver_;
  net::Stream stream_;
  std::shared_ptr<const net::TlsContext> tls_;
  Phase phase_ = Phase::kWaiting;
  std::uint64_t origin_ = 0;        // position in frames_ at which this connection began
  std::int64_t look_again_ns_ = 0;  // for acknowledgements, which nothing announces
  std::int64_t look_again_after_ns_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t failed_ = 0;
  std::string detail_;
  std::string message_;  // scratch
};

}  // namespace trapd::forwarders::syslog
