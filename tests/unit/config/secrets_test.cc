// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_directory.h"

namespace trapd::config {
namespace {

std::string user_with(const std::string& passphrase) {
  return "rules: []\nsnmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: " + passphrase +
         "}}\n";
}

constexpr char kKu[] = "9fb5cc0381497b3793528939ff788d5d79145211";

TEST_CASE("a secret comes as text, from the first line of a file, or from the environment") {
  const ConfigDirectory directory;
  directory.write("secrets/a", "maplesyrup\r\nsecond line\n");
  directory.write("secrets/open", "maplesyrup", 0644);
  ::setenv("TRAPD_TEST_SECRET", "maplesyrup", 1);
  for (const char* source : {"maplesyrup", "\"maplesyrup\"", "{file: secrets/a}",
                             "{env: TRAPD_TEST_SECRET}", "{file: secrets/open, mode: any}"}) {
    CAPTURE(source);
    const auto loaded = directory.load(user_with(source));
    REQUIRE(loaded);
    CHECK(to_hex(loaded->live.users[0].auth_ku.expose()) == kKu);
  }
}

TEST_CASE("a file that group or others may read is refused unless the owner says so") {
  const ConfigDirectory directory;
  for (const mode_t mode : {0640U, 0604U, 0620U, 0610U}) {
    CAPTURE(mode);
    directory.write("s", "maplesyrup\n", mode);
    const auto errors = directory.errors(user_with("{file: s}"));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].starts_with("t.yaml:3:58: error: passphrase: s has mode 0"));
    CHECK(errors[0].find("expected 0600 or stricter") != std::string::npos);
  }
  directory.write("s", "maplesyrup\n", 0400);
  CHECK(directory.errors(user_with("{file: s}")).empty());
}

TEST_CASE("an empty file, a directory, or two sources are no secret") {
  const ConfigDirectory directory;
  directory.write("empty", "\n");
  directory.write("d/x", "");
  CHECK(directory.errors(user_with("{file: empty}"))[0].find("is empty; expected the secret") !=
        std::string::npos);
  CHECK(directory.errors(user_with("{file: d}"))[0].ends_with("d is no file"));
  CHECK(directory.errors(user_with("{file: empty, env: X}"))[0].ends_with(
      "passphrase: expected either file: or env:"));
  CHECK(directory.errors(user_with("[maplesyrup]"))[0].ends_with(
      "passphrase: expected text, {file: PATH} or {env: NAME}, found a list"));
}

TEST_CASE("the private key of TLS is guarded like a secret") {
  const ConfigDirectory directory;
  directory.write("c.pem", "x", 0644);
  directory.write("k.pem", "x", 0644);
  const auto with_key = [](const std::string& key) {
    return "rules: []\ndestinations:\n  - {name: n, type: syslog, to: \"tls://h\", tls: "
           "{certificate: c.pem, key: " +
           key + "}}\n";
  };
  CHECK(directory.errors(with_key("k.pem"))[0].find("open to group or others") !=
        std::string::npos);
  CHECK(directory.errors(with_key("{file: k.pem, mode: any}")).empty());
}

TEST_CASE("without reading secrets everything else is checked, and there are no keys") {
  const ConfigDirectory directory;
  directory.write("s", "maplesyrup\n");
  const auto loaded = directory.load(user_with("{file: s}"), false);
  REQUIRE(loaded);
  CHECK(loaded->live.users[0].auth == usm::AuthProtocol::kSha1);
  CHECK(loaded->live.users[0].auth_ku.empty());
  CHECK(directory.load(user_with("{env: TRAPD_NO_SUCH}"), false).has_value());
  CHECK(directory.errors(user_with("{file: gone}"), false).size() == 1);
}

TEST_CASE("no message shows a secret") {
  const ConfigDirectory directory;
  directory.write("s", "geheim-1");
  const char* kFiles[] = {
      "snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: geheim}}\n",
      "snmp_users:\n  - {name: a, auth: {protocol: SHA-1, key: geheim}}\n",
      "snmp_users:\n  - {name: a, auth: {protocol: nope, passphrase: geheim-1}}\n",
      "snmp_users:\n  - {name: a, auth: {protocol: SHA-1, passphrase: {file: s}, kee: 1}}\n",
      "security: {communities: [{name: geheim, from: x}]}\n",
      "destinations:\n  - {name: a, type: snmp, to: h, community: geheim}\n",
  };
  for (const char* file : kFiles) {
    CAPTURE(file);
    const auto errors = directory.errors(file);
    REQUIRE(!errors.empty());
    for (const std::string& line : errors) CHECK(line.find("geheim") == std::string::npos);
  }
}

}  // namespace
}  // namespace trapd::config
