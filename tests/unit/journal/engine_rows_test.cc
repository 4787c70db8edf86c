// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/engine_rows.h"

#include <map>
#include <random>

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
  rows.take_dirty(16, [&](std::string_view engine, const EngineRow* row) {
    ++visits;
    REQUIRE(row != nullptr);
    written[std::string(engine)] = row->latest_time;
  });
  CHECK(visits == 500);
  CHECK(written.size() == 500);
  CHECK(written["engine499"] == 101);
  CHECK(!rows.oldest_dirty());  // no replay could bring them back
  note(7, 102);
  visits = 0;
  rows.take_dirty(16, [&](std::string_view, const EngineRow*) { ++visits; });
  CHECK(visits == 1);
}

TEST_CASE("clocks of random engines against a map, with some forgotten and come again") {
  EngineRows rows("own");
  std::map<std::string, std::uint32_t> model;    // latest times
  std::map<std::string, std::uint32_t> written;  // as on disk
  std::minstd_rand random(5);
  const auto engine_of = [](std::uint32_t number) {  // of 5 to 32 octets
    std::string id = "e" + std::to_string(1000 + number);
    return id.append(number % 28, 'x');
  };
  for (std::uint64_t sequence = 1; sequence <= 20000; ++sequence) {
    const std::string engine = engine_of(static_cast<std::uint32_t>(random() % 300));
    if (random() % 10 == 0) {
      RecordSpec spec;
      spec.engine_id = engine;
      spec.kind = alarm::Kind::kForgetEngine;
      const auto record = make_record(spec);
      rows.note(alarm::RecordView(record), sequence);
      model.erase(engine);
    } else {
      const std::uint32_t time = 1 + static_cast<std::uint32_t>(random() % 1000);
      const auto record = record_of(engine, time);
      rows.note(alarm::RecordView(record), sequence);
      std::uint32_t& latest = model[engine];
      latest = std::max(latest, time);
    }
    if (random() % 4 == 0) {
      rows.take_dirty(3, [&](std::string_view id, const EngineRow* row) {
        if (row == nullptr) {
          written.erase(std::string(id));
        } else {
          written[std::string(id)] = row->latest_time;
        }
      });
    }
    REQUIRE(rows.size() == model.size());
    REQUIRE(rows.has(as_bytes(engine)) == model.contains(engine));
  }
  std::map<std::string, std::uint32_t> told;
  rows.for_each(
      [&](ByteView id, const EngineRow& row) { told[std::string(as_text(id))] = row.latest_time; });
  CHECK(told == model);
  while (rows.oldest_dirty()) {
    rows.take_dirty(100, [&](std::string_view id, const EngineRow* row) {
      if (row == nullptr) {
        written.erase(std::string(id));
      } else {
        written[std::string(id)] = row->latest_time;
      }
    });
  }
  CHECK(written == model);
}

}  // namespace
}  // namespace trapd::journal
