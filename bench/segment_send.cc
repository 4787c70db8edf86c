// SPDX-License-Identifier: Apache-2.0
#include "bench/segment_send.h"

#include <netinet/udp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace trapd::bench {

bool send_segments(int fd, ByteView datagrams, std::size_t octets, const in_addr* source) {
  constexpr std::size_t kSegmentSpace = CMSG_SPACE(sizeof(std::uint16_t));
  alignas(8) std::array<std::uint8_t, kSegmentSpace + CMSG_SPACE(sizeof(in_pktinfo))> control{};
  iovec vector = {const_cast<std::uint8_t*>(datagrams.data()), datagrams.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = source != nullptr ? control.size() : kSegmentSpace;
  cmsghdr* message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = IPPROTO_UDP;
  message->cmsg_type = UDP_SEGMENT;
  message->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto segment = static_cast<std::uint16_t>(octets);
  std::memcpy(CMSG_DATA(message), &segment, sizeof segment);
  if (source != nullptr) {
    message = CMSG_NXTHDR(&header, message);
    message->cmsg_level = IPPROTO_IP;
    message->cmsg_type = IP_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst = *source;
    std::memcpy(CMSG_DATA(message), &info, sizeof info);
  }
  return ::sendmsg(fd, &header, 0) >= 0;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace trapd::bench
