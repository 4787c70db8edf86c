// SPDX-License-Identifier: Apache-2.0
// trapblast: load generator for trap receivers on this machine. Sends authPriv linkDown traps of N
// engines (or v2c), each signed anew, in UDP_SEGMENT batches, paced or as fast as it can; prints
// what it sent and what that cost it. SIGTERM ends it early.
#include <netinet/in.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <deque>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "bench/segment_send.h"
#include "bench/signed_traps.h"
#include "trapd/base/clock.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"

namespace trapd::bench {
namespace {

volatile std::sig_atomic_t ended = 0;

struct Options {
  TrapSource source;
  std::string to = "127.0.0.1:1162";
  double rate = 0;  // per second; 0 = as fast as it can
  std::uint64_t count = 0;
  double seconds = 5;
  unsigned sources = 1;  // source addresses 127.1.0.1 …: spreads over workers
  bool json = false;
};

/// One connected socket per source address.
std::vector<Fd> open_sockets(const Options& options, const Endpoint& to) {
  std::vector<Fd> sockets;
  for (unsigned i = 0; i < options.sources; ++i) {
    Fd fd(::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (to.is_v4() && options.sources > 1) {
      sockaddr_in from{};
      from.sin_family = AF_INET;
      from.sin_addr.s_addr = htonl(0x7f010000U + i + 1);
      if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) return {};
    }
    sockaddr_storage peer{};
    const socklen_t size = to.to_sockaddr(&peer);
    if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&peer), size) != 0) return {};
    sockets.push_back(std::move(fd));
  }
  return sockets;
}

struct Sent {
  std::uint64_t traps = 0;
  std::uint64_t accepted = 0;  // of `traps`, those that the kernel took
  std::uint64_t refused = 0;
  std::size_t trap_octets = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

/// One for each source address, where the engines can be shared out: a device keeps its address.
/// Else one for all of them.
std::deque<SignedTraps> share_out(const TrapSource& source, unsigned sources) {
  const auto boots = static_cast<std::uint32_t>(std::time(nullptr)) & 0x7fffffff;
  const unsigned parts = source.engines % sources == 0 ? sources : 1;
  std::deque<SignedTraps> shares;
  for (unsigned i = 0; i < parts; ++i) {
    TrapSource part = source;
    part.engines = source.engines / parts;
    part.first_engine = source.first_engine + i * part.engines;
    shares.emplace_back(part, boots);
  }
  return shares;
}

Sent blast(const Options& options, const std::vector<Fd>& sockets) {
  const SystemClock clock;
  std::deque<SignedTraps> shares = share_out(options.source, options.sources);
  std::vector<std::uint8_t> buffer(kSegmentsMax * kMessageOctetsMax);
  Sent sent;
  std::uint64_t most = 1;  // for one send; known when the length is
  const double cpu_before = own_cpu_seconds();
  const std::int64_t start_ns = clock.monotonic_ns();
  for (std::size_t turn = 0;; ++turn) {
    const std::int64_t now_ns = clock.monotonic_ns() - start_ns;
    sent.seconds = static_cast<double>(now_ns) / 1e9;
    if (options.count == 0 ? sent.seconds >= options.seconds : sent.traps >= options.count) break;
    if (ended != 0) break;
    std::uint64_t batch = most;
    if (options.count > 0) batch = std::min<std::uint64_t>(batch, options.count - sent.traps);
    if (options.rate > 0) {
      const double due = sent.seconds * options.rate - static_cast<double>(sent.traps);
      if (due < 1) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        continue;
      }
      batch = std::min(batch, static_cast<std::uint64_t>(due));
    }
    std::size_t filled = 0;
    SignedTraps& traps = shares[turn % shares.size()];
    for (std::uint64_t i = 0; i < batch; ++i) {
      sent.trap_octets = traps.next(static_cast<std::uint32_t>(sent.seconds),
                                    MutableBytes(buffer).subspan(filled));
      filled += sent.trap_octets;
    }
    if (send_segments(sockets[turn % sockets.size()].get(), ByteView(buffer).first(filled),
                      sent.trap_octets)) {
      sent.accepted += batch;
    } else {
      ++sent.refused;
    }
    sent.traps += batch;
    most = std::min<std::uint64_t>(kSegmentsMax, kSendOctetsMax / sent.trap_octets);
  }
  sent.cpu_seconds = own_cpu_seconds() - cpu_before;
  return sent;
}

