// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/value_text.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/data/ber_bytes.h"
#include "trapd/snmp/oid.h"

using namespace trapd;
using namespace trapd::test;

namespace {

std::string rendered(std::uint8_t tag, const Bytes& content, std::size_t room = 4096) {
  // Guard characters behind the room show a write outside.
  std::string out(room + 1, '#');
  const std::size_t size = snmp::value_to_text({tag, content}, {out.data(), room});
  REQUIRE(size <= room);
  CHECK(out[room] == '#');
  return out.substr(0, size);
}

std::string rendered_text(std::string_view characters) {
  return rendered(ber::kOctetString, text(characters));
}

}  // namespace

TEST_CASE("value text: numbers in decimal") {
  CHECK(rendered(ber::kInteger, hex("00")) == "0");
  CHECK(rendered(ber::kInteger, hex("ff")) == "-1");
  CHECK(rendered(ber::kInteger, hex("80000000")) == "-2147483648");
  CHECK(rendered(ber::kCounter32, hex("00ffffffff")) == "4294967295");
  CHECK(rendered(ber::kGauge32, hex("ffffffff")) == "4294967295");
  CHECK(rendered(ber::kTimeTicks, hex("3039")) == "12345");
  CHECK(rendered(ber::kCounter64, hex("ffffffffffffffff")) == "18446744073709551615");
}

TEST_CASE("value text: object identifiers, addresses, and the values without content") {
  CHECK(rendered(ber::kObjectIdentifier, hex("2b0601040109")) == "1.3.6.1.4.1.9");
  CHECK(rendered(ber::kObjectIdentifier, hex("8837")) == "2.999");
  CHECK(rendered(ber::kObjectIdentifier, hex("00")) == "0.0");
  CHECK(rendered(ber::kIpAddress, hex("c0000201")) == "192.0.2.1");
  CHECK(rendered(ber::kIpAddress, hex("ffffffff")) == "255.255.255.255");
  CHECK(rendered(ber::kNull, {}) == "null");
  CHECK(rendered(ber::kNoSuchObject, {}) == "noSuchObject");
  CHECK(rendered(ber::kNoSuchInstance, {}) == "noSuchInstance");
  CHECK(rendered(ber::kEndOfMibView, {}) == "endOfMibView");
}

TEST_CASE("value text: printable octets are text") {
  CHECK(rendered_text("") == "");
  CHECK(rendered_text("link down on port 3") == "link down on port 3");
  CHECK(rendered_text("Gr\xc3\xbc\xc3\x9f"
                      "e \xe2\x82\xac \xf0\x9f\x94\xa5") ==
        "Gr\xc3\xbc\xc3\x9f"
        "e \xe2\x82\xac \xf0\x9f\x94\xa5");
  CHECK(rendered_text("one\r\ntwo\tthree") == "one  two three");
  CHECK(rendered_text("%n ${x} <b>\"]\\") == "%n ${x} <b>\"]\\");
}

TEST_CASE("value text: final NULs go, unless there is nothing else") {
  CHECK(rendered(ber::kOctetString, text("abc") + hex("00")) == "abc");
  CHECK(rendered(ber::kOctetString, text("abc") + hex("000000")) == "abc");
  CHECK(rendered(ber::kOctetString, hex("00")) == "");
  CHECK(rendered(ber::kOctetString, hex("00000000")) == "0x00000000");
  CHECK(rendered(ber::kOctetString, hex("610062")) == "0x610062");
}

TEST_CASE("value text: what is not text is hexadecimal") {
  for (const char* octets : {"001122aabbcc",          // an address
                             "611b5b30",              // ESC
                             "6108",                  // backspace
                             "617f",                  // DEL
                             "c285",                  // C1 control
                             "c080",         "c1bf",  // longer than needed
                             "e08080",       "e09fbf",   "f0808080", "f08fbfbf",
                             "eda080",  // surrogate
                             "f4908080",     "f5808080", "ff",       "80",       "bf",
                             "c3",           "e282",     "f09f94",   "61c3",  // cut
                             "c361",         "e28261",   "e26182",   "f09f9461"}) {
    CAPTURE(octets);
    CHECK(rendered(ber::kOctetString, hex(octets)) == "0x" + to_hex(hex(octets)));
  }
  CHECK(rendered(ber::kOpaque, hex("9f780442f60000")) == "0x9f780442f60000");
  CHECK(rendered(ber::kOpaque, {}) == "0x");
  CHECK(rendered(0x45, hex("01")) == "0x01");
}

TEST_CASE("value text: the edges of UTF-8 are text") {
  for (const char* octets :
       {"c2a0", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf"}) {
    CAPTURE(octets);
    CHECK(rendered(ber::kOctetString, hex(octets)) == as_text(hex(octets)));
  }
}

TEST_CASE("value text: a content that does not fit its type is hexadecimal") {
  CHECK(rendered(ber::kInteger, hex("0100000000")) == "0x0100000000");
  CHECK(rendered(ber::kInteger, {}) == "0");  // BER-07
  CHECK(rendered(ber::kCounter64, hex("010000000000000000")) == "0x010000000000000000");
  CHECK(rendered(ber::kObjectIdentifier, hex("2b86")) == "0x2b86");
  CHECK(rendered(ber::kObjectIdentifier, {}) == "0.0");  // BER-13
  CHECK(rendered(ber::kIpAddress, hex("c00002")) == "0xc00002");
}

TEST_CASE("value text: what does not fit is left out in whole pieces") {
  for (std::size_t room = 0; room < 8; ++room) {
    CAPTURE(room);
    CHECK(rendered(ber::kInteger, hex("3039"), room) == (room < 5 ? "" : "12345"));
    CHECK(rendered(ber::kOctetString, text("abcdefgh"), room) ==
          std::string("abcdefgh").substr(0, room));
    const std::string octets = rendered(ber::kOctetString, hex("0102ff"), room);
    CHECK(octets == std::string("0x0102ff").substr(0, room < 2 ? 0 : room / 2 * 2));
    CHECK(rendered(ber::kIpAddress, hex("c0000201"), room) == "");
  }
  CHECK(rendered(ber::kIpAddress, hex("c0000201"), 9) == "192.0.2.1");
  CHECK(rendered(ber::kOctetString, hex("61c3bc"), 2) == "a");
  CHECK(rendered(ber::kOctetString, hex("61c3bc"), 3) == "a\xc3\xbc");
  CHECK(rendered(ber::kObjectIdentifier, hex("2b0601843102"), 10) == "1.3.6.1");
  CHECK(rendered(ber::kObjectIdentifier, hex("2b0601843102"), 11) == "1.3.6.1.561");
  // Nothing shorter is put behind a piece that did not fit.
  CHECK(rendered(ber::kOctetString, hex("61c3bc62"), 2) == "a");
  CHECK(rendered(ber::kEndOfMibView, {}, 5) == "");
}

TEST_CASE("value text: text beyond the room does not hide that the whole is binary") {
  CHECK(rendered(ber::kOctetString, text("abcdef") + hex("01"), 4) == "0x61");
}

TEST_CASE("value text: the longest object identifier") {
  const Bytes content = hex("2b") + [] {
    Bytes arcs;
    for (int i = 0; i < 126; ++i) arcs = arcs + hex("8fffffff7f");
    return arcs;
  }();
  CHECK(rendered(ber::kObjectIdentifier, content) == snmp::OidView(content).text());
  CHECK(rendered(ber::kObjectIdentifier, content, 100).size() == 91);
}
