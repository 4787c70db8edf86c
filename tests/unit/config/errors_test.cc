// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_directory.h"

namespace trapd::config {
namespace {

struct Case {
  const char* yaml;
  const char* error;  // behind "t.yaml:"
};

void check_one_error(const Case& c) {
  INFO(std::string(c.yaml));
  const ConfigDirectory directory;
  const auto errors = directory.errors(std::string("rules: []\n") + c.yaml);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == std::string("t.yaml:") + c.error);
}

constexpr Case kKeys[] = {
    {"lisen: []\n", "2:1: error: unknown key \"lisen\" in the configuration; did you mean listen?"},
    {"store: {directory: x, colour: red}\n",
     "2:23: error: unknown key \"colour\" in store; expected one of directory, max_size, "
     "commit_delay, key_cache"},
    {"workers: 1\nworkers: 2\n",
     "3:1: error: \"workers\" stands twice; first at line 2, expected once"},
    {"store: 5\n", "2:8: error: store: expected a mapping of keys, found text"},
    {"listen: {udp: \"0.0.0.0:162\"}\n", "2:9: error: listen: expected a list, found a mapping"},
    {"listen:\n  - {receive_buffer: 1MiB}\n",
     "3:5: error: a listener lacks the key udp; expected ADDRESS:PORT like \"0.0.0.0:162\" or "
     "\"[::]:162\""},
};

constexpr Case kValues[] = {
    {"workers: 9\n",
     "2:10: error: workers: expected auto or a whole number from 1 to 8, found \"9\""},
    {"workers: [1]\n",
     "2:10: error: workers: expected auto or a whole number from 1 to 8, found a list"},
    {"store: {max_size: 8GB}\n",
     "2:19: error: max_size: expected a size from 16MiB to 16TiB, found \"8GB\""},
    {"store: {max_size: 1MiB}\n",
     "2:19: error: max_size: expected a size from 16MiB to 16TiB, found \"1MiB\""},
    {"store: {commit_delay: 5}\n",
     "2:23: error: commit_delay: expected a duration from 0ms to 1s, found \"5\""},
    {"rate: {per_engine: 5}\n",
     "2:20: error: per_engine: expected a rate like 200/s, from 1/s to 10000000/s, or off, found "
     "\"5\""},
    {"alarms: {flapping: on}\n", "2:20: error: flapping: expected a mapping or off, found \"on\""},
    {"alarms: {suppression: {interval: 5s}}\n",
     "2:23: error: suppression lacks the key threshold; expected a whole number from 2 to 1000000"},
    {"alarms: {flapping: {changes: 2}}\n",
     "2:30: error: changes: expected a whole number from 3 to 1000, found \"2\""},
    {"limits: {engines: 0}\n",
     "2:19: error: engines: expected a whole number from 1 to 10000000, found \"0\""},
    {"listen: []\n", "2:9: error: listen: expected at least one listener"},
    {"listen:\n  - {udp: \"localhost:162\"}\n",
     "3:11: error: udp: expected ADDRESS:PORT like \"0.0.0.0:162\" or \"[::]:162\", found "
     "\"localhost:162\""},
    {"listen:\n  - {udp: \"[::]:0\"}\n",
     "3:11: error: udp: expected ADDRESS:PORT like \"0.0.0.0:162\" or \"[::]:162\", found "
     "\"[::]:0\""},
    {"listen:\n  - {udp: \"[::]:162\"}\n  - {udp: \"[0::0]:162\"}\n",
     "4:11: error: udp: [::]:162 is listened on twice; expected once"},
    {"listen:\n  - {udp: \"[::]:162\", allow: []}\n",
     "3:30: error: allow: expected at least one network, found an empty list; leave the key out "
     "for no such limit"},
    {"listen:\n  - udp: \"[::]:162\"\n    allow:\n    deny: [10.0.0.0/8]\n",
     "4:5: error: allow: expected at least one network, found nothing; leave the key out for no "
     "such limit"},
    {"listen:\n  - {udp: \"[::]:162\", deny: []}\n",
     "3:29: error: deny: expected at least one network, found an empty list; leave the key out "
     "for no such limit"},
    {"security: {communities: [{name: c, from: []}]}\n",
     "2:42: error: from: expected at least one network, found an empty list; leave the key out "
     "for no such limit"},
    {"listen:\n  - {udp: \"[::]:162\", allow: [10.0.0.0/33]}\n",
     "3:31: error: allow: expected a network like 192.0.2.0/24 or 2001:db8::/32, found "
     "\"10.0.0.0/33\""},
    {"engine: {id: 0x0011223344}\n",
     "2:14: error: id: not a legal engine ID of one's own; expected auto, or 5 to 32 octets that "
     "begin with a bit 1 and are neither all 00 nor all FF (RFC 3411 section 5)"},
    {"engine: {id: zz}\n",
     "2:14: error: id: expected auto or 0x and hexadecimal digits, found \"zz\""},
    {"security: {tolerate: [everything]}\n",
     "2:23: error: tolerate: expected padded_numbers | unsigned_without_zero | empty_numbers | "
     "empty_oids | old_types | trailing_octets | privacy_padding | foreign_requests, found "
     "\"everything\""},
    {"security: {tolerances: [{from: [192.0.2.1]}]}\n",
     "2:25: error: a tolerance lacks the key tolerate; expected padded_numbers | "
     "unsigned_without_zero | empty_numbers | empty_oids | old_types | trailing_octets | "
     "privacy_padding | foreign_requests"},
    {"security: {level: authpriv}\n",
     "2:19: error: level: expected one of noAuthNoPriv | authNoPriv | authPriv, found "
     "\"authpriv\""},
    {"security: {auth: [SHA]}\n",
     "2:19: error: auth: expected MD5 | SHA-1 | SHA-224 | SHA-256 | SHA-384 | SHA-512, found "
     "\"SHA\""},
    {"security: {auth: [none]}\n",
     "2:19: error: auth: expected MD5 | SHA-1 | SHA-224 | SHA-256 | SHA-384 | SHA-512, found "
     "\"none\""},
    {"security: {privacy: [3DES]}\n",
     "2:22: error: privacy: expected DES | AES-128 | AES-192 | AES-256, found \"3DES\""},
    {"metrics: {listen: 9163}\n",
     "2:19: error: listen: expected ADDRESS:PORT or off, found \"9163\""},
    {"rules: [gone.yaml]\n", "2:1: error: \"rules\" stands twice; first at line 1, expected once"},
    {"mibs: {modules: IF-MIB}\n",
     "2:17: error: modules: expected all or a list of module names, found \"IF-MIB\""},
};

constexpr Case kUsers[] = {
    {"snmp_users:\n  - {name: a, priv: {protocol: AES-128, passphrase: maplesyrup}}\n",
     "3:21: error: user a: priv without auth; expected auth: as well (RFC 3412 6.4)"},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: syrup}}\n",
     "3:51: error: auth: a passphrase of 5 octets; expected at least 8, better 12 (RFC 3414 11.2)"},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA1, passphrase: maplesyrup}}\n",
     "3:32: error: protocol: expected one of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, found "
     "\"SHA1\""},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA-1}}\n",
     "3:21: error: auth: expected either passphrase: or key:"},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: maplesyrup, key: 0x00}}\n",
     "3:21: error: auth: expected either passphrase: or key:"},
    {"snmp_users:\n"
     "  - name: a\n"
     "    auth: {protocol: SHA-224, passphrase: maplesyrup}\n"
     "    priv: {protocol: AES-256, passphrase: maplesyrup}\n",
     "5:22: error: protocol: AES-256 is ambiguous with SHA-224: its hash is too short for the key, "
     "and devices lengthen it in two ways; expected AES-256-BLUMENTHAL (Net-SNMP's AES-192/256, "
     "SNMP4J) or AES-256-REEDER (Cisco; Net-SNMP's AES-192-C/256-C)"},
    {"snmp_users:\n"
     "  - name: a\n"
     "    engines: [0x8000138b0500000001]\n"
     "    auth: {protocol: SHA-1, key: 0x0011}\n",
     "5:34: error: auth: expected a key of 0x and 20 octets in hexadecimal digits, found 2 octets"},
    {"snmp_users:\n"
     "  - name: a\n"
     "    auth: {protocol: SHA-1, key: 0x6695febc9288e36282235fc7151f128497b38f3f}\n",
     "4:34: error: auth: a localised key belongs to one engine; expected engines: with exactly one "
     "engine ID"},
    {"snmp_users:\n"
     "  - {name: a, auth: {protocol: SHA-1, passphrase: maplesyrup}}\n"
     "  - {name: a, auth: {protocol: SHA-1, passphrase: maplesyrup}}\n",
     "4:12: error: user a overlaps with the one at line 3: both are for any engine; expected "
     "different engines"},
    {"snmp_users:\n  - {name: a, engines: [0x00]}\n",
     "3:25: error: engines: not a legal engine ID; expected 5 to 32 octets, neither all 00 nor all "
     "FF"},
    {"snmp_users:\n  - {name: a, use: [recieve]}\n",
     "3:21: error: use: expected a list of receive, send, agent, found \"recieve\""},
    {"snmp_users:\n  - {name: abcdefghijklmnopqrstuvwxyz0123456}\n",
     "3:12: error: name: 33 octets long, expected at most 32"},
};

