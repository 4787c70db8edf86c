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
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "bench/signed_traps.h"
#include "trapd/base/fd.h"
#include "trapd/net/udp_batch.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"

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

std::size_t offset(trapd::ByteView whole, trapd::ByteView part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace trapd;
  if (argc != 3) {
    std::fprintf(stderr, "usage: limit PORT ENGINES\n");
    return 1;
  }
  const auto engines = static_cast<std::uint32_t>(std::atoi(argv[2]));
  const bench::TrapSource source;
  usm::User user;
  user.auth = source.auth;
  user.priv = source.priv;
  user.auth_ku = usm::password_to_key(source.auth, as_bytes(source.auth_passphrase));
  user.priv_ku = usm::password_to_key(source.auth, as_bytes(source.priv_passphrase));
  std::vector<usm::CachedKeys> keys;
  for (std::uint32_t i = 0; i < engines; ++i) {
    keys.push_back(usm::localise_user(user, bench::SignedTraps::engine_id(i)));
  }
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int buffer = 64 << 20;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("limit: bind");
    return 1;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  net::UdpBatch batch;
  usm::Cipher cipher;
  std::vector<std::uint8_t> plain(65536);
  Layout layout;
  std::uint64_t received = 0;
  std::uint64_t bad = 0;
  double cpu_before = 0;
  pollfd readable = {fd.get(), POLLIN, 0};
  while (::poll(&readable, 1, received == 0 ? 30'000 : 1'000) > 0) {
    const unsigned count = batch.receive(fd.get(), 0);
    for (unsigned i = 0; i < count; ++i) {
      const ByteView whole = batch[i].bytes;
      if (received++ == 0) {
        cpu_before = cpu_seconds();
        snmp::Message message;
        if (snmp::decode_message(whole, &message, nullptr) != snmp::DecodeStatus::kOk) return 1;
        const snmp::V3Message& v3 = message.v3;
        layout = {offset(whole, v3.authoritative_engine_id),
                  offset(whole, v3.authentication_parameters),
                  offset(whole, v3.privacy_parameters),
                  0,
                  0,
                  offset(whole, v3.encrypted_pdu)};
        layout.boots = layout.engine + v3.authoritative_engine_id.size() + 2;
        layout.time = layout.boots + 4 + 2;
      }
      const std::uint8_t* at = whole.data();
      const std::uint32_t engine =
          __builtin_bswap32(load_le<std::uint32_t>(at + layout.engine + 10));
      const std::uint32_t boots = __builtin_bswap32(load_le<std::uint32_t>(at + layout.boots));
      const std::uint32_t time = static_cast<std::uint32_t>(
          at[layout.time] << 16 | at[layout.time + 1] << 8 | at[layout.time + 2]);
      const usm::CachedKeys& key = keys[engine % engines];
      const bool good =
          key.auth.verify(whole, whole.subspan(layout.mac, 12)) &&
          cipher.decrypt(source.priv, key.priv, boots, time, whole.subspan(layout.salt, 8),
                         whole.subspan(layout.encrypted), plain) &&
          plain[0] == 0x30;
      bad += good ? 0 : 1;
    }
  }
  const double cpu = cpu_seconds() - cpu_before;
  std::printf("%s\n", nlohmann::json{{"received", received},
                                     {"bad", bad},
                                     {"cpu_us_per_trap", cpu * 1e6 / static_cast<double>(received)}}
                          .dump()
                          .c_str());
  return bad == 0 ? 0 : 1;
}
