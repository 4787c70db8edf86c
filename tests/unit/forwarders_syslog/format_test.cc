// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>

#include "forwarders/record_json.h"
#include "forwarders/record_text.h"
#include "forwarders/syslog/json_message.h"
#include "forwarders/syslog/message.h"
#include "forwarders/syslog/rfc3164.h"
#include "forwarders/syslog/rfc5424.h"
#include "tests/unit/forwarders/sample_record.h"
#include "tests/unit/forwarders_syslog/syslog_grammar.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/notification.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::syslog;
using alarm::Field;
using test::Message5424;
using test::Parser5424;
using test::SampleRecord;

namespace {

const Header kHeader{"gw.example.net", "4711", 3, 8192};

std::string rfc5424_text(SampleRecord& sample, std::size_t octets_max = 8192,
                         Annotations annotations = Annotations::kNamesAndTexts) {
  Header header = kHeader;
  header.octets_max = octets_max;
  static const auto index = test::sample_index();
  std::string out;
  rfc5424(sample.item(), *index, header, annotations, &out);
  CHECK(out.size() <= octets_max);
  return out;
}

Message5424 parsed(SampleRecord& sample, std::size_t octets_max = 8192) {
  return Parser5424::parse(rfc5424_text(sample, octets_max));
}

using Render = void (*)(const Item&, const mib::MibIndex&, const Header&, std::string*);
std::string rendered(Render render, SampleRecord& sample, Header header = kHeader) {
  static const auto index = test::sample_index();
  std::string out;
  render(sample.item(), *index, header, &out);
  return out;
}

bool no_control_character(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 32 && c != 127; });
}

}  // namespace

TEST_CASE("the example of RFC 5675 section 5 comes out right") {
  // linkUp of interface 3 on engine 800002b804616263, context ctx1.
  const auto scoped_octets = *from_hex(
      "307c0408800002b804616263040463747831a76a02036d0867020100020100305d300f06082b06010201010300"
      "430301728c3017060a2b06010603010104010006092b0601060301010504300f060a2b06010201020201010302"
      "0103300f060a2b060102010202010703020101300f060a2b060102010202010803020101");
  snmp::ScopedPdu scoped;
  REQUIRE(snmp::decode_scoped_pdu(scoped_octets, false, &scoped, nullptr));
  snmp::Pdu pdu;
  REQUIRE(snmp::decode_pdu(scoped.pdu, &pdu, nullptr));
  const snmp::Notification notification = snmp::from_pdu(pdu);
  SampleRecord sample;
  sample.header().sys_up_time = notification.sys_up_time;
  sample.set(Field::kContextEngineId, as_text(scoped.context_engine_id));
  sample.set(Field::kContextName, as_text(scoped.context_name));
  sample.set(Field::kTrapOid, as_text(notification.trap_oid.content()));
  snmp::VarbindReader reader(notification.varbinds);
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    sample.varbind(varbind.name.text(), varbind.value.tag, varbind.value.content);
  }
  const std::string expected =
      R"([snmp ctxEngine="800002b804616263" ctxName="ctx1" v1="1.3.6.1.2.1.1.3.0" t1="94860" )"
      R"(v2="1.3.6.1.6.3.1.1.4.1.0" o2="1.3.6.1.6.3.1.1.5.4" v3="1.3.6.1.2.1.2.2.1.1.3" d3="3" )"
      R"(v4="1.3.6.1.2.1.2.2.1.7.3" d4="1" v5="1.3.6.1.2.1.2.2.1.8.3" d5="1"])";
  const std::string text = rfc5424_text(sample, 8192, Annotations::kNone);
  CHECK(text.find(' ' + expected + '[') != std::string::npos);
}

TEST_CASE("the header describes the gateway, origin the device") {
  SampleRecord sample;
  const Message5424 m = parsed(sample);
  CHECK(m.priority == 3 * 8 + 2);
  CHECK(m.timestamp == "2026-11-23T06:15:15.123456Z");
  CHECK(m.host == "gw.example.net");
  CHECK(m.app == "trapd");
  CHECK(m.process == "4711");
  CHECK(m.id == "linkDown");
  CHECK(m.byte_order_mark);
  CHECK(m.text == "sbc-1: linkDown raised (major) 3: Link down on interface 3");
  REQUIRE(m.element("origin") != nullptr);
  CHECK(m.element("origin")->get("ip") == "192.0.2.7");
  CHECK(m.element("origin")->get("enterpriseId") == "696");  // of engine 800002b8…
  CHECK(m.element("meta")->get("sequenceId") == "1");
}

