// SPDX-License-Identifier: Apache-2.0
#include "forwarders/record_text.h"

#include <doctest/doctest.h>

#include "forwarders/record_json.h"
#include "forwarders/text_template.h"
#include "tests/unit/forwarders/sample_record.h"

using namespace trapd;
using namespace trapd::forwarders;
using alarm::Field;
using test::SampleRecord;

TEST_CASE("plain octets end at the first that is not printable ASCII, wherever it stands") {
  for (std::size_t at = 0; at < 20; ++at) {
    for (int octet = 0; octet < 256; ++octet) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(octet);
      const bool plain = octet >= 0x20 && octet <= 0x7e;
      CHECK(plain_octets(text) == (plain ? text.size() : at));
      CHECK(plain_octets(std::string_view(text).substr(0, at)) == at);
    }
  }
}

TEST_CASE("times are RFC 3339 in UTC, cut to the digits asked for") {
  CHECK(time_text(1'795'414'515'123'456'789) == "2026-11-23T06:15:15.123Z");
  CHECK(time_text(1'795'414'515'123'456'789, 6) == "2026-11-23T06:15:15.123456Z");
  CHECK(time_text(1'795'414'515'999'999'999, 0) == "2026-11-23T06:15:15Z");
  CHECK(time_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(time_text(-5) == "1970-01-01T00:00:00.000Z");
  CHECK(time_text(1'709'164'800'000'000'000, 0) == "2024-02-29T00:00:00Z");
}

TEST_CASE("clean text has no control characters and is UTF-8, and clean text stays as it is") {
  CHECK(clean("a\tb\r\nc") == "a b  c");
  CHECK(clean(std::string("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(clean("\x1b[0m") == "\xef\xbf\xbd[0m");
  CHECK(clean("\xc3\xa9\xc3") == "\xc3\xa9\xef\xbf\xbd");
  CHECK(clean("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");
  for (const std::string& text : test::hostile_texts()) {
    const std::string cleaned = clean(text);
    CHECK(is_clean(as_bytes(cleaned)));
    CHECK(clean(cleaned) == cleaned);
  }
}

TEST_CASE("a cut never splits a character") {
  const std::string text = "a\xc3\xa9\xf0\x9f\x98\x80z";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string_view cut = cut_utf8(text, n);
    CHECK(cut.size() <= n);
    CHECK(is_clean(as_bytes(cut)));
    CHECK(text.starts_with(cut));
  }
  CHECK(cut_utf8(text, 6) == "a\xc3\xa9");
}

TEST_CASE("the device's address: agent-addr, snmpTrapAddress.0, sender, in this order") {
  SampleRecord sample;
  CHECK(device_address_text(sample.view()) == "192.0.2.7");
  const std::array<std::uint8_t, 4> relayed = {198, 51, 100, 1};
  sample.varbind("1.3.6.1.6.3.18.1.3.0", ber::kIpAddress, relayed);
  CHECK(device_address_text(sample.view()) == "198.51.100.1");
  sample.set_hex(Field::kAgentAddress, "00000000");
  CHECK(device_address_text(sample.view()) == "198.51.100.1");
  sample.set_hex(Field::kAgentAddress, "cb007105");
  CHECK(device_address_text(sample.view()) == "203.0.113.5");
  sample.header().kind = alarm::Kind::kOwn;
  CHECK(device_address_text(sample.view()).empty());
}

TEST_CASE("an inform speaks for its context engine, a trap for its authoritative one") {
  SampleRecord sample;
  sample.set_hex(Field::kAuthoritativeEngineId, "80000000aa");
  CHECK(to_hex(device_engine(sample.view())) == "80000000aa");
  sample.flag(alarm::RecordFlag::kInform);
  CHECK(to_hex(device_engine(sample.view())) == "800002b804616263");
}

TEST_CASE("varbinds are named and cut with a mark") {
  const auto index = test::sample_index();
  SampleRecord sample;
  sample.integer("1.3.6.1.2.1.2.2.1.1.3", 3).integer("1.3.6.1.2.1.2.2.1.8.3", 2);
  CHECK(varbinds_text(sample.view(), *index, 4096) ==
        "IF-MIB::ifIndex.3=3, IF-MIB::ifOperStatus.3=down(2)");
  CHECK(varbinds_text(sample.view(), *index, 20) == "IF-MIB::ifIndex.3...");
  sample.octets("1.3.6.1.4.1.9.1", "x\ny");
  CHECK(is_clean(as_bytes(varbinds_text(sample.view(), *index, 4096))));
}

TEST_CASE("a text that only repeats the name gives way to the varbinds, if there are any") {
  const auto index = test::sample_index();
  SampleRecord sample;
  CHECK(said_text(sample.view(), *index, 4096) == "Link down on interface 3");
  sample.set(alarm::Field::kText, "linkDown");
  CHECK(said_text(sample.view(), *index, 4096) == "linkDown");
  sample.integer("1.3.6.1.2.1.2.2.1.1.3", 3);
  CHECK(said_text(sample.view(), *index, 4096) == "IF-MIB::ifIndex.3=3");
  sample.set(alarm::Field::kText, "");
  CHECK(said_text(sample.view(), *index, 4096) == "IF-MIB::ifIndex.3=3");
  sample.set(alarm::Field::kText, "Link down on interface 3");
  CHECK(said_text(sample.view(), *index, 4096) == "Link down on interface 3");
}

TEST_CASE("JSON holds the record with times, names and numbers") {
  const auto index = test::sample_index();
  SampleRecord sample;
  const std::array<std::uint8_t, 9> large = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  sample.integer("1.3.6.1.2.1.2.2.1.8.3", 2)
      .varbind("1.3.6.1.4.1.9.2", ber::kCounter64, large)
      .octets("1.3.6.1.2.1.2.2.1.2.3", "eth\xc3\xa9")
      .octets("1.3.6.1.4.1.9.3", std::string("\x00\x01\xff", 3));
  const RecordJson json = record_json(sample.view(), *index);
  CHECK(json["sequence"] == 7);
  CHECK(json["time"] == "2026-11-23T06:15:15.123Z");
  CHECK(json["kind"] == "notification");
  CHECK(json["outcome"] == "raise");
  CHECK(json["severity"] == "major");
  CHECK(json["device"] == "800002b804616263");
  CHECK(json["device_name"] == "sbc-1");
  CHECK(json["engine_id"] == "800002b804616263");
  CHECK(json["source"] == "192.0.2.7");
  CHECK(json["user"] == "noc");
  CHECK(json["version"] == "v3");
  CHECK(json["level"] == "authPriv");
  CHECK(json["trap"]["oid"] == "1.3.6.1.6.3.1.1.5.3");
  CHECK(json["trap"]["name"] == "IF-MIB::linkDown");
  CHECK(json["alarm"] == "linkDown");
  CHECK(json["resource"] == "3");
  CHECK(json["boots"] == 3);
  CHECK(json["inform"] == false);
  REQUIRE(json["varbinds"].size() == 4);
  CHECK(json["varbinds"][0]["name"] == "IF-MIB::ifOperStatus.3");
  CHECK(json["varbinds"][0]["type"] == "INTEGER");
  CHECK(json["varbinds"][0]["value"] == 2);
  CHECK(json["varbinds"][0]["text"] == "down(2)");
  CHECK(json["varbinds"][1]["value"] == 18446744073709551615U);
  CHECK(json["varbinds"][2]["value"] == "eth\xc3\xa9");
  CHECK(json["varbinds"][3]["value"] == "0x0001ff");
  CHECK_FALSE(json.contains("operator"));
}

TEST_CASE("labels are an object of the JSON form, a field of templates, and nothing without any") {
  SampleRecord sample;
  CHECK_FALSE(record_json(sample.view(), *mib::MibIndex::empty()).contains("labels"));
  sample.set(Field::kLabels, "team=core\nport=a=b\n=x\nbroken\nlast=\x01");
  const auto json = record_json(sample.view(), *mib::MibIndex::empty());
  CHECK(json["labels"].size() == 3);
  CHECK(json["labels"]["team"] == "core");
  CHECK(json["labels"]["port"] == "a=b");
  CHECK(json["labels"]["last"] == "\xef\xbf\xbd");
  const auto made = TextTemplate::parse("<{labels}>");
  REQUIRE(made);
  std::string text;
  made->render(sample.view(), *mib::MibIndex::empty(), &text);
  CHECK(text == "<team=core, port=a=b, last=\xef\xbf\xbd>");
}

TEST_CASE("JSON of hostile texts can always be written and read back") {
  const auto index = test::sample_index();
  for (const std::string& text : test::hostile_texts()) {
    SampleRecord sample;
    for (const Field field : {Field::kDevice, Field::kDeviceName, Field::kAlarmName, Field::kText,
                              Field::kResource, Field::kContextName, Field::kSecurityName}) {
      sample.set(field, text);
    }
    sample.octets("1.3.6.1.2.1.2.2.1.2.3", text);
    const std::string line = record_json(sample.view(), *index).dump();
    CHECK(line.find('\n') == std::string::npos);
    CHECK(RecordJson::parse(line)["text"] == clean(text));
  }
}

TEST_CASE("a template renders fields, keeps its own text, and doubles braces") {
  const auto index = test::sample_index();
  SampleRecord sample;
  sample.integer("1.3.6.1.2.1.2.2.1.8.3", 2);
  auto parsed = TextTemplate::parse(
      "{{{severity}}}\n{device} {name}/{resource}: {text} ({time}, {sequence}, {trap}, {engine}) "
      "[{varbinds}]");
  REQUIRE(parsed.has_value());
  std::string text;
  parsed->render(sample.view(), *index, &text);
  CHECK(text ==
        "{major}\nsbc-1 linkDown/3: Link down on interface 3 (2026-11-23T06:15:15.123Z, 7, "
        "IF-MIB::linkDown, 800002b804616263) [IF-MIB::ifOperStatus.3=down(2)]");
}

TEST_CASE("a template's errors say what is wrong") {
  const auto error = [](std::string_view text) {
    auto parsed = TextTemplate::parse(text);
    return parsed ? std::string() : parsed.error().text;
  };
  CHECK(error("{devise}").find("unknown field {devise}; known are device, ") == 0);
  CHECK(error("ab{device").find("\"{\" at character 3 is not closed") == 0);
  CHECK(error("ab{dev{ice}").find("\"{\" at character 3") == 0);
  CHECK(error("a}b").find("\"}\" at character 2") == 0);
  CHECK(error("{}").find("unknown field {}") == 0);
  CHECK(error("").empty());
}

TEST_CASE("every field of a template is one clean line, whatever the record holds") {
  const auto index = test::sample_index();
  std::string all;
  for (const auto& field : TextTemplate::fields()) all += "{" + std::string(field.name) + "}|";
  auto parsed = TextTemplate::parse(all);
  REQUIRE(parsed.has_value());
  for (const std::string& text : test::hostile_texts()) {
    SampleRecord sample;
    for (std::size_t i = 0; i + 1 < alarm::kFieldCount; ++i) {
      const Field field = static_cast<Field>(i);
      if (field != Field::kTrapOid && field != Field::kEnterprise) sample.set(field, text);
    }
    sample.octets("1.3.6.1.2.1.2.2.1.2.3", text);
    std::string out;
    parsed->render(sample.view(), *index, &out);
    CHECK(is_clean(as_bytes(out)));
  }
}