constexpr Case kReferences[] = {
    {"destinations:\n  - {name: n, type: snmp, to: oss, user: oss}\n",
     "3:42: error: user: oss is none of snmp_users; expected the name of one of them"},
    {"snmp_users:\n"
     "  - {name: oss, use: [receive], auth: {protocol: SHA-1, passphrase: maplesyrup}}\n"
     "destinations:\n  - {name: n, type: snmp, to: oss, user: oss}\n",
     "5:42: error: user: oss is not for sending; expected send in its use: at line 3"},
    {"relays:\n  - {from: 192.0.2.0/28, user: relay}\n",
     "3:32: error: user: relay is none of snmp_users; expected the name of one of them"},
    {"destinations:\n  - {name: n, type: syslog, to: \"tls://h\", tls: {ca: gone.pem}}\n",
     "3:54: error: ca: cannot read gone.pem: No such file or directory; expected a file"},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: {file: gone}}}\n",
     "3:58: error: passphrase: cannot read gone: No such file or directory; expected a file"},
    {"snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: {env: TRAPD_NO_SUCH}}}\n",
     "3:57: error: passphrase: the environment variable TRAPD_NO_SUCH is not set; expected the "
     "secret"},
};

constexpr Case kDevices[] = {
    {"devices:\n  - {name: a}\n",
     "3:5: error: a device lacks engine and address; expected one of them"},
    {"devices:\n  - {name: a, address: 192.0.2.1, time_window: off}\n",
     "3:35: error: time_window: expected engine: beside it; another window is for one engine"},
    {"devices:\n  - {name: a, address: 192.0.2.1}\n  - {name: a, address: 192.0.2.2}\n",
     "4:6: error: name: another device has the same; expected one device each"},
    {"devices:\n  - {name: a, engine: 0x8000138b05}\n  - {name: b, engine: 80:00:13:8b:05}\n",
     "4:15: error: engine: another device has the same; expected one device each"},
    {"devices:\n  - {name: a, address: \"192.0.2.1:162\"}\n",
     "3:24: error: address: expected an IP address without a port, found \"192.0.2.1:162\""},
};