TEST_CASE("the enterprise is the trap's before the engine's; the address is snmpTrapAddress.0") {
  SampleRecord sample;
  const std::array<std::uint8_t, 4> relayed = {198, 51, 100, 1};
  sample.trap_oid("1.3.6.1.4.1.5003.9.10.1.21.2.0.3");
  sample.varbind("1.3.6.1.6.3.18.1.3.0", ber::kIpAddress, relayed);
  const Message5424 m = parsed(sample);
  CHECK(m.element("origin")->get("enterpriseId") == "5003");
  CHECK(m.element("origin")->get("ip") == "198.51.100.1");
}

TEST_CASE("the alarm element says severity, cause, type, trend and where") {
  SampleRecord sample;
  struct Row {
    alarm::Severity severity;
    int priority;
    const char* word;
  };
  const Row rows[] = {{alarm::Severity::kCritical, 25, "critical"},
                      {alarm::Severity::kMajor, 26, "major"},
                      {alarm::Severity::kMinor, 27, "minor"},
                      {alarm::Severity::kWarning, 28, "warning"},
                      {alarm::Severity::kIndeterminate, 29, "indeterminate"},
                      {alarm::Severity::kCleared, 29, "cleared"}};
  for (const Row& row : rows) {
    sample.header().severity = row.severity;
    const Message5424 m = parsed(sample);
    CHECK(m.priority == row.priority);
    CHECK(m.element("alarm")->get("perceivedSeverity") == row.word);
  }
  sample.header().severity = alarm::Severity::kMajor;
  sample.header().outcome = alarm::Outcome::kChange;
  sample.header().previous_severity = alarm::Severity::kCritical;
  const Message5424 m = parsed(sample);
  CHECK(m.element("alarm")->get("trendIndication") == "lessSevere");
  CHECK(m.element("alarm")->get("resource") == "3");
  CHECK(m.element("alarm")->get("eventType") == alarm::to_text(alarm::EventType::kCommunications));
  CHECK(m.element("alarm")->get("probableCause") == std::string(alarm::cause_label(8)));
  CHECK(m.element("alarm")->get("resourceURI") == "snmp://192.0.2.7/ctx1;800002b804616263");
}

TEST_CASE("labels are parameters of an element of their own, whatever they hold") {
  SampleRecord sample;
  CHECK(parsed(sample).element("labels@8072") == nullptr);
  sample.set(Field::kLabels, "team=core\nbad name=x\nport=\"a\\]=\nlast=b");
  const Message5424 m = parsed(sample);
  REQUIRE(m.element("labels@8072") != nullptr);
  CHECK(m.element("labels@8072")->get("team") == "core");
  CHECK(m.element("labels@8072")->get("port") == "\"a\\]=");
  CHECK(m.element("labels@8072")->get("last") == "b");
}

TEST_CASE("every type has its letter, zero is 0, and the context is there for v3 only") {
  SampleRecord sample;
  const std::array<std::uint8_t, 1> zero = {0};
  const std::array<std::uint8_t, 4> address = {192, 0, 2, 1};
  const std::uint8_t tags[] = {ber::kInteger, ber::kCounter32, ber::kGauge32, ber::kTimeTicks,
                               ber::kCounter64};
  for (const std::uint8_t tag : tags) sample.varbind("1.3.6.1.4.1.9.1", tag, zero);
  sample.varbind("1.3.6.1.4.1.9.2", ber::kIpAddress, address)
      .varbind("1.3.6.1.4.1.9.3", ber::kOpaque, address)
      .varbind("1.3.6.1.4.1.9.4", ber::kNull, {})
      .octets("1.3.6.1.4.1.9.5", "")
      .varbind("1.3.6.1.4.1.9.6", ber::kObjectIdentifier, zero);
  const Message5424 m = parsed(sample);
  const test::Element& e = *m.element("snmp");
  CHECK(e.get("ctxEngine") == "800002b804616263");
  CHECK(e.get("ctxName") == "ctx1");
  CHECK(e.get("t1") == "12345");
  CHECK(e.get("o2") == "1.3.6.1.6.3.1.1.5.3");
  CHECK(e.get("d3") == "0");
  CHECK(e.get("c4") == "0");
  CHECK(e.get("u5") == "0");
  CHECK(e.get("t6") == "0");
  CHECK(e.get("C7") == "0");
  CHECK(e.get("i8") == "192.0.2.1");
  CHECK(e.get("p9") == "c0000201");
  CHECK(e.get("n10") == "");
  CHECK(e.get("x11") == "");
  CHECK(e.get("o12") == "0.0");
  for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{1}}) {
    sample.header().snmp_version = version;
    CHECK_FALSE(parsed(sample).element("snmp")->get("ctxEngine").has_value());
    CHECK_FALSE(parsed(sample).element("snmp")->get("ctxName").has_value());
  }
}

