// SPDX-License-Identifier: Apache-2.0
// A small language for the journal's tests: directories, records, workers, a running ledger.
#pragma once

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/journal/engine_rows.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/ring_item.h"
#include "trapd/journal/scan.h"
#include "trapd/journal/store.h"

// After trapd's headers: its CHECK is the tests' CHECK from here on.
#include <doctest/doctest.h>

namespace trapd::journal {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-journal-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <typename Condition>
bool wait_until(Condition&& condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

/// A v3 authPriv trap of a device, to be altered as a test needs.
struct RecordSpec {
  alarm::Kind kind = alarm::Kind::kNotification;
  alarm::Action action = alarm::Action::kEvent;
  alarm::Severity severity = alarm::Severity::kMajor;
  std::string engine_id = "engine-1";
  std::string device = "device-1";
  std::string name = "linkDown";
  std::string resource = "1";
  std::uint8_t security_level = 3;
  std::uint32_t boots = 1;
  std::uint32_t time = 100;
  std::int32_t request_id = 0;
  std::uint64_t retransmission_hash = 0;
  std::uint64_t duplicate_hash = 0;
  std::uint8_t flags = 0;
  std::uint32_t timeout_s = 0;
  std::size_t varbind_octets = 40;
  std::int64_t wall_ns = kNsPerSecond * 1'700'000'000;
};

inline std::vector<std::uint8_t> make_record(const RecordSpec& spec) {
  alarm::RecordFields fields;
  fields.header.kind = spec.kind;
  fields.header.snmp_version = 3;
  fields.header.security_level = spec.security_level;
  fields.header.severity = spec.severity;
  fields.header.action = spec.action;
  fields.header.engine_boots = spec.boots;
  fields.header.engine_time = spec.time;
  fields.header.request_id = spec.request_id;
  fields.header.retransmission_hash = spec.retransmission_hash;
  fields.header.duplicate_hash = spec.duplicate_hash;
  fields.header.flags = spec.flags;
  fields.extension.timeout_s = spec.timeout_s;
  fields.header.received_wall_ns = spec.wall_ns;
  const std::vector<std::uint8_t> varbinds(spec.varbind_octets, 0x5a);
  fields.set(alarm::Field::kAuthoritativeEngineId, spec.engine_id);
  fields.set(alarm::Field::kDevice, spec.device);
  fields.set(alarm::Field::kAlarmName, spec.name);
  fields.set(alarm::Field::kResource, spec.resource);
  fields[alarm::Field::kVarbinds] = varbinds;
  std::vector<std::uint8_t> record(alarm::encoded_size(fields));
  CHECK(alarm::encode(fields, record) == record.size());
  return record;
}

/// What an ingest worker is to the ledger.
class FakeWorker {
 public:
  FakeWorker() : records_(1 << 20), answers_(1 << 20) {}

  Ledger::Source source() { return {&records_, &answers_, &wakeup_}; }
  bool try_put(const std::vector<std::uint8_t>& record, const std::string& answer = {},
               bool heard_only = false) {
    const std::size_t size = sizeof(RingItemHeader) + record.size() + answer.size();
    const MutableBytes room = records_.reserve(size);
    if (room.empty()) return false;
    store_le(room.data(),
             RingItemHeader{static_cast<std::uint32_t>(record.size()),
                            static_cast<std::uint32_t>(answer.size()), heard_only ? 1u : 0u, 0});
    std::memcpy(room.data() + sizeof(RingItemHeader), record.data(), record.size());
    if (!answer.empty()) {
      std::memcpy(room.data() + sizeof(RingItemHeader) + record.size(), answer.data(),
                  answer.size());
    }
    records_.commit(size);
    return true;
  }
  void put(const Ledger& ledger, const std::vector<std::uint8_t>& record,
           const std::string& answer = {}) {
    CHECK(wait_until([&] { return try_put(record, answer); }));
    ledger.wakeup().notify();
  }
  void put_heard_only(const Ledger& ledger, const std::vector<std::uint8_t>& record) {
    CHECK(wait_until([&] { return try_put(record, {}, true); }));
    ledger.wakeup().notify();
  }
  std::vector<std::string> take_answers() {
    std::vector<std::string> taken;
    for (ByteView answer = answers_.front(); !answer.empty(); answer = answers_.front()) {
      taken.emplace_back(as_text(answer));
      answers_.pop();
    }
    return taken;
  }
  bool is_drained() const { return records_.empty(); }

 private:
  SpscRing records_;
  SpscRing answers_;
  Wakeup wakeup_;
};

inline std::vector<std::uint8_t> own_engine() { return {0x80, 0, 0x1f, 0x88, 5, 1, 2, 3}; }

/// A store with a running ledger and one worker.
class RunningLedger {
 public:
  explicit RunningLedger(std::string directory, std::uint64_t max_size = 64 << 20,
                         std::uint64_t map_size = 0)
      : directory_(std::move(directory)), max_size_(max_size), map_size_(map_size) {
    options.own_engine_id = own_engine();
    options.own_device_name = "gateway";
    options.own_trap_prefix = {0x2b, 6, 1, 4, 1};
    options.commit_retry = std::chrono::milliseconds(5);
    options.checkpoint_interval = std::chrono::milliseconds(20);
  }
  ~RunningLedger() { stop(); }

  void open() {
    Result<std::unique_ptr<Store>> opened = Store::open({directory_, max_size_, map_size_});
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text));
    store_ = std::move(*opened);
    Result<std::unique_ptr<Ledger>> made = Ledger::open(options, *store_, clock);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().text));
    ledger_ = std::move(*made);
    worker_ = std::make_unique<FakeWorker>();
  }
  void start() { ledger_->start({worker_->source()}); }
  void run() {
    open();
    start();
  }
  void stop() {
    ledger_.reset();
    worker_.reset();
    store_.reset();
  }
  void restart() {
    stop();
    run();
  }

  void put(const RecordSpec& spec, const std::string& answer = {}) {
    worker_->put(*ledger_, make_record(spec), answer);
  }
  bool wait_committed(std::uint64_t sequence) {
    return wait_until([&] { return ledger_->committed() >= sequence; });
  }
  /// Answers until there are n.
  std::vector<std::string> answers(std::size_t n) {
    std::vector<std::string> all;
    wait_until([&] {
      for (std::string& answer : worker_->take_answers()) all.push_back(std::move(answer));
      return all.size() >= n;
    });
    return all;
  }

  Ledger& ledger() { return *ledger_; }
  Store& store() { return *store_; }
  FakeWorker& worker() { return *worker_; }

  Ledger::Options options;
  VirtualClock clock;

 private:
  std::string directory_;
  std::uint64_t max_size_;
  std::uint64_t map_size_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<FakeWorker> worker_;
  std::unique_ptr<Ledger> ledger_;
};

