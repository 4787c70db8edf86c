// SPDX-License-Identifier: Apache-2.0
// A damaged index is refused, or it is sound in its way: whatever open() lets through is walked
// whole, under the address sanitizer in CI.
#include <xxhash.h>

#include <algorithm>
#include <random>

#include "mib/index_writer.h"
#include "mib/render.h"
#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {

// Small, so that every octet can be flipped.
std::vector<std::uint8_t> small_index() {
  IndexWriter writer;
  const auto define = [&](const char* at, const char* name) {
    IndexWriter::Definition definition;
    definition.oid = *snmp::Oid::parse(at);
    definition.module = "A-MIB";
    definition.name = name;
    definition.kind = NodeKind::kObject;
    definition.syntax = Syntax::kInteger32;
    definition.textual_convention = "Convention";
    definition.display_hint = "d-2";
    definition.labels = {{1, "up"}, {2, "down"}};
    definition.objects = {{"other", snmp::Oid::parse("1.3.6.1")}, {"none", std::nullopt}};
    writer.define(definition);
  };
  define("1.3.6", "first");
  define("1.3.6.1", "second");
  define("1.3.6.1.300", "third");
  define("1.3.7", "fourth");
  writer.diagnostic("a line");
  auto bytes = writer.finish(InputsKey{1, 2, 3});
  REQUIRE(bytes.has_value());
  return *bytes;
}

void sign(std::vector<std::uint8_t>* bytes) {
  if (bytes->size() < kChecksumFrom) return;
  const std::uint64_t sum =
      XXH3_64bits(bytes->data() + kChecksumFrom, bytes->size() - kChecksumFrom);
  store_le(bytes->data() + offsetof(FileHeader, checksum), sum);
}

std::size_t walk(const MibIndex& index) {
  std::size_t octets = index.modules().size() + index.diagnostics().size();
  for (const std::string_view line : index.diagnostics()) octets += line.size();
  for (std::uint32_t id = 0; id < index.node_count(); ++id) {
    const Node node = index.node(id);
    octets += node.name.size() + node.module.size() + node.display_hint.size();
    for (std::uint32_t i = 0; i < node.label_count; ++i) {
      octets += index.label_at(node, i).text.size();
    }
    for (std::uint32_t i = 0; i < node.object_count; ++i) {
      const auto object = index.object_at(node, i);
      octets += object.name.size();
      if (object.node) octets += index.node(*object.node).name.size();
    }
    const std::uint8_t one = 1;
    octets += render_value(index, node.oid, {ber::kInteger, {&one, 1}}).size();
    octets += index.name_of(node.oid).size() + oid_text(index, node.name).size();
  }
  return octets;
}

bool opens(std::vector<std::uint8_t> bytes) {
  const auto index = MibIndex::from_bytes(std::move(bytes));
  if (!index) return false;
  CHECK(walk(**index) > 0);
  return true;
}

}  // namespace

TEST_CASE("the undamaged index opens") { CHECK(opens(small_index())); }

TEST_CASE("every flipped bit is noticed") {
  const auto good = small_index();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ (1 << bit));
      REQUIRE_MESSAGE(!opens(std::move(bad)), "octet " << at);
    }
  }
}

TEST_CASE("every shorter or longer file is refused") {
  const auto good = small_index();
  for (std::size_t size = 0; size < good.size(); ++size) {
    REQUIRE(!opens({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  auto longer = good;
  longer.resize(good.size() + 8);
  CHECK(!opens(longer));
}

TEST_CASE("a forged checksum does not lead outside the file") {
  const auto good = small_index();
  std::size_t opened = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto bad = good;
      bad[at] = static_cast<std::uint8_t>(value);
      sign(&bad);
      opened += opens(std::move(bad)) ? 1U : 0U;
    }
  }
  CHECK(opened > 0);  // else the walk was never put to the test
}

TEST_CASE("random damage with a forged checksum does not lead outside the file") {
  const auto good = small_index();
  std::mt19937 random(20);
  for (int round = 0; round < 20'000; ++round) {
    auto bad = good;
    for (auto n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = sizeof(std::uint64_t) + random() % (bad.size() - 12);
      store_le(bad.data() + at, static_cast<std::uint32_t>(random() >> random() % 32));
    }
    if (random() % 2 == 0) {  // mostly get past the header
      std::copy_n(good.begin(), sizeof(FileHeader), bad.begin());
    }
    sign(&bad);
    opens(std::move(bad));
  }
}

TEST_CASE("a damaged index says what is wrong") {
  const auto why = [](std::vector<std::uint8_t> bytes) {
    return MibIndex::from_bytes(std::move(bytes)).error().text;
  };
  auto bytes = small_index();
  CHECK(why({}) == "cannot use MIB index in memory: shorter than a header");
  bytes[0] = 'X';
  CHECK(why(bytes) == "cannot use MIB index in memory: not a MIB index");
  bytes = small_index();
  bytes[8] = 9;
  CHECK(why(bytes) == "cannot use MIB index in memory: version 9, this program reads version 1");
  bytes = small_index();
  bytes.back() ^= 1;
  CHECK(why(bytes) == "cannot use MIB index in memory: checksum does not match");
}

TEST_CASE("a file that is no index is refused by path and reason") {
  const TempDir dir;
  CHECK(MibIndex::open(dir / "none").error().text ==
        "cannot open MIB index " + (dir / "none") + ": No such file or directory");
  write_file(dir / "text", "hello");
  CHECK(MibIndex::open(dir / "text").error().text ==
        "cannot use MIB index " + (dir / "text") + ": not a file of an index's size");
  CHECK(!MibIndex::open(dir.path()).has_value());
}

}  // namespace trapd::mib::test
