// SPDX-License-Identifier: Apache-2.0
// Reaches MessageRenderer in its four formats with any record; RFC 5424 is read back by a reader
// that was written from the ABNF, JSON by a JSON parser.
//
// An input: format, size limit, then a record (made_record.h).
#include <nlohmann/json.hpp>
#include <vector>

#include "forwarders/syslog/message.h"
#include "mib/index_writer.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/made_record.h"
#include "tests/fuzz/target.h"
#include "tests/unit/forwarders_syslog/syslog_grammar.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

using Format = forwarders::SyslogSettings::Format;

std::shared_ptr<const mib::MibIndex> make_index() {
  mib::IndexWriter writer;
  mib::IndexWriter::Definition object;
  object.oid = *snmp::Oid::parse("1.3.6.1.2.1.2.2.1.8");
  object.module = "IF-MIB";
  object.name = "ifOperStatus";
  object.kind = mib::NodeKind::kObject;
  object.syntax = mib::Syntax::kInteger32;
  object.labels = {{1, "up"}, {2, "down"}};
  writer.define(std::move(object));
  auto bytes = writer.finish({});
  CHECK(bytes.has_value());
  return *mib::MibIndex::from_bytes(std::move(*bytes));
}

/// Throws, which ends the process, when the message is not one of RFC 5424.
void check_5424(const std::string& message, Format format) {
  const test::Message5424 parsed = test::Parser5424::parse(message);
  CHECK(parsed.app == "trapd" && parsed.host == "gateway");
  if (format == Format::kJson) CHECK(nlohmann::json::parse(parsed.text).is_object());
}

void check_message(Input& input) {
  static const Published<mib::MibIndex> index(make_index());
  static const VirtualClock clock;
  forwarders::SyslogSettings settings;
  settings.format = static_cast<Format>(input.below(4));
  settings.message_octets_max = input.u16();
  const forwarders::RenderContext context{.clock = clock,
                                          .mib = index,
                                          .host_name = "gateway",
                                          .own_engine_id = *from_hex("80001f8805aabbccdd")};
  const MadeRecord record(input);
  forwarders::syslog::MessageRenderer renderer(settings, context);
  std::string out = "old";
  renderer.render({record.view(), record.view().header().sequence, 1}, &out);
  const std::size_t octets_max =
      std::max<std::size_t>(settings.message_octets_max, forwarders::syslog::kMessageOctetsMin);
  CHECK(out.size() <= octets_max && out.starts_with('<'));
  CHECK(is_clean_text(out));  // no line feed, no NUL: one record stays one message
  if (settings.format == Format::kRfc5424 || settings.format == Format::kJson) {
    check_5424(out, settings.format);
  }
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> seeds;
  for (unsigned format = 0; format < 4; ++format) {
    for (const std::size_t octets_max : {std::size_t{480}, std::size_t{700}, std::size_t{8192}}) {
      const std::string name = std::to_string(format) + "-" + std::to_string(octets_max);
      const Output head = Output().u8(format).u16(octets_max);
      seeds.push_back({name, Output(head).raw(sample_record_input()).done()});
      seeds.push_back({name + "-hostile", Output(head).raw(hostile_record_input()).done()});
    }
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  trapd::fuzz::check_message(input);
  return 0;
}