constexpr Case kDestinations[] = {
    {"destinations:\n  - {name: n}\n",
     "3:5: error: a destination lacks the key type; expected one of syslog | mail | snmp"},
    {"destinations:\n  - {name: n, type: sylog, to: x}\n",
     "3:21: error: type: expected one of syslog | mail | snmp, found \"sylog\""},
    {"destinations:\n  - {name: a b, type: syslog, to: \"udp://h\"}\n",
     "3:12: error: name: expected 1 to 64 letters, digits, '-', '_', '.', found \"a b\""},
    {"destinations:\n"
     "  - {name: n, type: syslog, to: \"udp://h\"}\n"
     "  - {name: n, type: syslog, to: \"udp://i\"}\n",
     "4:12: error: name: n is the destination at line 3 already; expected a name of its own"},
    {"destinations:\n  - {name: n, type: syslog, to: \"udp://h\", was: n}\n",
     "3:49: error: was: n is still a destination; expected the name of a destination that is gone"},
    {"destinations:\n  - {name: n, type: syslog, to: \"http://h\"}\n",
     "3:33: error: to: expected udp://HOST[:514], tcp://HOST:PORT or tls://HOST[:6514], found "
     "\"http://h\""},
    {"destinations:\n  - {name: n, type: syslog, to: \"tcp://h\"}\n",
     "3:33: error: to: tcp:// has no registered port; expected tcp://HOST:PORT"},
    {"destinations:\n  - {name: n, type: syslog, to: \"udp://h\", tls: {verify: ip}}\n",
     "3:44: error: tls: expected a tls:// receiver in to:"},
    {"destinations:\n  - {name: n, type: syslog, to: \"udp://h\", framing: lf}\n",
     "3:44: error: framing: expected a tcp:// receiver in to:"},
    {"destinations:\n  - {name: n, type: syslog, to: \"tls://h\", tls: {verify: fingerprint}}\n",
     "3:49: error: tls: expected verify: fingerprint and fingerprint: together, or neither"},
    {"destinations:\n  - {name: n, type: syslog, to: \"udp://h\", pdu: trap}\n",
     "3:44: error: unknown key \"pdu\" in a syslog destination; expected one of name, type, was, "
     "send, "
     "start, select, to, tls, format, framing, facility, message_size, resend"},
    {"destinations:\n  - {name: n, type: mail, to: \"smtp://h\", from: a@b, recipients: []}\n",
     "3:66: error: recipients: expected at least one address"},
    {"destinations:\n"
     "  - {name: n, type: mail, to: \"smtp://h\", from: a@b, recipients: [\"x@y\\r\\nBcc: z\"]}\n",
     "3:67: error: recipients: expected an address like duty@example.net, found "
     "\"x@y\\x0d\\x0aBcc: z\""},
    {"destinations:\n"
     "  - {name: n, type: mail, to: \"smtps://h\", starttls: off, from: a@b, recipients: [x@y]}\n",
     "3:44: error: starttls: expected an smtp:// server in to:"},
    {"destinations:\n"
     "  - {name: n, type: mail, to: \"smtp://h\", starttls: off, from: a@b, recipients: [x@y],\n"
     "     login: {user: u, password: p}}\n",
     "4:6: error: login: would send the password in the clear; expected starttls: required"},
    {"destinations:\n  - {name: n, type: snmp, to: h, version: v2c}\n",
     "3:5: error: an snmp destination of version v2c lacks the key community"},
    {"destinations:\n"
     "  - {name: n, type: snmp, to: h, version: v2c, community: c, source_port: 1220-1180}\n",
     "3:75: error: source_port: expected a port or a range like 1180-1220, found \"1220-1180\""},
    {"destinations:\n"
     "  - {name: n, type: syslog, to: \"udp://h\", select: {severity: [bad]}}\n",
     "3:64: error: severity: expected critical, major, minor, warning, indeterminate, cleared, "
     "found \"bad\""},
    {"destinations:\n"
     "  - {name: n, type: syslog, to: \"udp://h\", select: {source: [10.0.0.0/8, 10.0.0.0/33]}}\n",
     "3:74: error: source: expected a network like 192.0.2.0/24 or 2001:db8::/32, found "
     "\"10.0.0.0/33\""},
    {"destinations:\n"
     "  - {name: n, type: syslog, to: \"udp://h\", select: {time: \"22:00\"}}\n",
     "3:59: error: time: expected hours like 22:00-06:00, days like mon-fri, or both: mon-fri "
     "08:00-18:00, found \"22:00\""},
    {"destinations:\n"
     "  - {name: n, type: syslog, to: \"udp://h\",\n"
     "     select: [{prevent: {time: [mon-fri, [sat]]}}]}\n",
     "4:42: error: time: expected hours like 22:00-06:00, days like mon-fri, or both: mon-fri "
     "08:00-18:00, found a list"},
    {"destinations:\n"
     "  - {name: n, type: mail, to: \"smtp://h\", from: a@b, recipients: [a@b], html: yes}\n",
     "3:79: error: html: expected one of on | off, found \"yes\""},
    {"destinations:\n  - {name: n, type: syslog, to: \"udp://h\", select: [{alow: {}}]}\n",
     "3:53: error: select: expected {allow: …} or {prevent: …}, found \"alow\""},
};

