// SPDX-License-Identifier: Apache-2.0
#include "mib/render.h"

#include <random>

#include "mib/display_hint.h"
#include "mib/escape.h"
#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {

std::string shown(std::string_view name, std::uint8_t tag, std::string_view content,
                  const RenderOptions& options = {}) {
  const auto oid = test_index().find(name);
  REQUIRE_MESSAGE(oid.has_value(), std::string(name));
  return render_value(test_index(), *oid, {tag, as_bytes(content)}, options);
}

std::string hex(std::string_view digits) {
  const auto bytes = from_hex(digits);
  REQUIRE(bytes.has_value());
  return std::string(as_text(*bytes));
}

std::string text_shown(std::string_view name, std::string_view content,
                       const RenderOptions& options = {}) {
  return shown(name, ber::kOctetString, content, options);
}

std::string number_shown(std::string_view name, std::string_view digits,
                         const RenderOptions& options = {}) {
  return shown(name, ber::kInteger, hex(digits), options);
}

}  // namespace

TEST_CASE("a varbind has its name and its label") {
  const auto name = test_index().find("ifOperStatus.3");
  REQUIRE(name.has_value());
  const std::uint8_t down = 2;
  const auto rendered = render_varbind(test_index(), {*name, {ber::kInteger, ByteView(&down, 1)}});
  CHECK(rendered.name == "IF-MIB::ifOperStatus.3");
  CHECK(rendered.value == "down(2)");
  CHECK(enum_label(test_index(), *name, {ber::kInteger, ByteView(&down, 1)}) == "down");
}

TEST_CASE("labels come alone, with their number, or as the number") {
  RenderOptions options;
  CHECK(number_shown("hintState.0", "01", options) == "up(1)");
  options.labels = LabelForm::kLabel;
  CHECK(number_shown("hintState.0", "01", options) == "up");
  options.labels = LabelForm::kNumber;
  CHECK(number_shown("hintState.0", "01", options) == "1");
  CHECK(number_shown("hintState.0", "ff") == "lost(-1)");
  CHECK(number_shown("hintTruth.0", "02") == "false(2)");
}

TEST_CASE("a number without a label stays a number") {
  CHECK(number_shown("hintState.0", "09") == "9");
  CHECK(number_shown("hintState.0", "80000000") == "-2147483648");
}

TEST_CASE("an enumeration sent with another integer type is labelled all the same") {
  CHECK(shown("ifOperStatus.3", ber::kGauge32, hex("02")) == "down(2)");
  CHECK(shown("ifOperStatus.3", ber::kGauge32, hex("00ffffffff")) == "4294967295");
}

TEST_CASE("integer hints: fixed point, hexadecimal, octal, binary") {
  CHECK(number_shown("hintFixed.0", "04d2") == "12.34");
  CHECK(number_shown("hintFixed.0", "05") == "0.05");
  CHECK(number_shown("hintFixed.0", "fb") == "-0.05");
  CHECK(number_shown("hintFixed.0", "80000000") == "-21474836.48");
  CHECK(number_shown("hintHex.0", "00ff") == "ff");
  CHECK(number_shown("hintOctal.0", "08") == "10");
  CHECK(number_shown("hintBinary.0", "05") == "101");
  CHECK(!format_integer("d-", 1).has_value());
  CHECK(!format_integer("d-99", 1).has_value());
  CHECK(!format_integer("q", 1).has_value());
  CHECK(!format_integer("", 1).has_value());
  CHECK(format_integer("d-3", INT64_MIN) == "-9223372036854775.808");
}

TEST_CASE("addresses of hardware and hosts") {
  CHECK(text_shown("hintMac.0", hex("00908f123456")) == "00:90:8f:12:34:56");
  CHECK(text_shown("hintMac.0", "") == "");
  CHECK(shown("hintIp.0", ber::kIpAddress, hex("c0000207")) == "192.0.2.7");
  CHECK(text_shown("hintIp.0", hex("c0000207")) == "192.0.2.7");
  CHECK(text_shown("hintInet.0", hex("c0000207")) == "192.0.2.7");
  CHECK(text_shown("hintInet.0", hex("20010db8000000000000000000000001")) == "2001:db8::1");
  CHECK(text_shown("hintInet.0", "host.example.net") == "host.example.net");
  CHECK(text_shown("hintZone.0", hex("fe800000000000000000000000000001 00000007")) ==
        "fe80:0000:0000:0000:0000:0000:0000:0001%7");
}

