// SPDX-License-Identifier: Apache-2.0
// Against a real SMTP server.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "forwarders/mail/mail_forwarder.h"
#include "forwarders/record_text.h"
#include "tests/unit/forwarders_mail/made_record.h"
#include "tests/unit/forwarders_mail/mail_server.h"
#include "tests/unit/forwarders_mail/sender.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::mail;

namespace {

void starttls(MailSettings& settings) { settings.tls = MailSettings::Tls::kStartTls; }
std::vector<std::string> offering_starttls(const test::Issued& certificate) {
  return {"--starttls", certificate.certificate_file, certificate.key_file};
}

/// Nothing of a mail or a login may have been said.
void check_nothing_sent(MailServer& server, const Sender::Change& change,
                        const std::string& reason) {
  Sender sender(server.port(), change);
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until([&] { return sender->failed_count() >= 2; }));
  CHECK_FALSE(sender->health().up);
  CHECK_MESSAGE(sender->health().detail.find(reason) != std::string::npos, sender->health().detail);
  CHECK(sender->under_way() == 1);
  CHECK(sender->take_dead_letters().empty());
  CHECK(server.mails().empty());
  CHECK(server.commands().find("MAIL") == std::string::npos);
  CHECK(server.commands().find("AUTH") == std::string::npos);
}

/// Only tags of ours, nothing that a mail program would fetch, and the text as it was sent.
void check_harmless_page(const nlohmann::json& page, const std::string& said) {
  for (const auto& tag : page["tags"]) {
    const std::string whole = tag.get<std::string>();
    const std::string name = whole.substr(0, whole.find(' '));
    const std::vector<std::string> ours = {"html", "head", "meta", "title", "body", "p",  "br",
                                           "h2",   "div",  "b",    "table", "tr",   "th", "td"};
    CHECK_MESSAGE(std::find(ours.begin(), ours.end(), name) != ours.end(), whole);
    for (const char* harm : {"src", "href", "url(", " on", "http"}) {
      CHECK_MESSAGE(whole.substr(name.size()).find(harm) == std::string::npos, whole);
    }
  }
  const std::string text = page["text"].get<std::string>();
  CHECK_MESSAGE(text.find("\r\n" + said + "\r\n") != std::string::npos, text);
}

}  // namespace

TEST_CASE("a record arrives as a mail that a mail program understands") {
  MailServer server({});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  record.set(alarm::Field::kText, "link 3 is down, 链路断开 🔥");
  record.header().severity = alarm::Severity::kCritical;
  sender.offer(record, 5);
  REQUIRE(sender.until_delivered(5));
  CHECK(sender->health().up);
  CHECK(sender->delivered_count() == 1);
  CHECK(sender->under_way() == 0);
  REQUIRE(server.mails().size() == 1);
  const nlohmann::json mail = server.mails()[0];
  CHECK(mail["from"] == "trapd@example.net");
  CHECK(mail["recipients"] == nlohmann::json::array({"duty@example.net"}));
  CHECK(mail["helo"] == "gw.example.net");
  CHECK(mail["subject"] == "[critical] linkDown on sbc-1, ifIndex=3: link 3 is down, 链路断开 🔥");
  CHECK(mail["text"].get<std::string>().find("  text      link 3 is down, 链路断开 🔥\r\n") !=
        std::string::npos);
  CHECK(mail["defects"].empty());
  CHECK(mail["longest_line"].get<int>() <= 78);
  CHECK(header(mail, "From") == "\"trapd on gw.example.net\" <trapd@example.net>");
  CHECK(header(mail, "To") == "duty@example.net");
  CHECK(header(mail, "Auto-Submitted") == "auto-generated");
  CHECK(header(mail, "Importance") == "high");
  CHECK(header(mail, "Date").ends_with("+0000"));
}

