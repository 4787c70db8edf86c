// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/engine_rows.h"

#include "tests/unit/journal/fixtures.h"
#include "trapd/snmp/message.h"

namespace trapd::journal {
namespace {

std::vector<std::uint8_t> record_of(const std::string& engine, std::uint32_t time) {
  RecordSpec spec;
  spec.engine_id = engine;
  spec.boots = 1;
  spec.time = time;
  spec.security_level = static_cast<std::uint8_t>(snmp::SecurityLevel::kAuthPriv);
  return make_record(spec);
}

TEST_CASE("clocks of what leaves no record are all written with the next rows, each once") {
  EngineRows rows("own");
  const auto note = [&](int engine, std::uint32_t time) {
    const auto record = record_of("engine" + std::to_string(engine), time);
    rows.note_unrecorded(alarm::RecordView(record));
  };
  for (int engine = 0; engine < 500; ++engine) {
    note(engine, 100);
    note(engine, 101);
  }
  std::map<std::string, std::uint32_t> written;
  std::size_t visits = 0;
  rows.take_dirty(16, [&](const std::string& engine, const EngineRow* row) {
    ++visits;
    REQUIRE(row != nullptr);
    written[engine] = row->latest_time;
  });
  CHECK(visits == 500);
  CHECK(written.size() == 500);
  CHECK(written["engine499"] == 101);
  CHECK(!rows.oldest_dirty());  // no replay could bring them back
  note(7, 102);
  visits = 0;
  rows.take_dirty(16, [&](const std::string&, const EngineRow*) { ++visits; });
  CHECK(visits == 1);
}

}  // namespace
}  // namespace trapd::journal
