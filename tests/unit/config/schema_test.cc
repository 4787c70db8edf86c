// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/schema.h"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/unit/config/config_directory.h"
#include "trapd/config/reference.h"

namespace trapd::config {
namespace {

std::string source_file(const std::string& name) {
  const char* root = std::getenv("TRAPD_SOURCE_DIR");
  std::ifstream file(std::string(root != nullptr ? root : ".") + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The sample with its examples in force: '#' gone where YAML stands behind it, empty lists too.
std::string with_examples(const std::string& sample) {
  std::istringstream lines(sample);
  std::string result;
  std::string line;
  while (std::getline(lines, line)) {
    const bool comment_only =
        line.find_first_not_of("# ") != std::string::npos && line.starts_with("#          ");
    if (line.starts_with("#  ") && !comment_only) line.erase(0, 1);
    if (line.ends_with(": []") || line.find(": []  ") != std::string::npos) {
      line.erase(line.find(": []") + 1);
    }
    // Listeners of the default: the example's address is one of them.
    if (line.find("- {udp: \"0.0.0.0:162\"}") != std::string::npos) continue;
    result += line + "\n";
  }
  return result;
}

TEST_CASE("the sample and the reference page are what the schema says") {
  CHECK(source_file("conf/trapd.yaml") == sample_file());
  CHECK(source_file("conf/reference.md") == reference_page());
}

TEST_CASE("the sample loads to the defaults") {
  const ConfigDirectory directory;
  directory.write("rules/none.yaml", "rules: []\n");
  const auto sample = directory.load(sample_file());
  if (!sample) FAIL(sample.error().lines.front());
  const auto nothing = directory.load("");
  REQUIRE(nothing);
  CHECK(sample->start == nothing->start);
  CHECK(sample->live.policy.level == nothing->live.policy.level);
  CHECK(sample->live.policy.auth_allowed == nothing->live.policy.auth_allowed);
  CHECK(sample->live.policy.priv_allowed == nothing->live.policy.priv_allowed);
  CHECK(sample->live.refused_per_source == nothing->live.refused_per_source);
  CHECK(sample->live.per_engine == nothing->live.per_engine);
  CHECK(sample->live.mib_directories == nothing->live.mib_directories);
  CHECK(sample->live.mib_modules == nothing->live.mib_modules);
  CHECK(sample->live.users.empty());
  CHECK(sample->live.devices.empty());
  CHECK(sample->live.destinations.empty());
  CHECK(sample->live.communities.empty());
}

TEST_CASE("every key of the schema occurs in the sample and in the reference") {
  const std::string sample = sample_file();
  const std::string page = reference_page();
  for (const Section& section : sections()) {
    for (const Setting* setting : section.settings) {
      CAPTURE(section.path);
      CAPTURE(setting->key);
      CHECK(sample.find(std::string(setting->key) + ":") != std::string::npos);
      CHECK(page.find("| `" + std::string(setting->key) + "` |") != std::string::npos);
      CHECK(!setting->doc.empty());
    }
  }
}

TEST_CASE("the examples of the sample are good, too") {
  const ConfigDirectory directory;
  for (const char* secret : {"secrets/noc.auth", "secrets/noc.priv", "secrets/smtp", "client.key",
                             "secrets/old-devices.community", "ca.pem", "client.pem"}) {
    directory.write(secret, "a long secret\n");
  }
  directory.write("rules/none.yaml", "rules: []\n");
  std::string text = with_examples(sample_file());
  // The users that the examples name.
  text.replace(text.find("user: oss"), 9, "user: noc");
  text.replace(text.find("use: [receive]"), 14, "use: [receive, send]");
  const auto loaded = directory.load(text);
  if (!loaded) FAIL(loaded.error().lines.front());
  CHECK(loaded->live.users.size() == 1);
  CHECK(loaded->live.devices.size() == 1);
  CHECK(loaded->live.relays.size() == 1);
  CHECK(loaded->live.communities.size() == 1);
  CHECK(loaded->live.destinations.size() == 3);
}

TEST_CASE("every fallback is a value that its own row takes") {
  // read_mapping takes fallbacks through the rows; an error among them would be one of an empty
  // file with each list holding its least.
  const ConfigDirectory directory;
  const auto errors = directory.errors(
      "rules: []\n"
      "listen: [{udp: \"[::1]:1\"}]\n"
      "security: {communities: [{name: c}]}\n"
      "snmp_users: [{name: u}]\n"
      "devices: [{name: d, address: 192.0.2.1}]\n"
      "relays: [{from: 192.0.2.1}]\n"
      "destinations:\n"
      "  - {name: a, type: syslog, to: \"tcp://h:1\"}\n"
      "  - {name: b, type: mail, to: \"smtp://h\", from: a@b, recipients: [c@d]}\n"
      "  - {name: c, type: snmp, to: h, version: v2c, community: x}\n");
  CHECK(errors == std::vector<std::string>{});
}

TEST_CASE("no section names a key twice") {
  for (const Section& section : sections()) {
    std::set<std::string_view> seen;
    for (const Setting* setting : section.settings) {
      CAPTURE(section.path);
      CAPTURE(setting->key);
      CHECK(seen.insert(setting->key).second);
    }
  }
}

}  // namespace
}  // namespace trapd::config