TEST_CASE("no field of a record injects a header, a command or the end of the message") {
  const std::string evil = octets(
      "x\r\nBcc: a@b\r\n\r\n.\r\nRCPT TO:<evil@x>\r\n\0=?utf-8?q?y?=\r\n--=_trapd\r\n"
      "<script src=\"//x\">'</td></table><!-- & &lt; -->\xff\x1b[0m<img src=x>");
  MailServer server({});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  for (const alarm::Field field :
       {alarm::Field::kDeviceName, alarm::Field::kAlarmName, alarm::Field::kResource,
        alarm::Field::kText, alarm::Field::kSite, alarm::Field::kTenant,
        alarm::Field::kSecurityName, alarm::Field::kContextName, alarm::Field::kOperator,
        alarm::Field::kReason}) {
    record.set(field, evil);
  }
  record.set(alarm::Field::kLabels, "<b>=" + evil);
  record.set_varbind_text(evil);
  sender.offer(record, 1);
  REQUIRE(sender.until_delivered(1));
  REQUIRE(server.mails().size() == 1);
  const nlohmann::json mail = server.mails()[0];
  CHECK(mail["recipients"] == nlohmann::json::array({"duty@example.net"}));
  CHECK(header(mail, "Bcc").empty());
  CHECK(mail["headers"].size() == 9);
  CHECK(mail["parts"] ==
        nlohmann::json::array({"multipart/alternative", "text/plain", "text/html"}));
  CHECK(mail["defects"].empty());
  CHECK(mail["longest_line"].get<int>() <= 78);
  check_harmless_page(mail["html"], clean(evil));
  CHECK(mail["text"].get<std::string>().ends_with(
      "-- \r\ntrapd on gw.example.net, destination duty-mail\r\n"));
  CHECK(server.commands() ==
        "EHLO gw.example.net\nMAIL trapd@example.net\nRCPT duty@example.net\nDATA\n");
}

TEST_CASE("records of one window are one mail, and flush() does not wait for its end") {
  MailServer server({});
  Sender sender(server.port(), [](MailSettings& s) {
    s.digest_window = std::chrono::hours(1);
    s.digest_max = 3;
  });
  MadeRecord record;
  for (std::uint64_t i = 1; i <= 5; ++i) sender.offer(record, i);
  REQUIRE(sender.until_delivered(3));
  CHECK(sender->under_way() == 2);
  CHECK(sender->delivered_through() == 3);
  sender->flush();
  REQUIRE(sender.until_delivered(5));
  REQUIRE(server.mails().size() == 2);
  CHECK(server.mails()[0]["subject"] == "[major] 3 notifications: 3 major");
  CHECK(server.mails()[1]["subject"] == "[major] 2 notifications: 2 major");
}

TEST_CASE("several mails go over one connection") {
  MailServer server({});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  for (std::uint64_t i = 1; i <= 20; ++i) sender.offer(record, i);
  REQUIRE(sender.until_delivered(20));
  CHECK(server.mails().size() == 20);
  const std::string commands = server.commands();
  CHECK(commands.find("EHLO", 1) == std::string::npos);
}

TEST_CASE("STARTTLS and a login, with the certificate for the name") {
  auto options = offering_starttls(localhost_certificate());
  options.insert(options.end(), {"--auth", "trapd:geheim"});
  MailServer server(options);
  Sender sender(server.port(), [](MailSettings& s) {
    starttls(s);
    s.user = "trapd";
    s.password = std::make_shared<const Secret>(as_bytes("geheim"));
  });
  MadeRecord record;
  sender.offer(record, 1);
  REQUIRE(sender.until_delivered(1));
  CHECK(server.mails()[0]["tls"] == true);
  CHECK(server.mails()[0]["user"] == "trapd");
  CHECK(sender->health().detail.find("TLSv1.3") != std::string::npos);
}

TEST_CASE("TLS from the first octet, with a client certificate") {
  const test::Issued client = certificates().from_ca("client", "DNS:gw.example.net");
  MailServer server({"--tls", localhost_certificate().certificate_file,
                     localhost_certificate().key_file, "--client-ca",
                     certificates().ca().certificate_file});
  Sender sender(server.port(), [&](MailSettings& s) {
    s.tls = MailSettings::Tls::kImplicit;
    s.tls_settings.certificate_file = client.certificate_file;
    s.tls_settings.key_file = client.key_file;
  });
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until_delivered(1));
  CHECK(server.mails().size() == 1);
}