TEST_CASE("a wrong key is found where it stands, with what was meant") {
  for (const Case& c : kKeys) check_one_error(c);
}
TEST_CASE("a wrong value is found where it stands, with what was expected") {
  for (const Case& c : kValues) check_one_error(c);
}
constexpr Case kAgent[] = {
    {"agent: {listen: \"127.0.0.1:161\", allow: [127.0.0.1]}\n",
     "2:17: error: agent: expected one of snmp_users with use: [agent]"},
    {"agent: {listen: 161}\n", "2:17: error: listen: expected ADDRESS:PORT or off, found \"161\""},
    {"snmp_users: [{name: nms, use: [agent]}]\n",
     "2:31: error: use: nms is no user for the agent, which is authPriv only; expected auth: and "
     "priv:"},
    {"agent: {listen: \"127.0.0.1:161\"}\nsnmp_users:\n  - {name: nms, use: [agent], auth: "
     "{protocol: SHA-1, passphrase: maplesyrup}, priv: {protocol: AES-128, passphrase: "
     "maplesyrup}}\n",
     "2:17: error: agent: expected allow: as well, the networks that are answered"},
    {"agent: {listen: \"127.0.0.1:1162\", allow: [127.0.0.1]}\nlisten: "
     "[{udp: \"127.0.0.1:1162\"}]\nsnmp_users:\n  - {name: nms, use: [agent], auth: "
     "{protocol: SHA-1, passphrase: maplesyrup}, priv: {protocol: AES-128, passphrase: "
     "maplesyrup}}\n",
     "2:17: error: agent: 127.0.0.1:1162 stands in listen: as well"},
    {"agent: {listen: \"127.0.0.1:161\", allow: [127.0.0.1], answer_from: 1162}\nlisten: "
     "[{udp: \"127.0.0.1:1162\"}]\nsnmp_users:\n  - {name: nms, use: [agent], auth: "
     "{protocol: SHA-1, passphrase: maplesyrup}, priv: {protocol: AES-128, passphrase: "
     "maplesyrup}}\n",
     "2:67: error: answer_from: 127.0.0.1:1162 stands in listen: as well"},
    {"agent: {listen: \"127.0.0.1:1165\", allow: [127.0.0.1], answer_from: 1164, source_port: "
     "1164-1165}\nsnmp_users:\n  - {name: nms, use: [agent], auth: "
     "{protocol: SHA-1, passphrase: maplesyrup}, priv: {protocol: AES-128, passphrase: "
     "maplesyrup}}\n",
     "2:87: error: source_port: expected a port besides those of the agent's own sockets"},
    {"agent: {answer_from: 1164-1165}\n",
     "2:22: error: answer_from: expected a port, found \"1164-1165\""},
};
TEST_CASE("an agent without sources, without users, or with weak ones is refused") {
  for (const Case& c : kAgent) check_one_error(c);
}

