// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/capture_file.h"

#include <doctest/doctest.h>
#include <pcap/dlt.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace trapd::admin {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) { return *from_hex(text); }

// 192.0.2.1:161 -> 192.0.2.2:162, payload "hello"
constexpr char kIpv4[] =
    "45000021 00004000 40110000 c0000201 c0000202"  // IPv4
    "00a100a2 000d0000"                             // UDP
    "68656c6c6f";
constexpr char kIpv6[] =
    "60000000 000d1140 20010db8000000000000000000000001 20010db8000000000000000000000002"
    "00a100a2 000d0000"
    "68656c6c6f";
constexpr char kEthernet[] = "020000000001 020000000002 ";

bool dissect(int link_type, std::string_view frame, CapturedDatagram* datagram) {
  *datagram = {};
  return dissect_frame(link_type, hex(frame), datagram);
}

void check_hello(const CapturedDatagram& datagram, const char* source, const char* destination) {
  CHECK(as_text(datagram.payload) == "hello");
  CHECK(datagram.source.text() == source);
  CHECK(datagram.destination.text() == destination);
  CHECK(datagram.damage.empty());
}

TEST_CASE("the datagram is found behind every link header") {
  const std::string ip = kIpv4;
  const std::string ethernet = kEthernet;
  CapturedDatagram found;
  REQUIRE(dissect(DLT_EN10MB, ethernet + "0800" + ip, &found));
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_EN10MB, ethernet + "8100 0005 0800" + ip, &found));
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_EN10MB, ethernet + "0800" + ip + "000000000000", &found));  // padding
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_LINUX_SLL, "0000 0001 0006 020000000001 0000 0800" + ip, &found));
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_RAW, ip, &found));
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_NULL, "02000000" + ip, &found));
  check_hello(found, "192.0.2.1:161", "192.0.2.2:162");
  REQUIRE(dissect(DLT_EN10MB, ethernet + "86dd" + kIpv6, &found));
  check_hello(found, "[2001:db8::1]:161", "[2001:db8::2]:162");
}

TEST_CASE("what is not whole is said") {
  CapturedDatagram found;
  std::string fragment = kIpv4;
  fragment.replace(13, 4, "2000");  // more fragments
  REQUIRE(dissect(DLT_RAW, fragment, &found));
  CHECK(found.damage == "first fragment only");
  const std::string whole = to_hex(hex(kIpv4));
  REQUIRE(dissect(DLT_RAW, whole.substr(0, whole.size() - 4), &found));
  CHECK(found.damage == "cut by the capture");
}

TEST_CASE("other frames are passed over, short ones without reading beyond them") {
  CapturedDatagram found;
  std::string tcp = kIpv4;
  tcp.replace(20, 2, "06");
  CHECK(!dissect(DLT_RAW, tcp, &found));
  CHECK(!dissect(DLT_EN10MB, std::string(kEthernet) + "0806" + kIpv4, &found));
  CHECK(!dissect(DLT_IEEE802_11, kIpv4, &found));
  for (const auto& [type, frame] :
       {std::pair(DLT_RAW, hex(kIpv4)), std::pair(DLT_RAW, hex(kIpv6)),
        std::pair(DLT_EN10MB, hex(std::string(kEthernet) + "8100 0005 0800" + kIpv4)),
        std::pair(DLT_LINUX_SLL2, hex("0800 0000 00000001 0001 00 06 0200000000010000"))}) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
      CapturedDatagram ignored;
      dissect_frame(type, cut, &ignored);  // under the sanitizers this must stay inside `cut`
      CHECK(ignored.payload.size() <= 5);
    }
  }
}

TEST_CASE("a capture file gives its datagrams with frame numbers and times") {
  std::string file = (std::filesystem::temp_directory_path() / "trapd-pcap-XXXXXX").string();
  const int fd = ::mkstemp(file.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  const Bytes frame = hex(kIpv4);
  Bytes capture = hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000");  // link type RAW
  for (const char* seconds : {"01000000", "02000000"}) {
    const Bytes head = hex(std::string(seconds) + " 05000000 21000000 21000000");
    capture.insert(capture.end(), head.begin(), head.end());
    capture.insert(capture.end(), frame.begin(), frame.end());
  }
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(capture.data()),
             static_cast<std::streamsize>(capture.size()));
  const auto datagrams = read_capture(file);
  REQUIRE(datagrams);
  REQUIRE(datagrams->size() == 2);
  CHECK((*datagrams)[1].frame == 2);
  CHECK((*datagrams)[1].wall_ns == 2'000'005'000);
  check_hello((*datagrams)[0], "192.0.2.1:161", "192.0.2.2:162");

  std::ofstream(file, std::ios::binary) << "no capture";
  CHECK(!read_capture(file));
  std::filesystem::remove(file);
  CHECK(!read_capture(file));
}

}  // namespace
}  // namespace trapd::admin