inline std::vector<alarm::RecordHeader> headers(const Store& store, std::uint64_t from = 1) {
  std::vector<alarm::RecordHeader> all;
  const Status done = scan(store, from, [&](const alarm::RecordView& record) {
    all.push_back(record.header());
    return true;
  });
  CHECK(done.has_value());
  return all;
}

using AlarmRows = std::map<std::uint64_t, std::string>;
using EngineMap = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;

inline AlarmRows alarm_rows(const Ledger& ledger) {
  AlarmRows rows;
  for (const alarm::AlarmState& state : ledger.alarms()) rows[state.id] = encode_alarm(state);
  return rows;
}
inline EngineMap engine_map(const Ledger& ledger) {
  EngineMap engines;
  ledger.for_each_engine([&](ByteView id, const EngineRow& row) {
    engines[std::string(as_text(id))] = {row.boots, row.latest_time};
  });
  return engines;
}

/// What a replay of the whole journal gives, without any checkpoint.
struct FullReplay {
  explicit FullReplay(const Store& store) {
    alarm::Correlator correlator({});
    EngineRows rows{std::string(as_text(own_engine()))};
    const Status done = scan(store, 1, [&](const alarm::RecordView& record) {
      correlator.replay(record);
      rows.note(record, record.header().sequence);
      return true;
    });
    CHECK(done.has_value());
    correlator.for_each(
        [&](const alarm::AlarmState& state) { alarms[state.id] = encode_alarm(state); });
    rows.for_each([&](ByteView id, const EngineRow& row) {
      engines[std::string(as_text(id))] = {row.boots, row.latest_time};
    });
  }
  AlarmRows alarms;
  EngineMap engines;
};

}  // namespace trapd::journal