TEST_CASE("names and texts stand beside the values, and can be left out") {
  SampleRecord sample;
  sample.integer("1.3.6.1.2.1.2.2.1.8.3", 2).octets("1.3.6.1.2.1.2.2.1.2.3", "eth0");
  const Message5424 m = parsed(sample);
  const test::Element& e = *m.element("snmp");
  CHECK(e.get("l3") == "ifOperStatus.3");
  CHECK(e.get("d3") == "2");
  CHECK(e.get("a3") == "down");
  CHECK(e.get("x4") == "65746830");
  CHECK(e.get("a4") == "eth0");
  const Message5424 bare = Parser5424::parse(rfc5424_text(sample, 8192, Annotations::kNone));
  CHECK_FALSE(bare.element("snmp")->get("l3").has_value());
  CHECK_FALSE(bare.element("snmp")->get("a3").has_value());
}

TEST_CASE("a malformed notification keeps all its varbinds and invents none") {
  SampleRecord sample;
  sample.flag(alarm::RecordFlag::kMalformed).set(Field::kTrapOid, "");
  sample.integer("1.3.6.1.4.1.9.1", 5);
  const Message5424 m = parsed(sample);
  CHECK(m.element("snmp")->get("v1") == "1.3.6.1.4.1.9.1");
  CHECK(m.element("snmp")->get("d1") == "5");
}

TEST_CASE("whatever a device sends, the message parses and gives the octets back") {
  for (const std::string& text : test::hostile_texts()) {
    SampleRecord sample;
    for (const Field field : {Field::kDevice, Field::kDeviceName, Field::kAlarmName, Field::kText,
                              Field::kResource, Field::kContextName, Field::kRule}) {
      sample.set(field, text);
    }
    sample.octets("1.3.6.1.2.1.2.2.1.2.3", text);
    const std::string message = rfc5424_text(sample, 65000);
    CHECK(no_control_character(message));
    Message5424 m;
    REQUIRE_NOTHROW(m = Parser5424::parse(message));
    CHECK(m.host == "gw.example.net");
    CHECK(m.element("snmp")->get("x3") == to_hex(as_bytes(text)));
    CHECK(m.element("alarm")->get("resource") == std::string(cut_utf8(clean(text), 1024)));
    CHECK(m.element("snmp")->get("ctxName") == clean(text));
  }
}

TEST_CASE("a message that is too long is shortened and still parses, at any limit") {
  SampleRecord sample;
  for (std::uint32_t i = 1; i <= 60; ++i) {
    const std::string name = "1.3.6.1.2.1.2.2.1.2." + std::to_string(i);
    sample.octets(name, "interface \"" + std::to_string(i) + "\" \xe4\xb8\xad\xe6\x96\x87]");
  }
  const std::size_t whole = rfc5424_text(sample, 1 << 20).size();
  std::size_t last_kept = 62;
  for (std::size_t limit = whole; limit >= 480; limit -= std::min<std::size_t>(limit, 97)) {
    const std::string message = rfc5424_text(sample, limit);
    Message5424 m;
    REQUIRE_NOTHROW(m = Parser5424::parse(message));
    const test::Element* snmp = m.element("snmp");
    std::size_t kept = 0;
    while (snmp != nullptr && snmp->get("v" + std::to_string(kept + 1))) ++kept;
    CHECK(kept <= last_kept);
    last_kept = kept;
    if (kept < 62) {
      CHECK(m.text.ends_with(" (shortened: " + std::to_string(kept) + " of 62 varbinds)"));
    }
  }
  CHECK(last_kept < 10);
  CHECK(last_kept > 0);
}

TEST_CASE("even the longest of everything fits into 480 octets") {
  SampleRecord sample;
  const std::string longest(1024, '"');
  for (std::size_t i = 0; i + 1 < alarm::kFieldCount; ++i) {
    const Field field = static_cast<Field>(i);
    if (field != Field::kTrapOid && field != Field::kEnterprise && field != Field::kAgentAddress) {
      sample.set(field, longest);
    }
  }
  const Message5424 m = parsed(sample, 480);
  CHECK(m.text.find("shortened") != std::string::npos);
  Header header = kHeader;
  header.host_name = std::string(255, 'h');
  header.octets_max = 480;
  for (const Render render : {Render{rfc3164}, Render{ovoc}, Render{json_message}}) {
    CHECK(rendered(render, sample, header).size() <= 480);
  }
  std::string out;
  rfc5424(sample.item(), *test::sample_index(), header, Annotations::kNamesAndTexts, &out);
  CHECK(out.size() <= 480);
  CHECK_NOTHROW(Parser5424::parse(out));
}

