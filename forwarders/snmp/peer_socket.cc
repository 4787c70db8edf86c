// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_socket.h"

#include <algorithm>
#include <cerrno>

namespace trapd::forwarders {

namespace {
constexpr int kReceiveOctets = 4 << 20;
/// What the kernel counts for a datagram of up to 1,400 octets: its buffer of 2,048 and its own
/// account of it.
constexpr std::size_t kAnswerOctets = 2304;
}  // namespace

PeerSocket::PeerSocket()
    : slots_(std::make_unique_for_overwrite<std::uint8_t[]>(kSlots * kSlotOctets)) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    vectors_[i] = {slots_.get() + i * kSlotOctets, kSlotOctets};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

void PeerSocket::open(SourcePorts::Socket socket) {
  socket_ = std::move(socket);
  // Past net.core.rmem_max where we may (CAP_NET_ADMIN), else up to it.
  if (::setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveOctets, sizeof kReceiveOctets) != 0) {
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &kReceiveOctets, sizeof kReceiveOctets);
  }
  int octets = 0;
  socklen_t size = sizeof octets;
  if (::getsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &octets, &size) != 0) octets = 0;
  answers_max_ = std::max<std::size_t>(static_cast<std::size_t>(octets) / kAnswerOctets, 1);
}

PeerSocket::Sent PeerSocket::send(std::span<const ByteView> datagrams) {
  std::array<mmsghdr, kBatchMax> headers{};
  std::array<iovec, kBatchMax> vectors{};
  Sent sent;
  while (sent.count < datagrams.size()) {
    const std::size_t batch = std::min(kBatchMax, datagrams.size() - sent.count);
    for (std::size_t i = 0; i < batch; ++i) {
      const ByteView bytes = datagrams[sent.count + i];
      // The kernel only reads what a sending iovec points at.
      vectors[i] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int taken = ::sendmmsg(socket_.fd(), headers.data(), static_cast<unsigned>(batch),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) {
      sent.error = errno;
      return sent;
    }
    sent.count += static_cast<std::size_t>(taken);
  }
  return sent;
}

int PeerSocket::receive(const std::function<void(ByteView)>& take) {
  for (;;) {
    const int count = ::recvmmsg(socket_.fd(), headers_.data(), kSlots, MSG_DONTWAIT, nullptr);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? 0 : errno;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      take(ByteView(slots_.get() + i * kSlotOctets, headers_[i].msg_len));
    }
    if (static_cast<std::size_t>(count) < kSlots) return 0;
  }
}

}  // namespace trapd::forwarders
