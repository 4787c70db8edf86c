// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/entry.h"

#include <doctest/doctest.h>

#include "forwarders/mail/digest.h"
#include "forwarders/mail/digest_groups.h"
#include "forwarders/mail/digest_text.h"
#include "forwarders/mail/mail_settings.h"
#include "forwarders/record_text.h"
#include "tests/unit/forwarders_mail/made_record.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::mail;

namespace {

Entry rendered(MadeRecord& record, const MailSettings& settings = {}) {
  const VirtualClock clock;
  EntryRenderer renderer(settings, context(clock));
  return renderer.render(record.item(7));
}

Entry entry(std::uint64_t sequence, alarm::Severity severity) {
  return {sequence, static_cast<std::int64_t>(sequence) * kNsPerSecond, severity,
          "subject " + std::to_string(sequence), "text " + std::to_string(sequence) + "\n"};
}

MailSettings good_settings() {
  MailSettings settings;
  settings.peer = {"mail.example.net", 25};
  settings.from = "trapd@example.net";
  settings.recipients = {"duty@example.net"};
  return settings;
}

}  // namespace

TEST_CASE("a mail of one record says what happened in its subject") {
  MadeRecord record;
  CHECK(rendered(record).subject == "[major] linkDown on sbc-1, ifIndex=3: link 3 is down");
}

TEST_CASE("a block says all there is to know") {
  MadeRecord record;
  CHECK(rendered(record).text ==
        "[major] linkDown on sbc-1, ifIndex=3: link 3 is down\n"
        "  time      2023-11-14T22:13:20.300Z\n"
        "  device    sbc-1 (192.0.2.7), site tlv\n"
        "  alarm     linkDown, raise, alarm 17\n"
        "  resource  ifIndex=3\n"
        "  type      communicationsAlarm, other\n"
        "  text      link 3 is down\n"
        "  trap      1.3.6.1.6.3.1.1.5.3\n"
        "  received  SNMPv3 trap of user noc, authPriv\n"
        "  1.3.6.1.2.1.2.2.1.1.3 = 3\n");
}

TEST_CASE("a clear says cleared, whatever severity its rule has") {
  MadeRecord record;
  record.header().outcome = alarm::Outcome::kClear;
  const Entry made = rendered(record);
  CHECK(made.severity == alarm::Severity::kCleared);
  CHECK(made.subject.starts_with("[cleared] "));
}

TEST_CASE("the HTML says what the text says, and who wants none gets none") {
  MadeRecord record;
  record.set(alarm::Field::kLabels, "team=core\nport=eth0");
  const Entry made = rendered(record);
  for (const char* said :
       {"[major] linkDown on sbc-1, ifIndex=3: link 3 is down", "2023-11-14T22:13:20.300Z",
        "sbc-1 (192.0.2.7), site tlv", "linkDown, raise, alarm 17", "communicationsAlarm, other",
        "team=core, port=eth0", "1.3.6.1.6.3.1.1.5.3", "SNMPv3 trap of user noc, authPriv",
        "1.3.6.1.2.1.2.2.1.1.3"}) {
    CHECK(made.text.find(said) != std::string::npos);
    CHECK_MESSAGE(made.html.find(said) != std::string::npos, said);
  }
  MailSettings settings;
  settings.html = false;
  CHECK(rendered(record, settings).html.empty());
  settings = {};
  settings.body = "<b>{text}</b>\n{name}";
  CHECK(rendered(record, settings).html.find("&lt;b&gt;link 3 is down&lt;/b&gt;\nlinkDown\n") !=
        std::string::npos);
}

