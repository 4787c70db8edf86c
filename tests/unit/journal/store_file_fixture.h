// SPDX-License-Identifier: Apache-2.0
// A store with some of everything in it, and its data.mdb to be spoilt.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/journal/damage.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/own_state.h"
#include "trapd/journal/store_copy.h"
#include "trapd/journal/store_verify.h"
#include "trapd/journal/store_view.h"

namespace trapd::journal {

/// Some records of some alarms and engines, an acknowledgement, cursors.
inline void put_some(RunningLedger* running, int rounds, std::uint32_t time = 100) {
  std::uint64_t newest = running->ledger().committed();
  for (int i = 0; i < rounds; ++i) {
    RecordSpec spec;
    spec.varbind_octets = 0;
    spec.engine_id = "engine-" + std::to_string(i % 7);
    spec.device = "device-" + std::to_string(i % 7);
    spec.resource = std::to_string(i % 13);
    spec.action = i % 5 == 4 ? alarm::Action::kClear : alarm::Action::kRaise;
    spec.severity = i % 3 == 0 ? alarm::Severity::kMajor : alarm::Severity::kMinor;
    // Some values have pages of their own, whatever is committed together.
    if (i % 100 == 77) {
      spec.action = alarm::Action::kEvent;
      spec.name = spec.device = std::string(1000, 'n');
    }
    spec.time = time + static_cast<std::uint32_t>(i);
    running->put(spec);
    // Now and then a commit ends, so that there are values of many sizes.
    if (i % 50 == 49) REQUIRE(running->wait_committed(newest + static_cast<std::uint64_t>(i) + 1));
  }
  REQUIRE(running->wait_committed(newest + static_cast<std::uint64_t>(rounds)));
}

inline std::vector<std::uint8_t> fixed_engine_id() { return own_engine(); }

/// Like trapd: raises the boots, runs a ledger for some records, stops.
inline void run_once(const std::string& directory, int rounds, std::uint32_t time = 100) {
  {
    Result<std::unique_ptr<Store>> store = Store::open({directory, 64 << 20});
    REQUIRE(store.has_value());
    REQUIRE(raise_own_boots(**store, {}, &fixed_engine_id));
  }
  RunningLedger running(directory);
  running.run();
  put_some(&running, rounds, time);
  const std::vector<alarm::AlarmState> alarms = running.ledger().alarms();
  if (!alarms.empty()) REQUIRE(running.ledger().acknowledge(alarms.front().id, "alice", "seen"));
  running.ledger().report_cursor("noc", running.ledger().committed() / 2);
  running.stop();
}

inline std::string data_file(const std::string& directory) { return directory + "/data.mdb"; }

inline Verdict verdict_of(const std::string& directory) {
  auto view = StoreView::open(directory);
  REQUIRE_MESSAGE(view, (view ? "" : view.error().text));
  Result<Verdict> verdict = verify(view->get());
  REQUIRE_MESSAGE(verdict, (verdict ? "" : verdict.error().text));
  return std::move(*verdict);
}

/// All findings, a line each.
inline std::string findings(const Verdict& verdict) {
  std::string text;
  for (const Finding& finding : verdict.findings)
    text += finding.where + ": " + finding.text + "\n";
  return text;
}
inline std::string findings(const std::string& directory) {
  return findings(verdict_of(directory));
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::string sequence_key(std::uint64_t sequence) {
  std::string key(8, '\0');
  store_be64(reinterpret_cast<std::uint8_t*>(key.data()), sequence);
  return key;
}

/// Writes one row behind the store's back.
inline void overwrite_row(const std::string& directory, const std::string& table,
                          std::string_view key, std::string_view value) {
  StoreCopy copy;
  REQUIRE(copy.open(directory, 64 << 20));
  REQUIRE(copy.put(table, as_bytes(key), as_bytes(value), false));
  REQUIRE(copy.close());
}

/// Lets the value of this key, which has pages of its own, lie where the file has no page: in every
/// leaf that has such a node, those of earlier commits too. What merely looks like one stays.
inline std::size_t misplace_value(const std::string& directory, std::uint64_t first_sequence) {
  constexpr std::size_t kPage = 4096;
  std::fstream file(data_file(directory), std::ios::binary | std::ios::in | std::ios::out);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto at = [&](std::size_t place) {
    return std::size_t{load_le<std::uint16_t>(as_bytes(all).data() + place)};
  };
  const std::string node = std::string("\x01\x00\x08\x00", 4) + sequence_key(first_sequence);
  std::size_t found = 0;
  for (std::size_t page = 2 * kPage; page + kPage <= all.size(); page += kPage) {
    const bool is_leaf = at(page + 10) == 2 && at(page + 12) <= kPage;
    for (std::size_t i = 16; is_leaf && i < at(page + 12); i += 2) {
      const std::size_t place = page + at(page + i);
      if (all.compare(place + 4, node.size(), node) != 0) continue;
      file.seekp(static_cast<std::streamoff>(place + 16));
      file.write("\xff\xff\xff\xff\xff\0\0\0", 8);
      ++found;
    }
  }
  return found;
}

inline std::string row_of(const std::string& directory, const std::string& table,
                          std::string_view key) {
  StoreCopy copy;
  REQUIRE(copy.open(directory, 64 << 20));
  const Result<std::string> value = copy.get(table, as_bytes(key));
  REQUIRE(value.has_value());
  return *value;
}

}  // namespace trapd::journal
