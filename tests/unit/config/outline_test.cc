// SPDX-License-Identifier: Apache-2.0
// What a reload changed, as the audit log tells it.
#include "trapd/config/outline.h"

#include <cstdlib>

#include "tests/unit/config/config_directory.h"

namespace trapd::config {
namespace {

class Fixture : public ConfigDirectory {
 protected:
  Config of(const std::string& text) const {
    auto loaded = load("rules: []\n" + text);
    if (!loaded) FAIL(loaded.error().lines.front());
    return std::move(*loaded);
  }
  /// "path: before -> after" of each change; "-" = not there.
  std::vector<std::string> changes(const std::string& before, const std::string& after) const {
    return changes(of(before), of(after));
  }
  static std::vector<std::string> changes(const Config& before, const Config& after) {
    std::vector<std::string> lines;
    for (const Outline::Change& change : Outline::changes(before.outline, after.outline)) {
      lines.push_back(change.path + ": " + (change.before.empty() ? "-" : change.before) + " -> " +
                      (change.after.empty() ? "-" : change.after));
    }
    return lines;
  }
};
using Lines = std::vector<std::string>;

std::string user(const std::string& name, const std::string& passphrase) {
  return "  - {name: " + name + ", auth: {protocol: SHA-256, passphrase: " + passphrase + "}}\n";
}

TEST_CASE_FIXTURE(Fixture, "a change goes by its path; what is as it was is not named") {
  CHECK(changes("rate: {per_engine: 100/s}\n", "rate: {per_engine: 100/s}\n").empty());
  CHECK(changes("rate: {per_engine: 100/s}\n", "# another place\nrate:\n  per_engine: 100/s\n")
            .empty());
  CHECK(changes("rate: {per_engine: 100/s}\n", "rate: {per_engine: off}\nworkers: 2\n") ==
        Lines{"rate.per_engine: 100/s -> off", "workers: - -> 2"});
  CHECK(changes("security: {auth: [MD5, SHA-1]}\n", "security: {auth: [SHA-1]}\n") ==
        Lines{"security.auth: [MD5, SHA-1] -> [SHA-1]"});
  CHECK(changes("workers: 2\n", "") == Lines{"workers: 2 -> -"});
}

TEST_CASE_FIXTURE(Fixture, "elements of a list go by their names, wherever they stand") {
  const std::string a = user("a", "maplesyrup");
  const std::string b = user("b", "maplesyrup");
  CHECK(changes("snmp_users:\n" + a + b, "snmp_users:\n" + b + a).empty());
  CHECK(changes("snmp_users:\n" + b, "snmp_users:\n" + a + b) ==
        Lines{"snmp_users[a].auth.passphrase: - -> (secret)",
              "snmp_users[a].auth.protocol: - -> SHA-256", "snmp_users[a].name: - -> a"});
}

TEST_CASE_FIXTURE(Fixture,
                  "a secret is masked before and after, wherever it stands, and its change told") {
  write("one", "maplesyrup-one\n");
  write("two", "maplesyrup-two\n");
  CHECK(changes("snmp_users:\n" + user("a", "maplesyrup-one"),
                "snmp_users:\n" + user("a", "maplesyrup-two")) ==
        Lines{"snmp_users[a].auth.passphrase: (secret) -> (secret)"});
  // The same secret from elsewhere.
  CHECK(changes("snmp_users:\n" + user("a", "maplesyrup-one"),
                "snmp_users:\n" + user("a", "{file: one}")) ==
        Lines{"snmp_users[a].auth.passphrase.file: - -> one"});
  CHECK(changes("snmp_users:\n" + user("a", "{file: one}"),
                "snmp_users:\n" + user("a", "{file: two}")) ==
        Lines{"snmp_users[a].auth.passphrase: (secret) -> (secret)",
              "snmp_users[a].auth.passphrase.file: one -> two"});
  ::setenv("TRAPD_TEST_SECRET", "maplesyrup-one", 1);
  const Config before = of("snmp_users:\n" + user("a", "{env: TRAPD_TEST_SECRET}"));
  ::setenv("TRAPD_TEST_SECRET", "maplesyrup-two", 1);
  const Config after = of("snmp_users:\n" + user("a", "{env: TRAPD_TEST_SECRET}"));
  CHECK(changes(before, after) == Lines{"snmp_users[a].auth.passphrase: (secret) -> (secret)"});
}

TEST_CASE_FIXTURE(
    Fixture,
    "every kind of secret is masked: community, key, password, community of a destination") {
  const std::string text =
      "security: {communities: [{name: geheim-1}]}\n"
      "snmp_users: [{name: a, engines: [0x8000138b05], auth: {protocol: SHA-1, key: "
      "0x9fb5cc0381497b3793528939ff788d5d79145211}}]\n"
      "destinations:\n"
      "  - {name: m, type: mail, to: \"smtp://h\", from: a@b, recipients: [c@d], starttls: "
      "required,"
      " login: {user: u, password: geheim-2}}\n"
      "  - {name: s, type: snmp, to: h, version: v2c, community: geheim-3}\n";
  const Lines lines = changes(of(""), of(text));
  int masked = 0;
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(line.find("geheim") == std::string::npos);
    CHECK(line.find("9fb5cc") == std::string::npos);
    masked += line.ends_with("-> (secret)") ? 1 : 0;
  }
  CHECK(masked == 4);
}

TEST_CASE_FIXTURE(Fixture, "the content of a rule file counts") {
  const std::string rule = "rules: [{name: r, trap: coldStart, text: ";
  write("r.yaml", rule + "one}]\n");
  const auto first = load("rules: [r.yaml]\n");
  write("r.yaml", rule + "two}]\n");
  const auto second = load("rules: [r.yaml]\n");
  REQUIRE(first);
  REQUIRE(second);
  const Lines lines = changes(*first, *second);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("file " + file("r.yaml") + ": sha256 "));
}

TEST_CASE_FIXTURE(Fixture, "a long value is cut, and a change behind the cut is told") {
  const std::string front(Outline::kShownMax, 'x');
  const Lines lines =
      changes("agent: {contact: " + front + "a}\n", "agent: {contact: " + front + "b}\n");
  CHECK(lines == Lines{"agent.contact: " + front + "… -> " + front + "…"});
}

TEST_CASE_FIXTURE(Fixture, "of a large configuration the sections that changed are named") {
  std::string users = "snmp_users:\n";
  for (int i = 0; i < 20'000; ++i)
    users += "  - {name: user-of-a-large-net-" + std::to_string(i) + "}\n";
  CHECK(changes(users + "workers: 1\n", users + "workers: 2\n") ==
        Lines{"workers: (too large to be shown) -> (too large to be shown)"});
  CHECK(changes(users, users).empty());
}

TEST_CASE_FIXTURE(Fixture, "the hash is that of the file, unless passphrases stand in it") {
  write("one", "maplesyrup-one\n");
  const std::string text = "rules: []\nsnmp_users:\n" + user("a", "{file: one}");
  const auto loaded = load(text);
  REQUIRE(loaded);
  CHECK_FALSE(loaded->sha256_is_of_outline);
  CHECK(loaded->sha256 == sha256_hex(text));
  const Config one = of("snmp_users:\n" + user("a", "maplesyrup-one"));
  const Config two = of("snmp_users:\n" + user("a", "maplesyrup-two"));
  CHECK(one.sha256_is_of_outline);
  CHECK(one.sha256 == two.sha256);  // it says nothing about the passphrase
  CHECK(one.sha256 != of("snmp_users:\n" + user("b", "maplesyrup-one")).sha256);
}

}  // namespace
}  // namespace trapd::config
