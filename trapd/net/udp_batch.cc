// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/udp_batch.h"

#include <netinet/in.h>

#include <ctime>

namespace trapd::net {

namespace {

void read_control(const msghdr& header, const Endpoint& bound, Datagram* datagram) {
  datagram->wall_ns = 0;
  datagram->local = bound;
  for (const cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr;
       c = CMSG_NXTHDR(const_cast<msghdr*>(&header), const_cast<cmsghdr*>(c))) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      datagram->wall_ns = stamp.tv_sec * 1'000'000'000 + stamp.tv_nsec;
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_addr = info.ipi_spec_dst;
      datagram->local = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(datagram->local.address.data(), &info.ipi6_addr, 16);
      datagram->local.scope = info.ipi6_ifindex;
    }
  }
  datagram->local.port = bound.port;
}

/// The control message that fixes the source address of an answer; returns its length.
std::size_t write_source_address(const Endpoint& local, msghdr* header) {
  cmsghdr* c = CMSG_FIRSTHDR(header);
  if (local.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.address.data() + 12, 4);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, local.address.data(), 16);
  info.ipi6_ifindex = local.scope;
  c->cmsg_level = IPPROTO_IPV6;
  c->cmsg_type = IPV6_PKTINFO;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

bool unspecified(const Endpoint& endpoint) {
  return endpoint.address == std::array<std::uint8_t, 16>{};
}

}  // namespace

UdpBatch::UdpBatch()
    : slots_(std::make_unique_for_overwrite<std::uint8_t[]>(kDatagramsMax * kSlotOctets)) {
  for (unsigned i = 0; i < kDatagramsMax; ++i) {
    vectors_[i] = {&slots_[i * kSlotOctets], 65536};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_iov = &vectors_[i];
    header.msg_iovlen = 1;
    header.msg_name = &sources_[i];
    header.msg_control = controls_[i].octets.data();
  }
}

unsigned UdpBatch::receive(int fd, const Endpoint& local) {
  for (mmsghdr& header : headers_) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    header.msg_hdr.msg_controllen = kControlOctets;
  }
  const int got = ::recvmmsg(fd, headers_.data(), kDatagramsMax, MSG_DONTWAIT, nullptr);
  if (got <= 0) return 0;
  const auto count = static_cast<unsigned>(got);
  for (unsigned i = 0; i < count; ++i) {
    Datagram& datagram = datagrams_[i];
    datagram.bytes = {&slots_[i * kSlotOctets], headers_[i].msg_len};
    datagram.source = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&sources_[i]));
    read_control(headers_[i].msg_hdr, local, &datagram);
  }
  return count;
}

bool send_datagram(int fd, const Endpoint& peer, const Endpoint& local, ByteView bytes) {
  sockaddr_storage to{};
  iovec vector = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  alignas(8) std::array<std::uint8_t, 64> control{};
  msghdr header{};
  header.msg_name = &to;
  header.msg_namelen = peer.to_sockaddr(&to);
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (!unspecified(local)) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    header.msg_controllen = write_source_address(local, &header);
  }
  return ::sendmsg(fd, &header, MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size());
}

}  // namespace trapd::net
