// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace trapd::forwarders {

namespace {
constexpr int kReceiveOctets = 4 << 20;
/// What the kernel counts for a datagram of up to 1,400 octets: its buffer of 2,048 and its own
/// account of it.
constexpr std::size_t kAnswerOctets = 2304;
/// The kernel's UDP_MAX_SEGMENTS, and the largest datagram.
constexpr std::size_t kSegmentsMax = 64;
constexpr std::size_t kRunOctetsMax = 65507;
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
  segment_octets_max_ = kRunOctetsMax;
  answers_max_ = std::max<std::size_t>(static_cast<std::size_t>(octets) / kAnswerOctets, 1);
}

/// What one sendmmsg() is given: entries of one datagram, or of several of one length.
class PeerSocket::Batch {
 public:
  void add(std::span<const ByteView> run) {
    mmsghdr& entry = entries_[entries_used_];
    entry.msg_hdr.msg_iov = &parts_[parts_used_];
    entry.msg_hdr.msg_iovlen = run.size();
    for (const ByteView bytes : run) {
      // The kernel only reads what a sending iovec points at.
      parts_[parts_used_++] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    }
    if (run.size() > 1) set_segment_octets(run.front().size());
    datagrams_[entries_used_++] = run.size();
  }
  std::size_t size() const { return parts_used_; }
  int send(int fd) {
    return ::sendmmsg(fd, entries_.data(), static_cast<unsigned>(entries_used_),
                      MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  std::size_t datagrams(std::size_t entry) const { return datagrams_[entry]; }

 private:
  void set_segment_octets(std::size_t octets) {
    Control& control = controls_[entries_used_];
    msghdr& header = entries_[entries_used_].msg_hdr;
    header.msg_control = control.octets.data();
    header.msg_controllen = control.octets.size();
    cmsghdr* const said = CMSG_FIRSTHDR(&header);
    said->cmsg_level = SOL_UDP;
    said->cmsg_type = UDP_SEGMENT;
    said->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto value = static_cast<std::uint16_t>(octets);
    std::memcpy(CMSG_DATA(said), &value, sizeof value);
  }

  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> octets;
  };
  std::array<mmsghdr, kBatchMax> entries_{};
  std::array<iovec, kBatchMax> parts_;
  std::array<Control, kBatchMax> controls_;
  std::array<std::size_t, kBatchMax> datagrams_;
  std::size_t entries_used_ = 0;
  std::size_t parts_used_ = 0;
};

/// How many of the first datagrams can go as one; at least 1. The last of them may be shorter.
std::size_t PeerSocket::run_length(std::span<const ByteView> datagrams) const {
  const std::size_t octets = datagrams.front().size();
  if (octets == 0 || octets > segment_octets_max_) return 1;
  const std::size_t most = std::min({datagrams.size(), kSegmentsMax, kRunOctetsMax / octets});
  std::size_t length = 1;
  while (length < most && datagrams[length].size() == octets) ++length;
  const bool one_more = length < most && datagrams[length].size() < octets;
  return one_more && !datagrams[length].empty() ? length + 1 : length;
}

/// True: they can be sent one by one.
bool PeerSocket::refuses_segments(int error, std::size_t octets) {
  if (error != EMSGSIZE && error != EINVAL && error != EIO && error != EOPNOTSUPP) return false;
  // Larger than the link's (older kernels say EINVAL), or none at all on this way.
  segment_octets_max_ = error == EMSGSIZE || error == EINVAL ? octets - 1 : 0;
  return true;
}

PeerSocket::Sent PeerSocket::send(std::span<const ByteView> datagrams) {
  Sent sent;
  while (sent.count < datagrams.size()) {
    Batch batch;
    while (batch.size() < kBatchMax && sent.count + batch.size() < datagrams.size()) {
      const auto left = datagrams.subspan(sent.count + batch.size());
      batch.add(
          left.first(run_length(left.first(std::min(left.size(), kBatchMax - batch.size())))));
    }
    const int taken = batch.send(socket_.fd());
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) {
      const int error = errno;
      if (batch.datagrams(0) > 1 && refuses_segments(error, datagrams[sent.count].size())) continue;
      sent.error = error;
      return sent;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(taken); ++i) {
      sent.count += batch.datagrams(i);
    }
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
