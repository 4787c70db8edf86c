// SPDX-License-Identifier: Apache-2.0
// A receiver of SNMPv3 traps and informs on 127.0.0.1, of the user "northbound" with trapblast's
// passphrases, for what trapd sends northbound. Every message is authenticated and decrypted, and
// an inform answered with a signed Response (its engine is told in Reports: RFC 3414 section 4), in
// batches; with --count nothing is looked at, so that the sink costs what its system calls cost. At
// SIGTERM it prints one JSON object.
//   notification_sink PORT [--count]
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/link_down.h"
#include "bench/sink.h"
#include "trapd/base/clock.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/inbound.h"
#include "trapd/usm/reply.h"

namespace trapd::bench {
namespace {

constexpr std::size_t kSlots = 64;
constexpr std::size_t kSlotOctets = 8192 + 192;
constexpr int kReceiveOctets = 64 << 20;

struct Tally {
  std::uint64_t datagrams = 0;
  std::uint64_t octets = 0;
  std::uint64_t traps = 0;
  std::uint64_t informs = 0;  // those sent again included
  std::uint64_t reports = 0;  // answers to discovery and synchronisation
  std::uint64_t refused = 0;  // neither of the two, and not as it should be
  std::uint64_t unsent = 0;   // answers that the kernel did not take
};

/// RFC 3414 as the receiver does it. One thread's.
class Receiver {
 public:
  Receiver()
      : own_(usm::make_engine_id(), 1, clock_),
        config_(std::make_shared<const usm::SecurityConfig>(security())),
        processor_({}, config_, engines_, own_),
        replies_(own_),
        scratch_(std::make_unique<std::uint8_t[]>(snmp::kMessageOctetsMax)) {
    processor_.refresh();
  }

  /// What to answer; empty = nothing. Lives until the next call.
  ByteView take(ByteView datagram, Tally* tally) {
    snmp::Message message;
    if (snmp::decode_message(datagram, &message, nullptr) != snmp::DecodeStatus::kOk ||
        message.version != snmp::Version::kV3) {
      return refuse(tally);
    }
    const std::int64_t now_ns = clock_.monotonic_ns();
    const usm::Inbound inbound =
        processor_.process(message.v3, now_ns, {scratch_.get(), snmp::kMessageOctetsMax});
    if (inbound.step != usm::Step::kAccepted) return report(message.v3, inbound, now_ns, tally);
    snmp::ScopedPdu scoped;
    snmp::Pdu pdu;
    if (!snmp::decode_scoped_pdu(inbound.scoped_pdu, inbound.padded, &scoped, nullptr) ||
        !snmp::decode_pdu(scoped.pdu, &pdu, nullptr)) {
      return refuse(tally);
    }
    if (pdu.type == ber::kTrapV2) {
      ++tally->traps;
      return {};
    }
    if (pdu.type != ber::kInformRequest) return refuse(tally);
    ++tally->informs;
    return replies_.response_v3(message.v3, inbound, scoped, pdu, 0, now_ns);
  }

 private:
  static usm::SecurityConfig security() {
    TrapSource source;
    source.user = "northbound";
    usm::SecurityConfig config;
    config.users = usm::UserTable({usm_user(source)});
    config.policy = usm::default_policy();
    return config;
  }

  ByteView refuse(Tally* tally) {
    ++tally->refused;
    return {};
  }

  ByteView report(const snmp::V3Message& request, const usm::Inbound& inbound, std::int64_t now_ns,
                  Tally* tally) {
    if (!request.reportable()) return refuse(tally);
    if (inbound.step == usm::Step::kEngine) {
      ++tally->reports;
      return replies_.report(request, 0, snmp::kUsmStatsUnknownEngineIds0, 1, nullptr, now_ns);
    }
    if (inbound.step == usm::Step::kWindow) {
      ++tally->reports;
      return replies_.report(request, 0, snmp::kUsmStatsNotInTimeWindows0, 1, inbound.keys, now_ns);
    }
    return refuse(tally);
  }

  const SystemClock clock_;
  usm::OwnEngine own_;
  usm::EngineTable engines_{16};
  Published<usm::SecurityConfig> config_;
  usm::InboundProcessor processor_;
  usm::ReplyBuilder replies_;
  std::unique_ptr<std::uint8_t[]> scratch_;
};

/// Slots of one batch, and the answers to it.
class Batches {
 public:
  Batches() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      in_parts_[i] = {room_.get() + i * kSlotOctets, kSlotOctets};
      in_[i].msg_hdr.msg_iov = &in_parts_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      out_parts_[i] = {room_.get() + (kSlots + i) * kSlotOctets, 0};
      out_[i].msg_hdr.msg_iov = &out_parts_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      out_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
  }

  /// receiver: nullptr = only count.
  void turn(int fd, Receiver* receiver, Tally* tally) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      in_[i].msg_hdr.msg_name = receiver == nullptr ? nullptr : &sources_[i];
      in_[i].msg_hdr.msg_namelen = receiver == nullptr ? 0 : sizeof sources_[i];
    }
    const int got = ::recvmmsg(fd, in_.data(), kSlots, MSG_WAITFORONE, nullptr);
    unsigned answers = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i) {
      ++tally->datagrams;
      tally->octets += in_[i].msg_len;
      if (receiver == nullptr) continue;
      const ByteView datagram(room_.get() + i * kSlotOctets, in_[i].msg_len);
      const ByteView answer = receiver->take(datagram, tally);
      if (answer.empty() || answer.size() > kSlotOctets) continue;
      std::memcpy(out_parts_[answers].iov_base, answer.data(), answer.size());
      out_parts_[answers].iov_len = answer.size();
      out_[answers++].msg_hdr.msg_name = &sources_[i];
    }
    unsigned sent = 0;
    while (sent < answers) {
      const int taken = ::sendmmsg(fd, out_.data() + sent, answers - sent, 0);
      if (taken < 0 && errno != EINTR) break;
      sent += static_cast<unsigned>(std::max(taken, 0));
    }
    tally->unsent += answers - sent;
  }

 private:
  std::unique_ptr<std::uint8_t[]> room_ =
      std::make_unique<std::uint8_t[]>(2 * kSlots * kSlotOctets);
  std::array<mmsghdr, kSlots> in_{};
  std::array<mmsghdr, kSlots> out_{};
  std::array<iovec, kSlots> in_parts_{};
  std::array<iovec, kSlots> out_parts_{};
  std::array<sockaddr_in, kSlots> sources_{};
};

int run(std::uint16_t port, bool count_only) {
  const Fd fd = bind_loopback(SOCK_DGRAM, port, kReceiveOctets);
  if (!fd) {
    std::perror("notification_sink: bind");
    return 1;
  }
  stop_on_signals();
  Receiver receiver;
  Batches batches;
  Tally tally;
  while (stop_asked == 0) batches.turn(fd.get(), count_only ? nullptr : &receiver, &tally);
  const nlohmann::json said = {{"datagrams", tally.datagrams}, {"octets", tally.octets},
                               {"traps", tally.traps},         {"informs", tally.informs},
                               {"reports", tally.reports},     {"refused", tally.refused},
                               {"unsent", tally.unsent},       {"cpu_s", cpu_seconds()}};
  std::printf("%s\n", said.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  const bool count_only = argc == 3 && std::string_view(argv[2]) == "--count";
  if (argc != 2 && !count_only) {
    std::fprintf(stderr, "usage: notification_sink PORT [--count]\n");
    return 1;
  }
  return trapd::bench::run(static_cast<std::uint16_t>(std::atoi(argv[1])), count_only);
}