void print(const Sent& sent, bool json) {
  const double rate = static_cast<double>(sent.traps) / sent.seconds;
  const double us = sent.traps == 0 ? 0 : sent.cpu_seconds * 1e6 / static_cast<double>(sent.traps);
  if (json) {
    std::printf("%s\n", nlohmann::json{{"sent", sent.traps},
                                       {"accepted", sent.accepted},
                                       {"refused_sends", sent.refused},
                                       {"trap_octets", sent.trap_octets},
                                       {"seconds", sent.seconds},
                                       {"rate", rate},
                                       {"cpu_us_per_trap", us}}
                            .dump()
                            .c_str());
    return;
  }
  std::printf("sent %llu traps in %.3f s: %.0f/s, %.2f us of CPU each, %llu sends refused\n",
              static_cast<unsigned long long>(sent.traps), sent.seconds, rate, us,
              static_cast<unsigned long long>(sent.refused));
}

int run(const Options& options) {
  const auto to = Endpoint::parse(options.to);
  if (!to) {
    std::fprintf(stderr, "trapblast: --to wants address:port, e.g. 127.0.0.1:1162\n");
    return 1;
  }
  const std::vector<Fd> sockets = open_sockets(options, *to);
  if (sockets.empty()) {
    std::fprintf(stderr, "trapblast: cannot open sockets to %s\n", options.to.c_str());
    return 1;
  }
  print(blast(options, sockets), options.json);
  return 0;
}

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  trapd::bench::Options options;
  std::string auth = "SHA-1";
  std::string priv = "AES-128";
  CLI::App app("load generator for trap receivers", "trapblast");
  app.add_option("--to", options.to, "address:port of the receiver")->capture_default_str();
  app.add_option("--engines", options.source.engines, "simulated engines")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--first-engine", options.source.first_engine,
                 "number of the first: for several generators at once")
      ->capture_default_str();
  app.add_option("--alarms", options.source.alarms, "interfaces of an engine: each an alarm")
      ->check(CLI::Range(1U, trapd::bench::kAlarmsMax))
      ->capture_default_str();
  app.add_option("--varbinds", options.source.varbinds, "beside sysUpTime.0 and snmpTrapOID.0")
      ->check(CLI::Range(trapd::bench::kVarbindsMin, trapd::bench::kVarbindsMax))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "traps per second; 0 = as fast as possible");
  app.add_option("--count", options.count, "stop after this many");
  app.add_option("--seconds", options.seconds, "stop after this time")->capture_default_str();
  app.add_option("--sources", options.sources,
                 "source addresses 127.1.0.1 …, which share the engines")
      ->check(CLI::Range(1, 250))
      ->capture_default_str();
  app.add_option("--user", options.source.user)->capture_default_str();
  app.add_option("--auth", auth, "authentication protocol")->capture_default_str();
  app.add_option("--priv", priv, "privacy protocol")->capture_default_str();
  app.add_option("--auth-pass", options.source.auth_passphrase)->capture_default_str();
  app.add_option("--priv-pass", options.source.priv_passphrase)->capture_default_str();
  app.add_option("--community", options.source.community, "send SNMPv2c with this community");
  app.add_flag("--json", options.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  const auto auth_protocol = trapd::usm::auth_protocol(auth);
  if (!auth_protocol) {
    std::fprintf(stderr, "trapblast: unknown authentication protocol %s\n", auth.c_str());
    return 1;
  }
  const auto priv_protocol = trapd::usm::priv_protocol(priv, *auth_protocol);
  if (!priv_protocol) {
    std::fprintf(stderr, "trapblast: unknown privacy protocol %s\n", priv.c_str());
    return 1;
  }
  options.source.auth = *auth_protocol;
  options.source.priv = *priv_protocol;
  std::signal(SIGTERM, [](int) { trapd::bench::ended = 1; });
  return trapd::bench::run(options);
}