TEST_CASE("users that cannot be are refused") {
  for (const Case& c : kUsers) check_one_error(c);
}
TEST_CASE("names and files that are not there are found where they are named") {
  for (const Case& c : kReferences) check_one_error(c);
}
TEST_CASE("the inventory must tell its devices apart") {
  for (const Case& c : kDevices) check_one_error(c);
}
TEST_CASE("destinations are checked by their type") {
  for (const Case& c : kDestinations) check_one_error(c);
}

TEST_CASE("all errors of a file are told at once, by position") {
  const ConfigDirectory directory;
  const auto errors = directory.errors(
      "destinations:\n"
      "  - {name: n, type: snmp, to: h, user: nobody}\n"
      "workers: many\n"
      "store: {max_size: 1}\n"
      "typo: 1\n"
      "rules: [gone.yaml]\n");
  REQUIRE(errors.size() == 5);
  CHECK(errors[0].starts_with("t.yaml:2:40: error: user: nobody"));
  CHECK(errors[1].starts_with("t.yaml:3:10: error: workers:"));
  CHECK(errors[2].starts_with("t.yaml:4:19: error: max_size:"));
  CHECK(errors[3].starts_with("t.yaml:5:1: error: unknown key \"typo\""));
  CHECK(errors[4] == "t.yaml:6:9: error: rules: cannot read gone.yaml; expected a file");
}