TEST_CASE("a server without STARTTLS gets nothing") {
  MailServer server({});
  check_nothing_sent(server, starttls, "TLS is required, and the server does not start it");
}

TEST_CASE("STARTTLS that is refused, and octets behind its 220, get nothing") {
  auto options = offering_starttls(localhost_certificate());
  options.insert(options.end(), {"--reply", "starttls=454 4.7.0 not now"});
  MailServer refusing(options);
  check_nothing_sent(refusing, starttls, "454");
  options.back() = "starttls=220 go on\\n250 injected";
  MailServer injecting(options);
  check_nothing_sent(injecting, starttls, "localhost");
}

TEST_CASE("a certificate for another name gets nothing") {
  const test::Issued other = certificates().from_ca("other", "DNS:other.example.net");
  MailServer server(offering_starttls(other));
  check_nothing_sent(server, starttls, "ertificate");
  MailServer implicit({"--tls", other.certificate_file, other.key_file});
  check_nothing_sent(
      implicit, [](MailSettings& s) { s.tls = MailSettings::Tls::kImplicit; }, "ertificate");
  Sender sender(server.port(), [](MailSettings& s) {
    starttls(s);
    s.tls_settings.server_name = "other.example.net";
  });
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until_delivered(1));
}

TEST_CASE("a certificate nobody vouches for, or out of date, gets nothing") {
  const test::Issued alone = certificates().self_signed("alone", "DNS:localhost");
  MailServer untrusted(offering_starttls(alone));
  check_nothing_sent(untrusted, starttls, "ertificate");
  const test::Issued old = certificates().from_ca("old", "DNS:localhost", -7200, -3600);
  MailServer expired(offering_starttls(old));
  check_nothing_sent(expired, starttls, "expired");
}

TEST_CASE("the certificate may be known by its fingerprint") {
  const test::Issued alone = certificates().self_signed("pinned", "DNS:whatever");
  MailServer server(offering_starttls(alone));
  const auto pinned = [](const std::string& fingerprint) {
    return [fingerprint](MailSettings& s) {
      starttls(s);
      s.tls_settings.verify = TlsVerify::kFingerprint;
      s.tls_settings.fingerprint = fingerprint;
    };
  };
  check_nothing_sent(server, pinned(localhost_certificate().fingerprint()), "has the fingerprint");
  Sender sender(server.port(), pinned(alone.fingerprint()));
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until_delivered(1));
}

TEST_CASE("the certificate may be for the address") {
  const test::Issued by_address = certificates().from_ca("address", "IP:127.0.0.1");
  const auto by_ip = [](MailSettings& s) {
    starttls(s);
    s.tls_settings.verify = TlsVerify::kIp;
  };
  MailServer server(offering_starttls(by_address));
  Sender sender(server.port(), by_ip);  // to localhost: also the other address is tried
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until_delivered(1));
  MailServer named(offering_starttls(localhost_certificate()));
  check_nothing_sent(named, by_ip, "localhost");
}

TEST_CASE("a refused login is tried again and loses nothing") {
  auto options = offering_starttls(localhost_certificate());
  options.insert(options.end(), {"--auth", "trapd:geheim"});
  MailServer server(options);
  Sender sender(server.port(), [](MailSettings& s) {
    starttls(s);
    s.user = "trapd";
    s.password = std::make_shared<const Secret>(as_bytes("falsch"));
  });
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until([&] { return sender->failed_count() >= 2; }));
  CHECK(sender->health().detail.find("login of trapd is refused") != std::string::npos);
  CHECK(sender->health().detail.find("falsch") == std::string::npos);
  CHECK(sender->take_dead_letters().empty());
  // None offered: not without it either.
  MailServer open(offering_starttls(localhost_certificate()));
  Sender other(open.port(), [](MailSettings& s) {
    starttls(s);
    s.user = "trapd";
  });
  other.offer(record, 1);
  CHECK(other.until([&] { return other->failed_count() >= 1; }));
  CHECK(other->health().detail.find("offers no login") != std::string::npos);
  CHECK(open.commands().find("MAIL") == std::string::npos);
}