TEST_CASE("DateAndTime with and without a zone, and as devices get it wrong") {
  CHECK(text_shown("hintTime.0", hex("07ea0b170d1e0f00")) == "2026-11-23,13:30:15.0");
  CHECK(text_shown("hintTime.0", hex("07ea0b170d1e0f002b0200")) == "2026-11-23,13:30:15.0,+2:0");
  CHECK(text_shown("hintTime.0", "2026-11-23 13:30") == "2026-11-23 13:30");
  CHECK(text_shown("hintTime.0", hex("07ea")) == "0x07ea");
}

TEST_CASE("BITS are the labels of the bits that are set") {
  CHECK(text_shown("hintBits.0", hex("c0")) == "{first(0), second(1)}");
  CHECK(text_shown("hintBits.0", hex("0040")) == "{tenth(9)}");
  CHECK(text_shown("hintBits.0", hex("2000")) == "{2}");
  CHECK(text_shown("hintBits.0", hex("0000")) == "{}");
  RenderOptions options;
  options.labels = LabelForm::kLabel;
  CHECK(text_shown("hintBits.0", hex("80"), options) == "{first}");
}

TEST_CASE("OIDs are shown by their names, or as numbers") {
  CHECK(shown("hintOid.0", ber::kObjectIdentifier, hex("2b06010603010105 03")) ==
        "IF-MIB::linkDown");
  CHECK(shown("hintOid.0", ber::kObjectIdentifier, hex("2b06010401a1120102")) ==
        "1.3.6.1.4.1.4242.1.2");
  CHECK(shown("hintOid.0", ber::kObjectIdentifier, hex("2b80")) == "0x2b80");
  CHECK(shown("hintOid.0", ber::kObjectIdentifier, "") == "0.0");
}

TEST_CASE("TimeTicks as time, as a number, or both") {
  RenderOptions options;
  CHECK(shown("hintTicks.0", ber::kTimeTicks, hex("10e1"), options) == "0:00:43.21");
  options.ticks = TicksForm::kRaw;
  CHECK(shown("hintTicks.0", ber::kTimeTicks, hex("10e1"), options) == "4321");
  options.ticks = TicksForm::kBoth;
  CHECK(shown("hintTicks.0", ber::kTimeTicks, hex("10e1"), options) == "(4321) 0:00:43.21");
  CHECK(ticks_text(4294967295) == "497d 2:27:52.95");
  CHECK(ticks_text(0) == "0:00:00.00");
}

TEST_CASE("big counters, floats in an Opaque, nulls") {
  CHECK(shown("hintCounter.0", ber::kCounter64, hex("00ffffffffffffffff")) ==
        "18446744073709551615");
  CHECK(shown("hintOpaque.0", ber::kOpaque, hex("9f780441200000")) == "10.000000");
  CHECK(shown("hintOpaque.0", ber::kOpaque, hex("9f79084024000000000000")) == "10.000000");
  CHECK(shown("hintOpaque.0", ber::kOpaque, hex("9f780541200000")) == "0x9f780541200000");
}

TEST_CASE("text: UTF-8 stays, NULs at the end go, controls are escaped") {
  CHECK(text_shown("hintText.0", "Link down") == "Link down");
  CHECK(text_shown("hintText.0", std::string_view("abc\0\0", 5)) == "abc");
  CHECK(text_shown("hintText.0", std::string_view("\0", 1)) == "");
  CHECK(text_shown("hintText.0", "a\r\nSubject: x\x1b[2J\x7f") == "a\\r\\nSubject: x\\x1b[2J\\x7f");
  CHECK(text_shown("hintUtf8.0", "Gr\xc3\xbc\xc3\x9f") == "Gr\xc3\xbc\xc3\x9f");
  CHECK(text_shown("hintUtf8.0", "Gr\xfc\xdf") == "Gr\\xfc\\xdf");
  CHECK(text_shown("hintUtf8.0",
                   "\xc2\x9b"
                   "31m") == "\\xc2\\x9b31m");
}

TEST_CASE("hints with repetition, separators and fields of no length") {
  CHECK(text_shown("hintList.0", hex("03 01 02 03 09")) == "1:2:3/9");
  CHECK(text_shown("hintList.0", hex("05 01 02")) == "1:2");
  CHECK(text_shown("hintList.0", hex("00 07")) == "/7");
  CHECK(format_octets("1d.1d.1d.1d:2d", as_bytes(hex("c000020700a2")), 99) == "192.0.2.7:162");
  CHECK(format_octets("0a[2x:2x]0a:2d", as_bytes(hex("20010db800a1")), 99) == "[2001:0db8]:161");
  CHECK(format_octets("2o-", as_bytes(hex("0008 0009")), 99) == "10-11");
  CHECK(format_octets("0a", as_bytes("abc"), 99) == "");
  CHECK(format_octets("3t/", as_bytes("a\xc3\xbc\xc3\xbc"), 99) == "a\xc3\xbc/\xc3\xbc");
}