TEST_CASE("what is too much is left out of text and HTML alike, and said in both") {
  MadeRecord record;
  for (std::size_t i = 0; i < alarm::kFieldCount; ++i) {
    const auto field = static_cast<alarm::Field>(i);
    if (field == alarm::Field::kVarbinds) continue;
    record.set(field, std::string(1024, '\xff'));  // three octets each when it is clean
  }
  record.set_varbind_texts(std::string(2000, 'v'), 30);
  MailSettings ovoc;
  ovoc.format = MailSettings::Format::kOvoc;
  CHECK(rendered(record, ovoc).text.find("too long") == std::string::npos);
  const Entry made = rendered(record);
  CHECK(made.text.size() <= kEntryOctetsMax);
  CHECK(made.text.find("too long") == std::string::npos);
  const std::size_t at = made.text.rfind("  (");
  REQUIRE(at != std::string::npos);
  const std::string left_out = made.text.substr(at + 2, made.text.find(')', at) - at - 1);
  CHECK(left_out.ends_with(" more varbinds)"));
  CHECK(made.html.find(left_out) != std::string::npos);
}

TEST_CASE("what a record does not have is not mentioned") {
  MadeRecord record;
  record.set(alarm::Field::kResource, "");
  record.set(alarm::Field::kText, "");
  CHECK(rendered(record).subject == "[major] linkDown on sbc-1");
}

TEST_CASE("the owner's templates are used, in the words of OVOC for instance") {
  MadeRecord record;
  MailSettings settings;
  settings.subject = "New Alarm {name}, received from {device} with Severity {severity}";
  settings.body = "{time}\n{text}";
  const Entry made = rendered(record, settings);
  CHECK(made.subject == "New Alarm linkDown, received from sbc-1 with Severity major");
  CHECK(made.text == "2023-11-14T22:13:20.300Z\nlink 3 is down\n");
}

TEST_CASE("OVOC's words, its fields always the same, those that are not known empty") {
  MadeRecord record;
  MailSettings settings;
  settings.format = MailSettings::Format::kOvoc;
  const Entry made = rendered(record, settings);
  CHECK(made.subject == "New Alarm linkDown, received from sbc-1 with Severity Major");
  CHECK(made.text ==
        "Title: Alarm linkDown, received from sbc-1, 192.0.2.7 with Severity Major\n"
        "Alarm Name: linkDown\n"
        "Severity: Major\n"
        "Source: ifIndex=3\n"
        "Description: link 3 is down\n"
        "Alarm Type: communicationsAlarm\n"
        "Probable Cause: other\n"
        "Additional Info 1:\n"
        "Additional Info 2:\n"
        "Additional Info 3:\n"
        "Unique ID:\n"
        "Trap OID: 1.3.6.1.6.3.1.1.5.3\n"
        "Date and Time: 2023-11-14T22:13:20.300Z\n"
        "Device Name: sbc-1\n"
        "IP Address: 192.0.2.7\n"
        "Device Description:\n"
        "Serial Number:\n"
        "Tenant:\n"
        "Site: tlv\n");
  CHECK(made.html.find(">Serial Number</th>\n<td style=\"word-break:break-word\"></td>") !=
        std::string::npos);
  record.header().outcome = alarm::Outcome::kClear;
  CHECK(rendered(record, settings).subject ==
        "New Alarm linkDown, received from sbc-1 with Severity Clear");
  record.header().outcome = alarm::Outcome::kEvent;
  CHECK(rendered(record, settings).subject ==
        "New Event linkDown, received from sbc-1 with Severity Major");
  record.set(alarm::Field::kLabels, "team=core");
  CHECK(rendered(record, settings).text.ends_with("Site: tlv\nLabels: team=core\n"));
  settings.subject = "{name}";
  CHECK(rendered(record, settings).subject == "linkDown");
  CHECK(rendered(record, settings).text.starts_with("Title: Event linkDown, "));
}

