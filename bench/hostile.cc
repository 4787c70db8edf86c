// SPDX-License-Identifier: Apache-2.0
// hostile: a flood that nobody has signed. SNMPv3 messages of trapblast's shape with random engine
// IDs and digests, a part of them with the name of an existing user, from random addresses of
// 127.0.0.0/8. The messages are made beforehand; only random fields are put in while it runs.
#include <netinet/in.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "bench/segment_send.h"
#include "bench/signed_traps.h"
#include "trapd/base/clock.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/message.h"

namespace trapd::bench {
namespace {

constexpr std::size_t kEnginePrefix = 5;  // enterprise and format, RFC 3411 section 5

struct Options {
  TrapSource source;
  std::string to = "127.0.0.1:1162";
  double rate = 300'000;
  double seconds = 5;
  unsigned sources = 0;  // 0 = any of 2^24
  unsigned per_source = 8;
  unsigned known_users = 50;  // percent
  unsigned known_engines = 0;
  bool json = false;
};

/// xorshift64*: fast, and good enough to meet nothing twice.
class Dice {
 public:
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  bool percent(unsigned part) { return next() % 100 < part; }
  void fill(MutableBytes out) {
    for (std::size_t at = 0; at < out.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t octets = next();
      std::memcpy(out.data() + at, &octets, std::min(sizeof octets, out.size() - at));
    }
  }

 private:
  std::uint64_t state_ = 0x9e3779b97f4a7c15ULL;
};

/// A trap that trapblast would send, and where its fields stand.
class Template {
 public:
  explicit Template(const TrapSource& source) {
    SignedTraps traps(source, 1U << 30);
    octets_.resize(kMessageOctetsMax);
    octets_.resize(traps.next(0, octets_));
    snmp::Message message;
    if (snmp::decode_message(octets_, &message, nullptr) != snmp::DecodeStatus::kOk) return;
    const snmp::V3Message& v3 = message.v3;
    engine_ = offset(v3.authoritative_engine_id.subspan(kEnginePrefix));
    engine_octets_ = v3.authoritative_engine_id.size() - kEnginePrefix;
    user_ = offset(v3.user_name);
    user_octets_ = v3.user_name.size();
    digest_ = offset(v3.authentication_parameters);
    digest_octets_ = v3.authentication_parameters.size();
  }

  std::size_t size() const { return octets_.size(); }
  void put(const Options& options, Dice* dice, std::uint8_t* out) const {
    std::memcpy(out, octets_.data(), octets_.size());
    const bool known_engine = dice->percent(options.known_engines);
    if (!known_engine) dice->fill({out + engine_, engine_octets_});
    if (!known_engine && !dice->percent(options.known_users)) {
      dice->fill({out + user_, user_octets_});
    }
    dice->fill({out + digest_, digest_octets_});
  }

 private:
  std::size_t offset(ByteView part) const {
    return static_cast<std::size_t>(part.data() - octets_.data());
  }

  std::vector<std::uint8_t> octets_;
  std::size_t engine_ = 0, engine_octets_ = 0;
  std::size_t user_ = 0, user_octets_ = 0;
  std::size_t digest_ = 0, digest_octets_ = 0;
};

struct Sent {
  std::uint64_t datagrams = 0;
  std::uint64_t accepted = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

/// 127.2.0.0 and above: trapblast's addresses are below.
in_addr random_source(unsigned sources, Dice* dice) {
  constexpr std::uint32_t kFirst = 0x7f020000;
  constexpr std::uint32_t kCount = 0x7fffffff - kFirst;
  const auto number = static_cast<std::uint32_t>(dice->next() >> 32);
  return {htonl(kFirst + number % (sources == 0 ? kCount : sources))};
}

Sent flood(const Options& options, int fd) {
  const SystemClock clock;
  const Template trap(options.source);
  Dice dice;
  std::vector<std::uint8_t> buffer(trap.size() * options.per_source);
  Sent sent;
  const double cpu_before = own_cpu_seconds();
  const std::int64_t start_ns = clock.monotonic_ns();
  while (sent.seconds < options.seconds) {
    sent.seconds = static_cast<double>(clock.monotonic_ns() - start_ns) / 1e9;
    if (sent.seconds * options.rate < static_cast<double>(sent.datagrams + options.per_source)) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    for (unsigned i = 0; i < options.per_source; ++i) {
      trap.put(options, &dice, buffer.data() + i * trap.size());
    }
    const in_addr source = random_source(options.sources, &dice);
    if (send_segments(fd, buffer, trap.size(), &source)) sent.accepted += options.per_source;
    sent.datagrams += options.per_source;
  }
  sent.cpu_seconds = own_cpu_seconds() - cpu_before;
  return sent;
}

Fd connected(const std::string& to) {
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto peer = Endpoint::parse(to);
  sockaddr_storage address{};
  if (!peer || !peer->is_v4()) return {};
  const socklen_t size = peer->to_sockaddr(&address);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
  return fd;
}

int run(const Options& options) {
  const Fd fd = connected(options.to);
  if (!fd) {
    std::fprintf(stderr, "hostile: --to wants address:port of IPv4, e.g. 127.0.0.1:1162\n");
    return 1;
  }
  const Sent sent = flood(options, fd.get());
  const double rate = static_cast<double>(sent.datagrams) / sent.seconds;
  const double us =
      sent.cpu_seconds * 1e6 / static_cast<double>(std::max<std::uint64_t>(sent.datagrams, 1));
  if (options.json) {
    const nlohmann::json said{{"sent", sent.datagrams},
                              {"accepted", sent.accepted},
                              {"seconds", sent.seconds},
                              {"rate", rate},
                              {"cpu_us_per_datagram", us}};
    std::printf("%s\n", said.dump().c_str());
  } else {
    std::printf("sent %llu datagrams: %.0f/s, %.2f us of CPU each\n",
                static_cast<unsigned long long>(sent.datagrams), rate, us);
  }
  return 0;
}

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  trapd::bench::Options options;
  CLI::App app("SNMPv3 that nobody has signed, for receivers on this machine", "hostile");
  app.add_option("--to", options.to, "address:port of the receiver")->capture_default_str();
  app.add_option("--rate", options.rate, "datagrams per second")->capture_default_str();
  app.add_option("--seconds", options.seconds)->capture_default_str();
  app.add_option("--sources", options.sources, "source addresses; 0 = any of 127.0.0.0/8")
      ->capture_default_str();
  app.add_option("--per-source", options.per_source, "datagrams in a row from one address")
      ->check(CLI::Range(1U, trapd::bench::kSegmentsMax))
      ->capture_default_str();
  app.add_option("--user", options.source.user, "the existing user")->capture_default_str();
  app.add_option("--known-users", options.known_users, "percent that name the existing user")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_option("--known-engines", options.known_engines,
                 "percent with an engine of trapblast's and its user, but a wrong digest")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  app.add_flag("--json", options.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  return trapd::bench::run(options);
}
