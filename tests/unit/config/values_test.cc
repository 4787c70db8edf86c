// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_directory.h"
#include "trapd/usm/keys.h"

namespace trapd::config {
namespace {

using forwarders::MailSettings;
using forwarders::SnmpSettings;
using forwarders::SyslogSettings;

Config load_good(const ConfigDirectory& directory, const std::string& text) {
  auto loaded = directory.load(text);
  if (!loaded) FAIL(loaded.error().lines.front());
  return std::move(*loaded);
}

TEST_CASE("an empty file gives the defaults, which are those of the types") {
  const ConfigDirectory directory;
  const Config config = load_good(directory, "rules: []\n");
  StartConfig expected;
  expected.listeners = config.start.listeners;
  expected.workers = config.start.workers;
  expected.metrics = Endpoint::parse("127.0.0.1:9163");
  CHECK(config.start == expected);
  REQUIRE(config.start.listeners.size() == 4);
  CHECK(config.start.listeners[3].text == "[::]:1161");
  CHECK(config.start.workers >= 1);
  CHECK(config.start.workers <= 8);
  const usm::Policy policy = usm::default_policy();
  CHECK(config.live.policy.level == policy.level);
  CHECK(config.live.policy.auth_allowed == policy.auth_allowed);
  CHECK(config.live.policy.priv_allowed == policy.priv_allowed);
  CHECK(config.live.refused_per_source == 200);
  CHECK(config.live.per_engine == 10'000);
  CHECK(config.live.correlation.flapping == alarm::FlappingLimits{});
  CHECK(!config.live.correlation.suppression);
  CHECK(config.live.mib_modules.empty());
  CHECK(config.live.destinations.empty());
  CHECK(config.warnings.empty());
}

TEST_CASE("start settings are taken with their units") {
  const ConfigDirectory directory;
  const Config config =
      load_good(directory,
                "rules: []\n"
                "process: {user: noc}\n"
                "engine: {id: 80:00:1f:88:05:01}\n"
                "store: {directory: state, max_size: 1GiB, commit_delay: 3ms}\n"
                "listen:\n"
                "  - {udp: \"192.0.2.1:1162\", receive_buffer: 128KiB,\n"
                "     allow: [10.0.0.0/8], deny: [10.9.0.0/16, \"2001:db8::/32\"]}\n"
                "workers: 2\n"
                "limits: {engines: 5, alarms: 6, duplicates: 7000}\n"
                "metrics: {listen: off}\n");
  const StartConfig& start = config.start;
  CHECK(start.user == "noc");
  CHECK(to_hex(start.engine_id) == "80001f880501");
  CHECK(start.store_directory == directory.file("state"));
  CHECK(start.store_max_size_bytes == 1ULL << 30);
  CHECK(start.commit_delay.count() == 3);
  REQUIRE(start.listeners.size() == 1);
  CHECK(start.listeners[0].udp == *Endpoint::parse("192.0.2.1:1162"));
  CHECK(start.listeners[0].receive_buffer_bytes == 128 * 1024);
  CHECK(start.listeners[0].allow.size() == 1);
  CHECK(start.listeners[0].deny.size() == 2);
  CHECK(start.workers == 2);
  CHECK(start.engines_max == 5);
  CHECK(start.alarms_max == 6);
  CHECK(start.duplicates_max == 7000);
  CHECK(!start.metrics);
}

TEST_CASE("flapping and suppression have limits, or are off") {
  const ConfigDirectory directory;
  const Config config = load_good(directory,
                                  "rules: []\n"
                                  "alarms: {flapping: {changes: 9, hold: 5m},\n"
                                  "         suppression: {threshold: 7}}\n");
  const alarm::Correlation& correlation = config.live.correlation;
  REQUIRE(correlation.flapping);
  CHECK(correlation.flapping->changes == 9);
  CHECK(correlation.flapping->within_ns == 60'000'000'000);
  CHECK(correlation.flapping->hold_ns == 300'000'000'000);
  REQUIRE(correlation.suppression);
  CHECK(correlation.suppression->threshold == 7);
  CHECK(correlation.suppression->interval_ns == 60'000'000'000);
  const Config off = load_good(directory, "rules: []\nalarms: {flapping: off, suppression: off}\n");
  CHECK(!off.live.correlation.flapping);
  CHECK(!off.live.correlation.suppression);
}

TEST_CASE("keys are derived from passphrases, or taken as they are") {
  const ConfigDirectory directory;
  const Config config =
      load_good(directory,
                "rules: []\n"
                "snmp_users:\n"
                "  - name: derived\n"
                "    auth: {protocol: SHA-1, passphrase: maplesyrup}\n"
                "    priv: {protocol: AES-128, passphrase: maplesyrup}\n"
                "  - name: localised\n"
                "    engines: [0x000000000000000000000002]\n"
                "    auth: {protocol: SHA-1, key: 0x6695febc9288e36282235fc7151f128497b38f3f}\n"
                "    priv: {protocol: AES-128, key: 0x6695febc9288e36282235fc7151f1284}\n");
  REQUIRE(config.live.users.size() == 2);
  const usm::User& derived = config.live.users[0];
  CHECK(to_hex(derived.auth_ku.expose()) == "9fb5cc0381497b3793528939ff788d5d79145211");
  CHECK(derived.for_any_engine());
  const usm::User& localised = config.live.users[1];
  const auto engine = *from_hex("000000000000000000000002");
  const usm::Key auth_derived = usm::localised_auth_key(derived, engine);
  const usm::Key auth_given = usm::localised_auth_key(localised, engine);
  const usm::Key priv_derived = usm::localised_priv_key(derived, engine);
  const usm::Key priv_given = usm::localised_priv_key(localised, engine);
  CHECK(equal(auth_derived.expose(), auth_given.expose()));
  CHECK(equal(priv_derived.expose(), priv_given.expose()));
  CHECK_NOTHROW(usm::UserTable(config.live.users));
}

TEST_CASE("what a user is for follows from who names it, unless it says so") {
  const ConfigDirectory directory;
  const std::string auth = ", auth: {protocol: SHA-1, passphrase: maplesyrup}}\n";
  const Config config =
      load_good(directory, "rules: []\nsnmp_users:\n  - {name: in" + auth + "  - {name: out" +
                               auth + "  - {name: both, use: [receive, send]" + auth +
                               "  - {name: agent, use: [agent], priv: {protocol: AES-128, "
                               "passphrase: maplesyrup}" +
                               auth +
                               "destinations:\n"
                               "  - {name: a, type: snmp, to: h, user: out}\n"
                               "  - {name: b, type: snmp, to: h, user: both}\n");
  const auto& users = config.live.users;
  CHECK((users[0].may_receive && !users[0].may_send && !users[0].may_use_agent));
  CHECK((!users[1].may_receive && users[1].may_send));
  CHECK((users[2].may_receive && users[2].may_send));
  CHECK((!users[3].may_receive && !users[3].may_send && users[3].may_use_agent));
  const auto& sender = std::get<SnmpSettings>(config.live.destinations[0].settings).user;
  REQUIRE(sender != nullptr);
  CHECK(sender->name == "out");
  CHECK(!sender->auth_ku.empty());
}

TEST_CASE("destinations of each kind are taken whole") {
  const ConfigDirectory directory;
  directory.write("ca.pem", "x");
  directory.write("k.pem", "x");
  const Config config =
      load_good(directory,
                "rules: []\n"
                "snmp_users: [{name: oss, auth: {protocol: SHA-256, passphrase: maplesyrup}}]\n"
                "destinations:\n"
                "  - name: s\n"
                "    type: syslog\n"
                "    to: tls://[2001:db8::1]\n"
                "    tls: {ca: ca.pem, certificate: ca.pem, key: k.pem, verify: ip}\n"
                "    format: ovoc\n"
                "    facility: 16\n"
                "    resend: 1MiB\n"
                "    send: changes\n"
                "    start: oldest\n"
                "    was: old\n"
                "    select: {severity: [critical, cleared], type: security, origin: own}\n"
                "  - name: m\n"
                "    type: mail\n"
                "    to: smtps://mail.example.net\n"
                "    login: {user: u, password: geheim99}\n"
                "    from: t@example.net\n"
                "    recipients: [a@example.net, b@example.net]\n"
                "    digest: {window: 5m, max: 9}\n"
                "    format: ovoc\n"
                "    html: off\n"
                "  - name: n\n"
                "    type: snmp\n"
                "    to: oss.example.net\n"
                "    source_port: 1190\n"
                "    user: oss\n"
                "    pdu: inform\n"
                "    format: original\n"
                "    heartbeat: 60s\n"
                "    timeout: 500ms\n"
                "    select:\n"
                "      - {prevent: {site: lab}}\n"
                "      - {allow: {}}\n");
  REQUIRE(config.live.destinations.size() == 3);
  const forwarders::Destination& first = config.live.destinations[0];
  CHECK(first.send == forwarders::Destination::Send::kChanges);
  CHECK(first.start == forwarders::Destination::Start::kOldest);
  CHECK(first.was == "old");
  REQUIRE(first.filter.entries.size() == 1);
  CHECK(first.filter.entries[0].match.severity->size() == 2);
  CHECK(first.filter.entries[0].match.type->size() == 5);
  CHECK(*first.filter.entries[0].match.own);
  const auto& syslog = std::get<SyslogSettings>(first.settings);
  CHECK(syslog.transport == SyslogSettings::Transport::kTls);
  CHECK(syslog.peer.host == "2001:db8::1");
  CHECK(syslog.peer.port == 6514);
  CHECK(syslog.tls.ca_file == directory.file("ca.pem"));
  CHECK(syslog.tls.key_file == directory.file("k.pem"));
  CHECK(syslog.tls.verify == forwarders::TlsVerify::kIp);
  CHECK(syslog.format == SyslogSettings::Format::kOvoc);
  CHECK(syslog.facility == 16);
  CHECK(syslog.resend_octets == 1 << 20);
  const auto& mail = std::get<MailSettings>(config.live.destinations[1].settings);
  CHECK(mail.tls == MailSettings::Tls::kImplicit);
  CHECK(mail.peer.port == 465);
  CHECK(as_text(mail.password->expose()) == "geheim99");
  CHECK(mail.recipients.size() == 2);
  CHECK(mail.digest_window.count() == 300);
  CHECK(mail.digest_max == 9);
  CHECK_FALSE(mail.html);
  CHECK(mail.format == MailSettings::Format::kOvoc);
  const forwarders::Destination& third = config.live.destinations[2];
  const auto& snmp = std::get<SnmpSettings>(third.settings);
  CHECK(snmp.peer.port == 162);
  CHECK(snmp.source_port_first == 1190);
  CHECK(snmp.source_port_last == 1190);
  CHECK(snmp.inform);
  CHECK(snmp.format == SnmpSettings::Format::kOriginal);
  CHECK(snmp.heartbeat.count() == 60);
  CHECK(snmp.timeout.count() == 500);
  REQUIRE(third.filter.entries.size() == 2);
  CHECK(!third.filter.entries[0].allow);
  CHECK(third.filter.entries[1].allow);
}

TEST_CASE("a key of select without a value means all, an empty list none, and a list those") {
  const ConfigDirectory directory;
  const std::string head =
      "rules: []\ndestinations: [{name: s, type: syslog, to: \"udp://h\", select: ";
  const auto filter = [&](const std::string& select) {
    const Config config = load_good(directory, head + select + "}]\n");
    REQUIRE(config.live.destinations.size() == 1);
    return config.live.destinations[0].filter;
  };
  for (const char* key : {"severity", "type", "name", "device", "site", "tenant", "source",
                          "resource", "time", "origin"}) {
    const auto made = filter("{" + std::string(key) + ": }");
    REQUIRE(made.entries.size() == 1);
    CHECK_MESSAGE(made.entries[0].match == forwarders::Match{}, key);
  }
  const auto none = filter("{site: [], source: [], time: []}").entries.at(0).match;
  CHECK(none.site.value().empty());
  CHECK(none.source.value().empty());
  CHECK(none.time.value().empty());
  const auto those = filter(
                         "{source: [192.0.2.0/24, \"2001:db8::/32\"], resource: \"Board#1/*\", "
                         "time: [22:00-06:00, mon-fri 08:00-18:00]}")
                         .entries.at(0)
                         .match;
  CHECK(those.source->size() == 2);
  CHECK(those.resource->at(0) == "Board#1/*");
  CHECK(those.time->at(0) == TimeSpan{0x7f, 22 * 60, 6 * 60});
  CHECK(those.time->at(1) == TimeSpan{0x3e, 8 * 60, 18 * 60});
  CHECK(filter("").entries.empty());
  CHECK(filter("{}").entries.empty());
  const auto nothing = filter("[]");
  REQUIRE(nothing.entries.size() == 1);
  CHECK_FALSE(nothing.entries[0].allow);
  CHECK(nothing.entries[0].match == forwarders::Match{});
}

TEST_CASE("devices, relays and communities are taken whole") {
  const ConfigDirectory directory;
  const Config config = load_good(
      directory,
      "rules: []\n"
      "security:\n"
      "  communities: [{name: open-sesame, label: old, from: [192.0.2.0/24]}, {name: other}]\n"
      "snmp_users: [{name: relay, auth: {protocol: SHA-1, passphrase: maplesyrup},\n"
      "              priv: {protocol: AES-128, passphrase: maplesyrup}}]\n"
      "devices:\n"
      "  - {name: sbc, engine: 0x8000138b0500000001, site: tlv, tenant: acme, keepalive: 90s}\n"
      "  - {name: ups, engine: 0x8000138b0500000002, address: 192.0.2.7, time_window: report}\n"
      "relays: [{from: 192.0.2.0/28, user: relay}]\n");
  REQUIRE(config.live.communities.size() == 2);
  CHECK(config.live.communities[0].name == "old");
  CHECK(as_text(config.live.communities[0].text->expose()) == "open-sesame");
  CHECK(config.live.communities[1].name == "community-2");
  REQUIRE(config.live.devices.size() == 2);
  CHECK(config.live.devices[0].keepalive.count() == 90);
  CHECK(config.live.devices[1].time_window == usm::TimeWindow::kReport);
  CHECK(config.live.devices[1].address->address_text() == "192.0.2.7");
  REQUIRE(config.live.relays.size() == 1);
  CHECK(config.live.relays[0].user == "relay");
}

TEST_CASE("what is tolerated is taken for all sources and for some") {
  using snmp::Deviation;
  using snmp::Deviations;
  const ConfigDirectory directory;
  const Config usual = load_good(directory, "rules: []\n");
  const Endpoint somebody = *Endpoint::parse_address("203.0.113.1");
  CHECK(usual.live.tolerances.of(somebody) == snmp::kUsualTolerance);
  const Config config =
      load_good(directory,
                "rules: []\n"
                "security:\n"
                "  tolerate: []\n"
                "  tolerances:\n"
                "    - {from: [192.0.2.7], tolerate: [old_types, empty_oids]}\n"
                "    - {from: [192.0.2.0/24, \"2001:db8::/32\"], tolerate: [trailing_octets]}\n");
  const snmp::Tolerances& tolerances = config.live.tolerances;
  const auto of = [&](const char* address) {
    return tolerances.of(*Endpoint::parse_address(address));
  };
  CHECK(of("203.0.113.1").none());
  CHECK(of("192.0.2.7") == Deviations(Deviation::kOldTypes, Deviation::kEmptyOids));
  CHECK(of("192.0.2.8") == Deviations(Deviation::kTrailingOctets));
  CHECK(of("2001:db8::1") == Deviations(Deviation::kTrailingOctets));
}

TEST_CASE("tolerances name 256 networks in all, and no more") {
  const ConfigDirectory directory;
  const auto with = [](int networks, const char* further) {
    std::string text = "rules: []\nsecurity:\n  tolerances:\n    - {from: [10.0.0.0";
    for (int i = 1; i < networks; ++i) text += ", 10.0.0." + std::to_string(i);
    return text + "], tolerate: []}\n" + further;
  };
  const char* further = "    - {from: [192.0.2.7], tolerate: [old_types]}\n";
  CHECK(load_good(directory, with(255, further)).live.tolerances.rules.size() == 2);
  CHECK(load_good(directory, with(256, "")).live.tolerances.rules.size() == 1);
  CHECK(directory.errors(with(256, further)) ==
        std::vector<std::string>{"t.yaml:5:7: error: tolerances: more than 256 networks in all; "
                                 "expected fewer and larger ones"});
}

TEST_CASE("exceptions in force are warned about by name, and never with the secret") {
  const ConfigDirectory directory;
  const auto warnings = directory.warnings(
      "rules: []\n"
      "process: {user: root}\n"
      "security:\n"
      "  level: noAuthNoPriv\n"
      "  auth: [MD5, SHA-1]\n"
      "  privacy: [DES, AES-128]\n"
      "  communities: [{name: geheim}]\n"
      "snmp_users:\n"
      "  - {name: a, auth: {protocol: MD5, passphrase: bertbert}}\n"
      "  - {name: b, auth: {protocol: SHA-512, passphrase: maplesyrup}}\n"
      "devices: [{name: d, engine: 0x8000138b05, time_window: off}]\n");
  const auto has = [&](const std::string& text) {
    for (const std::string& line : warnings) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  };
  CHECK(has("t.yaml:2:17: warning: process.user is root"));
  CHECK(has("t.yaml:4:10: warning: exception: security.level noAuthNoPriv"));
  CHECK(has("t.yaml:5:10: warning: exception: security.auth lets in MD5"));
  CHECK(has("t.yaml:6:13: warning: exception: security.privacy lets in DES"));
  CHECK(has("exception: security.communities lets in SNMPv1 and SNMPv2c as community-1 from any"));
  CHECK(has("exception: user a has authNoPriv"));
  CHECK(has("exception: user a has MD5"));
  CHECK(has("user a: the auth passphrase repeats 4 octets"));
  CHECK(has("user b has SHA-512, which security: does not allow; its messages will be refused"));
  CHECK(has("exception: device d is let in outside the time window"));
  CHECK(!has("geheim"));
  CHECK(!has("bertbert"));
}

TEST_CASE("a change of what is fixed at start is named as the user writes it") {
  const StartConfig before;
  StartConfig after;
  CHECK(changed_start_keys(before, after).empty());
  after.user = "x";
  after.engine_id = {1};
  after.store_directory = "y";
  after.store_max_size_bytes = 1;
  after.commit_delay = std::chrono::milliseconds(1);
  after.listeners.emplace_back();
  after.workers = 7;
  after.engines_max = 1;
  after.alarms_max = 1;
  after.duplicates_max = 1;
  after.metrics = Endpoint{};
  after.agent = Endpoint{};
  after.agent_answers = Endpoint{};
  CHECK(changed_start_keys(before, after) ==
        std::vector<std::string>{"process.user", "engine.id", "store.directory", "store.max_size",
                                 "store.commit_delay", "listen", "workers", "limits.engines",
                                 "limits.alarms", "limits.duplicates", "agent.listen",
                                 "agent.answer_from", "metrics.listen"});
}

}  // namespace
}  // namespace trapd::config
