// SPDX-License-Identifier: Apache-2.0
// Damaged configurations: whatever comes, load() ends in a configuration or in errors.
#include <random>

#include "tests/unit/config/config_directory.h"
#include "trapd/config/reference.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {
namespace {

constexpr char kSeed[] =
    "rules: []\n"
    "listen: [{udp: \"0.0.0.0:162\", allow: [10.0.0.0/8]}]\n"
    "snmp_users:\n"
    "  - {name: a, engines: [0x8000138b05], auth: {protocol: SHA-1, key: {env: X}}}\n"
    "destinations:\n"
    "  - name: n\n"
    "    type: snmp\n"
    "    to: \"h:162\"\n"
    "    user: a\n"
    "    select: [{allow: {severity: [critical]}}, {prevent: {}}]\n";

std::string mutate(std::string text, std::mt19937& random) {
  constexpr std::string_view kPieces[] = {
      "{",   "}",     "[",  "]", ":",  ",",  "- ", "\"", "'", "\n",       "  ",   "&a ", "*a",
      "!!x", "---\n", "# ", "|", "? ", "\t", "%",  "@",  "`", "\xc3\xa9", "\xff", "<<",  "..."};
  const auto below = [&](std::size_t n) { return random() % n; };
  for (std::size_t i = 0, count = 1 + below(6); i < count; ++i) {
    const std::size_t at = below(text.size() + 1);
    switch (below(4)) {
      case 0:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      default:
        text.insert(at, text.substr(below(text.size() + 1), below(40)));
        break;
    }
    if (text.empty()) text = " ";
  }
  return text;
}

TEST_CASE("a damaged configuration gives a configuration or errors, and nothing else") {
  const ConfigDirectory directory;
  std::mt19937 random(20'240'501);
  std::size_t good = 0;
  constexpr int kRounds = 3'000;
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = mutate(kSeed, random);
    CAPTURE(text);
    const auto loaded = directory.load(text, false);
    if (loaded) ++good;
    if (!loaded) CHECK(!loaded.error().lines.empty());
  }
  CHECK(good > 0);
  CHECK(good < kRounds);
}

TEST_CASE("a damaged sample gives a tree or an error with its place") {
  std::mt19937 random(7);
  const std::string sample = sample_file();
  for (int i = 0; i < 300; ++i) {
    Diagnostics diagnostics("m.yaml");
    const auto tree = parse_yaml(mutate(sample, random), &diagnostics);
    CHECK(tree.has_value() != diagnostics.failed());
  }
}

TEST_CASE("every node knows its place") {
  Diagnostics diagnostics("p.yaml");
  const auto tree = parse_yaml("a: 1\nb:\n  - x\n  - {c: \"2\"}\n", &diagnostics);
  REQUIRE(tree);
  REQUIRE(tree->is_mapping());
  CHECK(tree->keys[1].at.line == 2);
  const Node* list = tree->find("b");
  REQUIRE(list != nullptr);
  CHECK(list->items[0].at.line == 3);
  CHECK(list->items[0].at.column == 5);
  const Node* value = list->items[1].find("c");
  REQUIRE(value != nullptr);
  CHECK(value->quoted);
  CHECK(value->at.line == 4);
  CHECK(value->at.column == 9);
  CHECK(tree->place_of("b").column == 1);
  CHECK(tree->find("z") == nullptr);
}

}  // namespace
}  // namespace trapd::config