TEST_CASE("a mail that is put off comes later, as the same mail") {
  MailServer server({"--reply", "end#2=451 4.7.1 greylisted", "--reply", "mail#1=421 4.3.2 later"});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  sender.offer(record, 1);
  sender.offer(record, 2);
  REQUIRE(sender.until_delivered(2));
  REQUIRE(server.mails().size() == 2);
  CHECK(sender->failed_count() >= 3);
  CHECK(header(server.mails()[0], "Message-ID").starts_with("<1-1."));
  CHECK(header(server.mails()[1], "Message-ID").starts_with("<2-2."));
}

TEST_CASE("a connection that closes in the middle of the message delivers once it works") {
  MailServer server({"--reply", "data#2=close"});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  sender.offer(record, 1);
  REQUIRE(sender.until([&] { return sender->failed_count() >= 1; }));
  CHECK(sender->delivered_through() == 0);
  REQUIRE(sender.until_delivered(1));
  CHECK(server.mails().size() == 1);
}

TEST_CASE("a recipient that is refused does not keep it from the others") {
  MailServer server({"--reply", "rcpt:gone@example.net=550 5.1.1 no such user", "--reply",
                     "rcpt:full@example.net#1=552 5.2.2 mailbox full"});
  Sender sender(server.port(), [](MailSettings& s) {
    s.recipients = {"gone@example.net", "duty@example.net", "full@example.net"};
  });
  MadeRecord record;
  sender.offer(record, 1);
  REQUIRE(sender.until([&] { return server.mails().size() == 1; }));
  CHECK(server.mails()[0]["recipients"] == nlohmann::json::array({"duty@example.net"}));
  CHECK(sender->delivered_through() == 0);
  REQUIRE(sender.until_delivered(1));
  CHECK(server.mails()[1]["recipients"] == nlohmann::json::array({"full@example.net"}));
  CHECK(header(server.mails()[0], "Message-ID") == header(server.mails()[1], "Message-ID"));
  CHECK(sender->health().up);
  CHECK(sender->health().detail.find("not for gone@example.net: 550 5.1.1") != std::string::npos);
  CHECK(sender->take_dead_letters().empty());
}

TEST_CASE("what the server refuses for good becomes a dead letter and blocks nothing") {
  for (const char* rule : {"end#1=552 5.3.4 too big", "mail#1=552 5.3.4 too big",
                           "rcpt#1=550 5.1.1 no such user", "data#1=554 5.5.1 no"}) {
    MailServer server({"--reply", rule});
    Sender sender(server.port(), nullptr);
    MadeRecord record;
    sender.offer(record, 1);
    REQUIRE(sender.until_delivered(1));
    CHECK_FALSE(sender->health().up);
    const std::vector<DeadLetter> dead = sender->take_dead_letters();
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].sequence == 1);
    const std::string answer(std::string(rule).substr(std::string(rule).find('=') + 1));
    CHECK(dead[0].reason == "duty@example.net: " + answer);
    sender.offer(record, 2);
    REQUIRE(sender.until_delivered(2));
    CHECK(sender->delivered_count() == 1);
    CHECK(sender->health().up);
  }
}

TEST_CASE("a sender that is refused costs no record: the destination is down until it is taken") {
  MailServer server({"--reply", "mail#1=550 5.7.1 not you"});
  Sender sender(server.port(), nullptr);
  MadeRecord record;
  sender.offer(record, 1);
  REQUIRE(sender.until([&] { return sender->failed_count() >= 1; }));
  CHECK_FALSE(sender->health().up);
  CHECK(sender->health().detail.find("reply to MAIL FROM:<") != std::string::npos);
  CHECK(sender->health().detail.find(">: 550 5.7.1 not you") != std::string::npos);
  REQUIRE(sender.until_delivered(1));
  CHECK(sender->take_dead_letters().empty());
  CHECK(server.mails().size() == 1);
  CHECK(sender->health().up);
}