TEST_CASE("errors of a rule file come with the rule file's name") {
  const ConfigDirectory directory;
  directory.write("rules/bad.yaml", "rules:\n  - {nonsense: 1}\n");
  const auto errors = directory.errors("rules: [rules/*.yaml]\n");
  REQUIRE(!errors.empty());
  CHECK(errors[0].starts_with("rules/bad.yaml:2:"));
}

TEST_CASE("a file that is not there is an error without a position") {
  const ConfigDirectory directory;
  const auto loaded = load(directory.file("none.yaml"), true);
  REQUIRE(!loaded);
  CHECK(loaded.error().lines ==
        std::vector<std::string>{directory.file("none.yaml") +
                                 ": error: cannot read: No such file or directory"});
}

TEST_CASE("YAML itself wrong, or more than is needed of it, is refused with its place") {
  const ConfigDirectory directory;
  CHECK(directory.errors("store: {directory: [}\n")[0].starts_with("t.yaml:1:21: error: YAML: "));
  CHECK(directory.errors("a: &x 1\n") ==
        std::vector<std::string>{
            "t.yaml:1:4: error: an anchor (&name) is not allowed; write the value out"});
  CHECK(directory.errors("a: !!str 1\n") ==
        std::vector<std::string>{
            "t.yaml:1:4: error: a tag (!name) is not allowed; write the plain value"});
  CHECK(directory.errors("a: 1\n---\nb: 2\n").size() == 1);
  CHECK(directory.errors("? [a]\n: 1\n")[0].ends_with("a key must be plain text"));
  CHECK(directory.errors(std::string("a: \x01\n"))[0].starts_with("t.yaml:1:4: error: a control"));
  CHECK(directory.errors(std::string("a: \xff\n"))[0].starts_with("t.yaml:1:4: error: a control"));
  CHECK(directory.errors("a: " + std::string(40, '[') + std::string(40, ']') + "\n")[0].find(
            "nested too deeply") != std::string::npos);
  CHECK(directory.errors(std::string((16 << 20) + 10, ' ')) ==
        std::vector<std::string>{"t.yaml: error: larger than 16 MiB"});
}

}  // namespace
}  // namespace trapd::config