TEST_CASE("control characters in any field stay within their line") {
  const std::string evil = octets("x\r\nBcc: a@b\r\n.\r\n\0y\x1b[0m\xff");
  MadeRecord clean_record;
  const Entry expected = rendered(clean_record);
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  for (std::size_t i = 0; i < alarm::kFieldCount; ++i) {
    const auto field = static_cast<alarm::Field>(i);
    if (field == alarm::Field::kVarbinds || field == alarm::Field::kOperator) continue;
    MadeRecord record;
    record.set(field, evil);
    const Entry made = rendered(record);
    INFO("field " << i << ": " << made.text);
    CHECK(is_clean(as_bytes(made.subject)));
    CHECK(lines(made.text) <= lines(expected.text) + 1);  // a tenant is one row more at most
    CHECK(made.text.find('\r') == std::string::npos);
    CHECK(made.text.find("\n.\n") == std::string::npos);
  }
  MadeRecord record;
  record.set_varbind_text(evil);
  const Entry made = rendered(record);
  CHECK(lines(made.text) == lines(expected.text));
  CHECK(made.text.find('\r') == std::string::npos);
}

TEST_CASE("a value of 64 KiB is cut, and a template cannot make a line feed in a subject") {
  MadeRecord record;
  record.set_varbind_text(std::string(60'000, 'v'));
  CHECK(rendered(record).text.size() < 4000);
  MailSettings settings;
  settings.subject = "a\r\nBcc: x@y{name}\xff";
  CHECK(is_clean(as_bytes(rendered(record, settings).subject)));
  settings.subject = std::string(500, 'a') + "链";
  CHECK(rendered(record, settings).subject.size() <= kSubjectOctetsMax);
  settings.body = std::string(40'000, 'b');
  CHECK(rendered(record, settings).text.size() <= kEntryOctetsMax + 1);
}

TEST_CASE("a digest is due when its window has passed since the first entry") {
  Digest digest(60 * kNsPerSecond, 200);
  CHECK_FALSE(digest.due(kNsPerSecond * 1000));
  digest.add(entry(1, alarm::Severity::kMajor), 100 * kNsPerSecond);
  digest.add(entry(2, alarm::Severity::kMajor), 150 * kNsPerSecond);
  CHECK(digest.due_ns() == 160 * kNsPerSecond);
  CHECK_FALSE(digest.due(160 * kNsPerSecond - 1));
  CHECK(digest.due(160 * kNsPerSecond));
  CHECK(digest.take().size() == 2);
  CHECK_FALSE(digest.due(1000 * kNsPerSecond));
}

TEST_CASE("a digest is due at once when it is full, by count or by octets") {
  Digest by_count(60 * kNsPerSecond, 2);
  by_count.add(entry(1, alarm::Severity::kMajor), 0);
  CHECK_FALSE(by_count.due(0));
  by_count.add(entry(2, alarm::Severity::kMajor), 0);
  CHECK(by_count.due(0));
  Digest by_octets(60 * kNsPerSecond, 1000);
  Entry large = entry(1, alarm::Severity::kMajor);
  large.text.assign(Digest::kOctetsMax, 'x');
  by_octets.add(large, 0);
  CHECK(by_octets.due(0));
  Digest by_html(60 * kNsPerSecond, 1000);
  large.text = "x";
  large.html.assign(Digest::kOctetsMax, 'x');
  by_html.add(large, 0);
  CHECK(by_html.due(0));
  Digest each(0, 200);
  each.add(entry(1, alarm::Severity::kMajor), 0);
  CHECK(each.full());
}

TEST_CASE("the subject of a digest counts, worst first") {
  const std::vector<Entry> entries = {
      entry(1, alarm::Severity::kCleared), entry(2, alarm::Severity::kMajor),
      entry(3, alarm::Severity::kCritical), entry(4, alarm::Severity::kCleared)};
  CHECK(digest_subject(entries, false) ==
        "[critical] 4 notifications: 1 critical, 1 major, 2 cleared");
  CHECK(digest_subject(entries, true) == "subject 3 (and 3 more)");
  CHECK(worst(entries) == alarm::Severity::kCritical);
}

TEST_CASE("a digest is by device, the one with the worst first, and there the worst first") {
  std::vector<Entry> entries = {
      entry(1, alarm::Severity::kCleared), entry(2, alarm::Severity::kMajor),
      entry(3, alarm::Severity::kCritical), entry(4, alarm::Severity::kCleared),
      entry(5, alarm::Severity::kMajor)};
  for (Entry& one : entries) {
    one.identity = one.sequence == 3 ? "b" : "a";
    one.device = one.sequence == 3 ? "sbc-2 (192.0.2.8)" : "sbc-1 (192.0.2.7)";
  }
  CHECK(digest_body(entries, "trapd on gw") ==
        "5 notifications: 1 critical, 2 major, 2 cleared\n"
        "1970-01-01T00:00:01Z to 1970-01-01T00:00:05Z\n\n"
        "== sbc-2 (192.0.2.8): 1 critical\n\n"
        "text 3\n\n"
        "== sbc-1 (192.0.2.7): 2 major, 2 cleared\n\n"
        "text 2\n\ntext 5\n\ntext 1\n\ntext 4\n\n-- \ntrapd on gw\n");
}

TEST_CASE("devices behind one address are two groups, one that changes its address is one") {
  std::vector<Entry> entries = {entry(1, alarm::Severity::kMajor),
                                entry(2, alarm::Severity::kMajor),
                                entry(3, alarm::Severity::kMajor)};
  entries[0].identity = entries[2].identity = "a";
  entries[1].identity = "b";
  entries[0].device = entries[1].device = "192.0.2.7";
  entries[2].device = "192.0.2.9";
  const auto groups = grouped(entries);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].entries == std::vector<const Entry*>{&entries[0], &entries[2]});
  CHECK(groups[1].entries == std::vector<const Entry*>{&entries[1]});
}

TEST_CASE("a Message-ID is the same for the same records, and for no others") {
  const std::vector<Entry> one = {entry(1, alarm::Severity::kMajor)};
  const std::vector<Entry> two = {entry(1, alarm::Severity::kMajor),
                                  entry(2, alarm::Severity::kMajor)};
  std::vector<Entry> later = one;  // a store that began anew
  later[0].received_wall_ns += 1;
  const std::string id = message_id(one, "duty 80", "example.net");
  CHECK(id == message_id(one, "duty 80", "example.net"));
  CHECK(id != message_id(two, "duty 80", "example.net"));
  CHECK(id != message_id(one, "other 80", "example.net"));
  CHECK(id != message_id(later, "duty 80", "example.net"));
  CHECK(id.ends_with("@example.net"));
}

TEST_CASE("settings that could send what they must not are refused in words") {
  CHECK(check_mail_settings(good_settings()));
  const auto refused = [](auto change) {
    MailSettings settings = good_settings();
    change(settings);
    const Status status = check_mail_settings(settings);
    CHECK_FALSE(status);
    return status ? std::string() : status.error().text;
  };
  CHECK(refused([](MailSettings& s) { s.recipients = {"a@b\r\nDATA"}; }).starts_with("recipients"));
  CHECK(refused([](MailSettings& s) { s.recipients.clear(); }) == "recipients: none");
  CHECK(refused([](MailSettings& s) { s.from = "x"; }).starts_with("from"));
  CHECK(refused([](MailSettings& s) { s.subject = "{nme}"; }).starts_with("subject"));
  CHECK(refused([](MailSettings& s) { s.body = "{"; }).starts_with("body"));
  CHECK(refused([](MailSettings& s) { s.peer.host = "a/b"; }).starts_with("to"));
  CHECK(refused([](MailSettings& s) {
          s.tls = MailSettings::Tls::kOff;
          s.user = "trapd";
        }) == "login: refused without TLS");
  refused([](MailSettings& s) { s.tls_settings.verify = TlsVerify::kFingerprint; });
  refused([](MailSettings& s) { s.tls_settings.server_name = "a b"; });
  refused([](MailSettings& s) {
    s.tls_settings.verify = TlsVerify::kIp;
    s.tls_settings.server_name = "mail.example.net";
  });
}