TEST_CASE("250 recipients get one mail in three transactions") {
  MailServer server({});
  Sender sender(server.port(), [](MailSettings& s) {
    s.recipients.clear();
    for (int i = 0; i < 250; ++i) s.recipients.push_back("r" + std::to_string(i) + "@example.net");
  });
  MadeRecord record;
  sender.offer(record, 1);
  REQUIRE(sender.until_delivered(1));
  const std::vector<nlohmann::json> mails = server.mails();
  REQUIRE(mails.size() == 3);
  CHECK(mails[0]["recipients"].size() == 100);
  CHECK(mails[2]["recipients"].size() == 50);
  CHECK(mails[2]["recipients"][49] == "r249@example.net");
}

TEST_CASE("a server that stalls holds up nobody and is given up in time") {
  MailServer server({"--reply", "end#1=stall"});
  MailForwarder::Options options = quick();
  options.reply_ns = 500 * kNsPerMs;
  Sender sender(server.port(), nullptr, options);
  MadeRecord record;
  sender.offer(record, 1);
  std::int64_t longest_ns = 0;
  CHECK(soon([&] {
    const std::int64_t before = sender.clock().monotonic_ns();
    sender->run(sender.wakeup(), before + 10 * kNsPerMs);
    longest_ns = std::max(longest_ns, sender.clock().monotonic_ns() - before);
    return sender->failed_count() > 0;
  }));
  CHECK(longest_ns < 400 * kNsPerMs);
  CHECK(sender->health().detail.find("no reply to the message in time") != std::string::npos);
  CHECK(sender.until_delivered(1));
}

TEST_CASE("a server that accepts the connection and says nothing is given up in time") {
  const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(listener.get(), 5) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &length) == 0);
  MailForwarder::Options options = quick();
  options.connection.ready_ns = 200 * kNsPerMs;
  Sender sender(ntohs(at.sin_port), nullptr, options);
  MadeRecord record;
  sender.offer(record, 1);
  CHECK(sender.until([&] { return sender->failed_count() > 0; }));
  CHECK(sender->under_way() == 1);
}

TEST_CASE("a server that is away costs no record, and offers end at the bound") {
  MailForwarder::Options options = quick();
  options.lookup = [](const std::string&, std::uint16_t) -> Result<net::Addresses> {
    return failure("cannot resolve localhost");
  };
  Sender sender(2525, nullptr, options);
  MadeRecord record;
  std::uint64_t offered = 0;
  for (; offered < 1000; ++offered) {
    const Item item = record.item(offered + 1);
    if (sender->offer({&item, 1}) == 0) break;
  }
  CHECK(offered == Outbox::kMailsMax + 1);
  CHECK(sender.until([&] { return sender->failed_count() > 1; }));
  CHECK(sender->health().detail.find("cannot resolve localhost") != std::string::npos);
  CHECK(sender->under_way() == offered);
}

TEST_CASE("run() returns when it is woken") {
  Sender sender(2525, nullptr);
  sender.wakeup().notify();
  const std::int64_t before = sender.clock().monotonic_ns();
  sender->run(sender.wakeup(), before + 60 * kNsPerSecond);
  CHECK(sender.clock().monotonic_ns() - before < 10 * kNsPerSecond);
}

TEST_CASE("refused settings send nothing and say why") {
  Sender sender(2525, [](MailSettings& s) { s.recipients = {"a@b\r\nDATA"}; });
  MadeRecord record;
  const Item item = record.item(1);
  CHECK(sender->offer({&item, 1}) == 0);
  sender->run(sender.wakeup(), 0);
  CHECK_FALSE(sender->health().up);
  CHECK(sender->health().detail.starts_with("recipients"));
}
