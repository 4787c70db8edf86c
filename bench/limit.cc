// SPDX-License-Identifier: Apache-2.0
// The limit of this machine for one worker: recvmmsg, HMAC-SHA1-96, AES-128-CFB, nothing else. It
// knows trapblast's engines and keys beforehand and reads fields at fixed places. Prints how many
// datagrams it read and what one cost, when none came for a second.
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench/signed_traps.h"
#include "trapd/base/fd.h"
#include "trapd/net/udp_batch.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"

namespace trapd {
namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Where the fields of trapblast's messages stand: they all have one layout.
struct Layout {
  std::size_t engine = 0;
  std::size_t mac = 0;
  std::size_t salt = 0;
  std::size_t boots = 0;
  std::size_t time = 0;
  std::size_t encrypted = 0;
};

std::size_t offset(ByteView whole, ByteView part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

Layout find_layout(ByteView whole, const snmp::V3Message& message) {
  Layout layout{offset(whole, message.authoritative_engine_id),
                offset(whole, message.authentication_parameters),
                offset(whole, message.privacy_parameters),
                0,
                0,
                offset(whole, message.encrypted_pdu)};
  layout.boots = layout.engine + message.authoritative_engine_id.size() + 2;
  layout.time = layout.boots + 4 + 2;
  return layout;
}

Fd bind_loopback(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int buffer = 64 << 20;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd = Fd();
  return fd;
}

std::vector<usm::CachedKeys> localised_keys(const bench::TrapSource& source,
                                            std::uint32_t engines) {
  const usm::User user = bench::usm_user(source);
  std::vector<usm::CachedKeys> keys;
  keys.reserve(engines);
  for (std::uint32_t i = 0; i < engines; ++i) {
    keys.push_back(usm::localise_user(user, bench::SignedTraps::engine_id(i)));
  }
  return keys;
}

/// Digest and decryption of one trap, with everything else known beforehand.
class Judge {
 public:
  Judge(const bench::TrapSource& source, std::uint32_t engines)
      : priv_(source.priv), keys_(localised_keys(source, engines)) {}

  bool good(ByteView whole, const Layout& layout) {
    const std::uint8_t* at = whole.data();
    const std::uint32_t engine = __builtin_bswap32(load_le<std::uint32_t>(at + layout.engine + 10));
    const std::uint32_t boots = __builtin_bswap32(load_le<std::uint32_t>(at + layout.boots));
    const std::uint32_t time = static_cast<std::uint32_t>(
        at[layout.time] << 16 | at[layout.time + 1] << 8 | at[layout.time + 2]);
    const usm::CachedKeys& key = keys_[engine % keys_.size()];
    return key.auth.verify(whole, whole.subspan(layout.mac, 12)) &&
           cipher_.decrypt(priv_, key.priv, boots, time, whole.subspan(layout.salt, 8),
                           whole.subspan(layout.encrypted), plain_) &&
           plain_[0] == 0x30;
  }

 private:
  usm::PrivProtocol priv_;
  std::vector<usm::CachedKeys> keys_;
  usm::Cipher cipher_;
  std::vector<std::uint8_t> plain_ = std::vector<std::uint8_t>(65536);
};

struct Tally {
  std::uint64_t received = 0;
  std::uint64_t bad = 0;
  double cpu_s = 0;
};

/// Reads until a second has passed without a datagram. False: the first is none of ours.
bool receive_all(int fd, Judge* judge, Tally* tally) {
  net::UdpBatch batch;
  Layout layout;
  double cpu_before = 0;
  pollfd readable = {fd, POLLIN, 0};
  while (::poll(&readable, 1, tally->received == 0 ? 30'000 : 1'000) > 0) {
    const unsigned count = batch.receive(fd, Endpoint{});
    for (unsigned i = 0; i < count; ++i) {
      const ByteView whole = batch[i].bytes;
      if (tally->received++ == 0) {
        cpu_before = cpu_seconds();
        snmp::Message message;
        if (snmp::decode_message(whole, &message, nullptr) != snmp::DecodeStatus::kOk) return false;
        layout = find_layout(whole, message.v3);
      }
      tally->bad += judge->good(whole, layout) ? 0 : 1;
    }
  }
  tally->cpu_s = cpu_seconds() - cpu_before;
  return true;
}

}  // namespace
}  // namespace trapd

int main(int argc, char** argv) {
  using namespace trapd;
  if (argc != 3 || std::atoi(argv[2]) <= 0) {
    std::fprintf(stderr, "usage: limit PORT ENGINES\n");
    return 1;
  }
  Judge judge(bench::TrapSource{}, static_cast<std::uint32_t>(std::atoi(argv[2])));
  const Fd fd = bind_loopback(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (!fd) {
    std::perror("limit: bind");
    return 1;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  Tally tally;
  if (!receive_all(fd.get(), &judge, &tally)) return 1;
  const double us =
      tally.received == 0 ? 0 : tally.cpu_s * 1e6 / static_cast<double>(tally.received);
  std::printf(
      "%s\n",
      nlohmann::json{{"received", tally.received}, {"bad", tally.bad}, {"cpu_us_per_trap", us}}
          .dump()
          .c_str());
  return tally.bad == 0 ? 0 : 1;
}
