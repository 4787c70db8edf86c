// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/capture_file.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "trapd/base/clock.h"

namespace trapd::admin {
namespace {

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint8_t kUdp = 17;

std::uint16_t load_be16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

bool is_vlan(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

/// Takes `octets` off the front; false when there are fewer.
bool skip(ByteView* bytes, std::size_t octets) {
  if (bytes->size() < octets) return false;
  *bytes = bytes->subspan(octets);
  return true;
}

/// Leaves the IP packet in `bytes`. False: another protocol, or too short.
bool skip_link_header(int link_type, ByteView* bytes) {
  std::uint16_t type = 0;
  switch (link_type) {
    case DLT_EN10MB:
      if (bytes->size() < 14) return false;
      type = load_be16(*bytes, 12);
      *bytes = bytes->subspan(14);
      while (is_vlan(type) && bytes->size() >= 4) {
        type = load_be16(*bytes, 2);
        *bytes = bytes->subspan(4);
      }
      return type == kEtherIpv4 || type == kEtherIpv6;
    case DLT_LINUX_SLL:
      if (bytes->size() < 16) return false;
      type = load_be16(*bytes, 14);
      return skip(bytes, 16) && (type == kEtherIpv4 || type == kEtherIpv6);
    case DLT_LINUX_SLL2:
      if (bytes->size() < 20) return false;
      type = load_be16(*bytes, 0);
      return skip(bytes, 20) && (type == kEtherIpv4 || type == kEtherIpv6);
    case DLT_NULL:
    case DLT_LOOP:
      return skip(bytes, 4);
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return true;
    default:
      return false;
  }
}

Endpoint endpoint_v4(ByteView address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, address.data(), 4);
  return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
}
Endpoint endpoint_v6(ByteView address) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  std::memcpy(&in.sin6_addr, address.data(), 16);
  return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&in));
}

bool skip_ipv4(ByteView* bytes, CapturedDatagram* datagram) {
  if (bytes->size() < 20) return false;
  const std::size_t header = (bytes->front() & 0x0fU) * 4U;
  const std::size_t total = load_be16(*bytes, 2);
  const std::uint16_t fragment = load_be16(*bytes, 6);
  if (header < 20 || (*bytes)[9] != kUdp || (fragment & 0x1fffU) != 0) return false;
  if ((fragment & 0x2000U) != 0) datagram->damage = "first fragment only";
  datagram->source = endpoint_v4(bytes->subspan(12, 4));
  datagram->destination = endpoint_v4(bytes->subspan(16, 4));
  // Behind the packet's length lies padding of the link.
  if (total >= header && total < bytes->size()) *bytes = bytes->first(total);
  return skip(bytes, header);
}

bool skip_ipv6(ByteView* bytes, CapturedDatagram* datagram) {
  constexpr std::size_t kExtensionsMax = 8;
  if (bytes->size() < 40) return false;
  std::uint8_t next = (*bytes)[6];
  const std::size_t length = load_be16(*bytes, 4);
  datagram->source = endpoint_v6(bytes->subspan(8, 16));
  datagram->destination = endpoint_v6(bytes->subspan(24, 16));
  *bytes = bytes->subspan(40);
  if (length > 0 && length < bytes->size()) *bytes = bytes->first(length);
  for (std::size_t i = 0; i < kExtensionsMax && next != kUdp; ++i) {
    const bool options = next == 0 || next == 43 || next == 60;  // hop-by-hop, routing, destination
    if (bytes->size() < 8 || (!options && next != 44)) return false;
    if (next == 44) {  // fragment
      const std::uint16_t offset = load_be16(*bytes, 2);
      if ((offset & 0xfff8U) != 0) return false;
      if ((offset & 1U) != 0) datagram->damage = "first fragment only";
    }
    const std::size_t size = next == 44 ? 8 : (static_cast<std::size_t>((*bytes)[1]) + 1) * 8;
    next = bytes->front();
    if (!skip(bytes, size)) return false;
  }
  return next == kUdp;
}

}  // namespace

bool dissect_frame(int link_type, ByteView frame, CapturedDatagram* datagram) {
  ByteView bytes = frame;
  if (!skip_link_header(link_type, &bytes) || bytes.empty()) return false;
  const unsigned version = bytes.front() >> 4U;
  const bool reached = version == 4   ? skip_ipv4(&bytes, datagram)
                       : version == 6 ? skip_ipv6(&bytes, datagram)
                                      : false;
  if (!reached || bytes.size() < 8) return false;
  datagram->source.port = load_be16(bytes, 0);
  datagram->destination.port = load_be16(bytes, 2);
  const std::size_t length = load_be16(bytes, 4);
  bytes = bytes.subspan(8);
  if (length >= 8 && length - 8 < bytes.size()) bytes = bytes.first(length - 8);
  if (length >= 8 && length - 8 > bytes.size() && datagram->damage.empty()) {
    datagram->damage = "cut by the capture";
  }
  datagram->payload.assign(bytes.begin(), bytes.end());
  return true;
}

Result<std::vector<CapturedDatagram>> read_capture(const std::string& file) {
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO,
                                              problem.data()),
      &pcap_close);
  if (capture == nullptr) return failure("cannot read " + file + ": " + problem.data());
  const int link_type = pcap_datalink(capture.get());
  std::vector<CapturedDatagram> datagrams;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int got = 0;
  for (std::uint64_t frame = 1; (got = pcap_next_ex(capture.get(), &header, &bytes)) == 1;
       ++frame) {
    CapturedDatagram datagram;
    datagram.frame = frame;
    datagram.wall_ns = header->ts.tv_sec * kNsPerSecond + header->ts.tv_usec;
    if (dissect_frame(link_type, ByteView(bytes, header->caplen), &datagram)) {
      datagrams.push_back(std::move(datagram));
    }
    if (datagrams.size() == kCapturedDatagramsMax) break;
  }
  if (got == PCAP_ERROR) {
    return failure("cannot read " + file + ": " + pcap_geterr(capture.get()));
  }
  return datagrams;
}

}  // namespace trapd::admin
