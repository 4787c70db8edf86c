// SPDX-License-Identifier: Apache-2.0
// Reaches MibIndex::from_bytes (index_fault) and every look-up in what it lets pass. The size and
// the checksum in the header are made right, or nothing behind them would be reached; first octet
// 1 = left as they are.
#include <xxhash.h>

#include <cstring>
#include <vector>

#include "mib/index.h"
#include "mib/index_writer.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

void repair_header(std::vector<std::uint8_t>* bytes) {
  if (bytes->size() < sizeof(mib::FileHeader)) return;
  mib::FileHeader header;
  std::memcpy(&header, bytes->data(), sizeof header);
  header.file_size = bytes->size();
  header.checksum =
      XXH3_64bits(bytes->data() + mib::kChecksumFrom, bytes->size() - mib::kChecksumFrom);
  std::memcpy(bytes->data(), &header, sizeof header);
}

void check_node(const mib::MibIndex& index, std::uint32_t id) {
  const mib::Node node = index.node(id);
  const auto match = index.lookup(node.oid);
  CHECK(match.has_value() && match->node.id == id && match->suffix.empty());
  CHECK(is_clean_text(index.name_of(node.oid)));
  if (const snmp::Oid below = snmp::Oid(node.oid).child(4'000'000'000); !below.empty()) {
    CHECK(is_clean_text(index.name_of(below)));
    CHECK(index.lookup(below).has_value());
  }
  CHECK(is_clean_text(node.display_hint) && is_clean_text(node.textual_convention));
  for (std::uint32_t i = 0; i < node.label_count; ++i) {
    const mib::MibIndex::Label label = index.label_at(node, i);
    CHECK(is_clean_text(label.text) && index.label(node, label.value) == label.text);
  }
  for (std::uint32_t i = 0; i < node.object_count; ++i) {
    const mib::MibIndex::Object object = index.object_at(node, i);
    CHECK(is_clean_text(object.name));
    CHECK(!object.node || *object.node < index.node_count());
  }
  // Not every name of a file leads back (two modules may share one); a look-up never fails badly.
  const auto found = index.find(std::string(node.module) + "::" + std::string(node.name));
  CHECK(found.has_value() || is_clean_text(found.error().text));
}

void check_index(std::vector<std::uint8_t> bytes) {
  const auto opened = mib::MibIndex::from_bytes(std::move(bytes));
  if (!opened) return CHECK(is_clean_text(opened.error().text));
  const mib::MibIndex& index = **opened;
  for (std::uint32_t id = 0; id < index.node_count(); ++id) check_node(index, id);
  for (const std::string_view module : index.modules()) CHECK(is_clean_text(module));
  for (const std::string_view line : index.diagnostics()) CHECK(is_clean_text(line));
  for (const char* name : {"1.3.6.1.2.1.2.2.1.8", "ifIndex.3", "A::b", "2.999", "", "::", "."}) {
    if (const auto oid = index.find(name)) (void)index.lookup(*oid);
  }
}

}  // namespace

std::vector<Seed> seeds() {
  mib::IndexWriter writer;
  const auto define = [&](const char* oid, const char* name, mib::NodeKind kind) {
    mib::IndexWriter::Definition made;
    made.oid = *snmp::Oid::parse(oid);
    made.module = "A-MIB";
    made.name = name;
    made.kind = kind;
    made.syntax = mib::Syntax::kInteger32;
    made.display_hint = "d-2";
    made.labels = {{1, "up"}, {2, "down"}};
    if (kind == mib::NodeKind::kNotification) made.objects = {{"b", made.oid}, {"c", {}}};
    writer.define(std::move(made));
  };
  define("1.3.6.1", "internet", mib::NodeKind::kStructure);
  define("1.3.6.1.4.1.99.1", "b", mib::NodeKind::kObject);
  define("1.3.6.1.4.1.99.0.1", "c", mib::NodeKind::kNotification);
  writer.name("B-MIB", "b", *snmp::Oid::parse("1.3.6.1"));
  writer.diagnostic("a line");
  const auto full = writer.finish({});
  const auto none = mib::IndexWriter().finish({});
  CHECK(full.has_value() && none.has_value());
  return {{"three nodes", Output().u8(0).raw(*full).done()},
          {"empty", Output().u8(0).raw(*none).done()}};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  const bool as_it_is = input.flag();
  const trapd::ByteView rest = input.rest();
  std::vector<std::uint8_t> bytes(rest.begin(), rest.end());
  if (!as_it_is) trapd::fuzz::repair_header(&bytes);
  trapd::fuzz::check_index(std::move(bytes));
  return 0;
}