TEST_CASE("RFC 3164 frames one line of at most 1024 octets") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  SampleRecord sample;
  CHECK(rendered(rfc3164, sample) ==
        "<26>Nov 23 06:15:15 gw.example.net trapd[4711]: sbc-1: linkDown raised (major) 3: Link "
        "down on interface 3");
  sample.header().received_wall_ns = 1'794'304'805'000'000'000;
  CHECK(rendered(rfc3164, sample).starts_with("<26>Nov 10 10:00:05 "));
  sample.header().received_wall_ns = 1'793'527'205'000'000'000;
  CHECK(rendered(rfc3164, sample).starts_with("<26>Nov  1 10:00:05 "));
  for (const std::string& text : test::hostile_texts()) {
    sample.set(Field::kText, text).set(Field::kAlarmName, text);
    const std::string message = rendered(rfc3164, sample);
    CHECK(message.size() <= 1024);
    CHECK(no_control_character(message));
  }
}

TEST_CASE("the OVOC wording has its own severities") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  SampleRecord sample;
  sample.set(Field::kResource, "Board#1/EthernetLink#3");
  CHECK(rendered(ovoc, sample) ==
        "<26>Nov 23 06:15:15 gw.example.net trapd[4711]: Title: Alarm linkDown, received from "
        "sbc-1, 192.0.2.7 with Severity Major. Description: Board#1/EthernetLink#3, Link down on "
        "interface 3");
  const std::pair<alarm::Severity, const char*> rows[] = {
      {alarm::Severity::kCritical, "<25>"}, {alarm::Severity::kMajor, "<26>"},
      {alarm::Severity::kMinor, "<27>"},    {alarm::Severity::kWarning, "<28>"},
      {alarm::Severity::kCleared, "<29>"},  {alarm::Severity::kIndeterminate, "<30>"}};
  for (const auto& [severity, priority] : rows) {
    sample.header().severity = severity;
    CHECK(rendered(ovoc, sample).starts_with(priority));
  }
  sample.header().outcome = alarm::Outcome::kEvent;
  CHECK(rendered(ovoc, sample).find("Title: Event linkDown, ") != std::string::npos);
  CHECK(rendered(ovoc, sample).back() != '\0');
}

TEST_CASE("of a notification that no rule knows every wording says the varbinds") {
  const char* unknown = "1.3.6.1.4.1.99999.0.1";
  SampleRecord sample;
  sample.set(Field::kAlarmName, unknown).set(Field::kText, unknown);
  sample.octets("1.3.6.1.4.1.99999.1", "the door is open");
  for (const Render render : {Render{rfc3164}, Render{ovoc}}) {
    CHECK(rendered(render, sample).find("=the door is open") != std::string::npos);
  }
  CHECK(parsed(sample).text.ends_with("=the door is open"));
}

TEST_CASE("the JSON format is JSON in a syslog frame, also when it is shortened") {
  SampleRecord sample;
  for (std::uint32_t i = 1; i <= 60; ++i) {
    sample.octets("1.3.6.1.2.1.2.2.1.2." + std::to_string(i), "\xe4\xb8\xad interface");
  }
  for (const std::size_t limit : {100'000U, 4000U, 1500U, 700U, 480U}) {
    Header header = kHeader;
    header.octets_max = limit;
    const std::string message = rendered(json_message, sample, header);
    CHECK(message.size() <= limit);
    const Message5424 m = Parser5424::parse(message);
    CHECK(m.elements.empty());
    CHECK_FALSE(m.byte_order_mark);
    const auto json = RecordJson::parse(m.text);
    CHECK(json["sequence"] == 7);
    CHECK(json.contains("shortened") == (limit < 100'000));
    if (limit == 100'000) CHECK(json["varbinds"].size() == 60);
  }
}

TEST_CASE("trapd's own conditions have trapd as their origin") {
  SampleRecord sample;
  sample.header().kind = alarm::Kind::kOwn;
  sample.set(Field::kRule, "").set(Field::kAlarmName, "trapdDestinationDown");
  const Message5424 m = parsed(sample);
  CHECK(m.element("origin")->get("software") == "trapd");
  CHECK_FALSE(m.element("origin")->get("ip").has_value());
  CHECK(m.element("alarm") != nullptr);
}

TEST_CASE("header fields are printable ASCII within their bounds") {
  CHECK(header_field("", 32) == "-");
  CHECK(header_field("a b\n\xc3\xa9", 32) == "a_b___");
  CHECK(header_field(std::string(40, 'x'), 32).size() == 32);
}