TEST_CASE("a hint that is none leaves the plain form") {
  CHECK(text_shown("hintBad.0", hex("0102")) == "0x0102");
  for (const char* const bad : {"", "x", "1", "1q", "*", "*x", "99999x", "1d1", "-1x"}) {
    CAPTURE(bad);
    CHECK(!format_octets(bad, as_bytes("ab"), 99).has_value());
  }
  std::string many;
  for (int i = 0; i < 65; ++i) many += "1x";
  CHECK(!format_octets(many, as_bytes("ab"), 99).has_value());
  CHECK(!format_octets("9d", as_bytes("123456789"), 99).has_value());
}

TEST_CASE("what no module knows is plain") {
  CHECK(shown("enterprises.4242.1", ber::kInteger, hex("07")) == "7");
  CHECK(shown("enterprises.4242.1", ber::kOctetString, "text") == "text");
  CHECK(shown("enterprises.4242.1", ber::kOctetString, hex("0080ff")) == "0x0080ff");
  CHECK(text_shown("hintPlain.0", hex("8000")) == "0x8000");
  // A value of another type than the module says.
  CHECK(text_shown("hintState.0", "one") == "one");
  CHECK(number_shown("hintMac.0", "05") == "5");
  const std::uint8_t two = 2;
  const auto name = test_index().find("ifOperStatus.3");
  CHECK(render_value(*MibIndex::empty(), *name, {ber::kInteger, ByteView(&two, 1)}) == "2");
}

TEST_CASE("times are cut like everything else") {
  RenderOptions options;
  options.ticks = TicksForm::kBoth;
  options.text_octets_max = 16;
  const std::vector<std::uint8_t> ticks{0x00, 0xff, 0xff, 0xff, 0xff};
  const snmp::Oid name = *snmp::Oid::parse("1.3.6.1.2.1.1.3.0");
  CHECK(render_value(*MibIndex::empty(), name, {ber::kTimeTicks, ticks}, options) ==
        "(4294967295) ...");
}

TEST_CASE("long values are cut at a character and marked") {
  RenderOptions options;
  options.text_octets_max = 20;
  CHECK(text_shown("hintText.0", std::string(300, 'x'), options) == std::string(17, 'x') + "...");
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\xc3\xbc";
  const std::string cut = text_shown("hintUtf8.0", umlauts, options);
  CHECK(cut.size() <= 20);
  CHECK(is_printable_utf8(as_bytes(cut)));
  CHECK(text_shown("hintPlain.0", std::string(60'000, '\x80'), options).size() <= 20);
  CHECK(text_shown("hintBits.0", std::string(60'000, '\xff'), options).size() <= 20);
  CHECK(text_shown("hintMac.0", std::string(60'000, '\x01'), options).size() <= 20);
}

TEST_CASE("whatever a device sends, the text is printable and bounded") {
  const MibIndex& index = test_index();
  std::mt19937 random(11);
  std::vector<std::uint32_t> objects;
  for (std::uint32_t id = 0; id < index.node_count(); ++id) {
    if (index.node(id).kind == NodeKind::kObject) objects.push_back(id);
  }
  const std::uint8_t tags[] = {ber::kInteger,          ber::kOctetString,  ber::kNull,
                               ber::kObjectIdentifier, ber::kIpAddress,    ber::kCounter32,
                               ber::kGauge32,          ber::kTimeTicks,    ber::kOpaque,
                               ber::kCounter64,        ber::kNoSuchObject, 0xff};
  RenderOptions options;
  options.text_octets_max = 200;
  for (int round = 0; round < 50'000; ++round) {
    std::vector<std::uint8_t> content(random() % 40);
    for (auto& octet : content) octet = static_cast<std::uint8_t>(random());
    const Node node = index.node(objects[random() % objects.size()]);
    const std::uint8_t tag = tags[random() % std::size(tags)];
    const std::string text = render_value(index, node.oid, {tag, content}, options);
    REQUIRE(text.size() <= options.text_octets_max);
    REQUIRE_MESSAGE(is_printable_utf8(as_bytes(text)), text);
  }
}

TEST_CASE("random hints neither hang nor leave printable text") {
  std::mt19937 random(5);
  const std::string_view letters = "0123459*xdoat:/-[%";
  for (int round = 0; round < 50'000; ++round) {
    std::string hint;
    for (auto n = random() % 12; n > 0; --n) hint += letters[random() % letters.size()];
    std::string octets;
    for (auto n = random() % 30; n > 0; --n) octets += static_cast<char>(random());
    const auto text = format_octets(hint, as_bytes(octets), 100);
    if (text) REQUIRE_MESSAGE(is_printable_utf8(as_bytes(*text)), hint);
  }
}

}  // namespace trapd::mib::test
