// SPDX-License-Identifier: Apache-2.0
// Reaches render_value, render_varbind, enum_label, format_integer, format_octets with any
// DISPLAY-HINT, labels, syntax and value.
//
// An input: syntax, textual convention, hint, a label, options, then a tag and a content.
#include <vector>

#include "mib/index_writer.h"
#include "mib/render.h"
#include "tests/data/ber_bytes.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

constexpr const char* kConventions[] = {"", "DateAndTime", "InetAddress", "DisplayString"};

std::shared_ptr<const mib::MibIndex> read_index(Input& input, const snmp::Oid& oid) {
  mib::IndexWriter writer;
  mib::IndexWriter::Definition object;
  object.oid = oid;
  object.module = "A-MIB";
  object.name = "object";
  object.kind = mib::NodeKind::kObject;
  object.syntax = static_cast<mib::Syntax>(input.below(mib::kSyntaxMax + 1));
  object.textual_convention = kConventions[input.below(4)];
  object.display_hint = input.text();
  const auto number = static_cast<std::int32_t>(input.u32());
  if (const auto label = input.text(); !label.empty())
    object.labels = {{number, std::string(label)}};
  writer.define(std::move(object));
  auto bytes = writer.finish({});
  if (!bytes) return nullptr;
  const auto index = mib::MibIndex::from_bytes(std::move(*bytes));
  CHECK(index.has_value());  // whatever a module says, what is written can be read
  return *index;
}

void check_rendered(Input& input) {
  static const snmp::Oid oid = *snmp::Oid::parse("1.3.6.1.4.1.99.1");
  const auto index = read_index(input, oid);
  if (index == nullptr) return;
  mib::RenderOptions options;
  options.labels = static_cast<mib::LabelForm>(input.below(3));
  options.ticks = static_cast<mib::TicksForm>(input.below(3));
  options.text_octets_max = input.u8();
  const std::uint8_t tag = input.u8();
  const ber::Value value{tag, input.rest()};
  for (const snmp::Oid& name : {oid.child(0), oid, *snmp::Oid::parse("1.3.6.1.4.1.98")}) {
    const std::string text = mib::render_value(*index, name, value, options);
    CHECK(is_clean_text(text));
    CHECK(text.size() <= std::max<std::size_t>(options.text_octets_max, 16));
    const auto both = mib::render_varbind(*index, {name, value}, options);
    CHECK(both.value == text && is_clean_text(both.name));
    (void)mib::enum_label(*index, name, value);
  }
}

Seed seed(const char* name, mib::Syntax syntax, unsigned convention, std::string_view hint,
          unsigned tag, ByteView content) {
  return {name, Output()
                    .u8(static_cast<unsigned>(syntax))
                    .u8(convention)
                    .text(hint)
                    .u32(2)
                    .text("down")
                    .u8(0)
                    .u8(2)
                    .u8(200)
                    .u8(tag)
                    .raw(content)
                    .done()};
}

}  // namespace

std::vector<Seed> seeds() {
  using mib::Syntax;
  const auto date = test::hex("07e60b17060f0f002b0200");
  return {seed("enumeration", Syntax::kInteger32, 0, "", 0x02, test::hex("02")),
          seed("hundredths", Syntax::kInteger32, 0, "d-2", 0x02, test::hex("ff38")),
          seed("date", Syntax::kOctetString, 1, "2d-1d-1d,1d:1d:1d.1d,1a1d:1d", 0x04, date),
          seed("repeat", Syntax::kOctetString, 0, "*1x:/1x;", 0x04, test::hex("03aabbcc01ff")),
          seed("utf8", Syntax::kOctetString, 3, "255t", 0x04, test::hex("e4b8ad00ff1b5b")),
          seed("address", Syntax::kOctetString, 2, "", 0x04, test::hex("c0000207")),
          seed("bits", Syntax::kBits, 0, "", 0x04, test::hex("a0ff")),
          seed("opaque", Syntax::kOpaque, 0, "", 0x44, test::hex("9f780442280000")),
          seed("ticks", Syntax::kTimeTicks, 0, "", 0x43, test::hex("3039"))};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  trapd::fuzz::check_rendered(input);
  return 0;
}
