// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/receiver.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "mib/trapd_mib.h"
#include "tests/scenario/configuration.h"
#include "tests/scenario/failure.h"
#include "trapd/gateway_parts.h"
#include "trapd/ingest/answer.h"
#include "trapd/ingest/engine_clocks.h"
#include "trapd/ingest/pipeline.h"
#include "trapd/journal/own_state.h"
#include "trapd/journal/scan.h"

namespace trapd::scenario {
namespace {

constexpr std::size_t kRecordRing = 4 << 20;
constexpr std::size_t kAnswerRing = 8 << 20;
constexpr std::int64_t kTicksMax = 2000;  // of one wait
const char* const kLocal = "192.0.2.100:162";

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

template <typename T>
T need(Result<T> result) {
  if (!result) throw Mistake(result.error().text);
  return std::move(*result);
}

void need(const Status& status, const char* what) {
  if (!status.has_value()) throw Mistake(std::string(what) + " was refused");
}

}  // namespace

struct Receiver::Process {
  config::Config config;
  Compiled compiled;
  std::unique_ptr<journal::Store> store;
  std::unique_ptr<usm::OwnEngine> own;
  std::unique_ptr<usm::EngineTable> engines;
  std::unique_ptr<Published<usm::SecurityConfig>> security;
  std::unique_ptr<Published<ingest::Snapshot>> snapshot;
  SpscRing records{kRecordRing};
  SpscRing answers{kAnswerRing};
  Wakeup worker;
  ingest::WorkerCounters counters;
  ingest::RefusalNotices notices;
  std::unique_ptr<journal::Ledger> ledger;
  std::unique_ptr<ingest::SecurityWatch> watch;
  std::unique_ptr<ingest::Pipeline> pipeline;
  std::uint64_t sent = 0;                  // by the scenario
  std::uint64_t notifications_before = 0;  // in the journal, when this process began
};

Receiver::Receiver(const Places& places) : places_(places) {
  namespace fs = std::filesystem;
  const fs::path directory = places.directory;
  fs::create_directory_symlink(places.conf, directory / "conf");
  fs::create_directory_symlink(places.here, directory / "here");
  fs::copy_file(places.mib_index, directory / "mib.index");
}

Receiver::~Receiver() = default;

/// As the gateway does it: read, checked and compiled as a whole before anything changes.
void Receiver::load(const std::string& yaml) {
  const std::string file = places_.directory + "/trapd.yaml";
  std::ofstream(file, std::ios::binary | std::ios::trunc) << completed_configuration(yaml);
  auto loaded = config::load(file, true);
  if (!loaded) throw Mistake("the configuration is refused:" + joined(loaded.error().lines));
  if (process_->store != nullptr) {
    const auto fixed = config::changed_start_keys(process_->config.start, loaded->start);
    if (!fixed.empty()) throw Mistake("only a restart can change" + joined(fixed));
  }
  auto made = compile(*loaded, places_.directory + "/mib.index", nullptr);
  if (!made) throw Mistake("the configuration is refused:" + joined(made.error()));
  process_->config = std::move(*loaded);
  process_->compiled = std::move(*made);
}

void Receiver::configure(const std::string& yaml) {
  if (running()) {
    load(yaml);
    process_->security->publish(process_->compiled.security);
    process_->snapshot->publish(process_->compiled.snapshot);
    process_->pipeline->refresh();
    process_->ledger->set_correlation(process_->config.live.correlation);
  }
  yaml_ = yaml;
}

void Receiver::start() {
  process_ = std::make_unique<Process>();
  Process& process = *process_;
  load(yaml_);
  const config::StartConfig& start = process.config.start;
  process.store = need(journal::Store::open({start.store_directory, start.store_max_size_bytes}));
  const journal::OwnState own =
      need(journal::raise_own_boots(*process.store, start.engine_id, &usm::make_engine_id));
  process.own = std::make_unique<usm::OwnEngine>(own.engine_id, own.boots, clock_);
  journal::Ledger::Options options;
  options.alarms_max = start.alarms_max;
  options.duplicates_max = start.duplicates_max;
  options.correlation = process.config.live.correlation;
  options.own_engine_id = own.engine_id;
  options.own_device_name = "trapd";
  const ByteView prefix = trapd::mib::kTrapdNotifications.view().content();
  options.own_trap_prefix.assign(prefix.begin(), prefix.end());
  process.ledger = need(journal::Ledger::open(options, *process.store, clock_));
  process.engines = std::make_unique<usm::EngineTable>(start.engines_max);
  ingest::restore_engine_clocks(*process.ledger, clock_, process.engines.get());
  process.watch = std::make_unique<ingest::SecurityWatch>(*process.ledger, *process.engines);
  make_pipeline();
  process.ledger->start({{&process.records, &process.answers, &process.worker}});
  process.notifications_before = notifications_;
  resume_own_alarms();
  settle();
}

/// Of the last process, so that they end when what raised them has ended.
void Receiver::resume_own_alarms() {
  const std::string own_device = to_hex(process_->own->engine_id());
  for (const alarm::AlarmState& alarm : process_->ledger->alarms_of(own_device)) {
    const auto condition = alarm::own_condition(alarm.name);
    if (!condition) continue;
    process_->watch->resume(*condition, alarm.resource, clock_.monotonic_ns());
  }
}

void Receiver::make_pipeline() {
  Process& process = *process_;
  process.security = std::make_unique<Published<usm::SecurityConfig>>(process.compiled.security);
  process.snapshot = std::make_unique<Published<ingest::Snapshot>>(process.compiled.snapshot);
  ingest::WorkerCounters& counters = process.counters;
  ingest::Pipeline::Options options;
  options.dropped_total = [&](snmp::DropReason reason) { return counters.dropped.get(reason); };
  options.own_window_misses_total = [&] { return counters.own_window_misses.get(); };
  process.pipeline = std::make_unique<ingest::Pipeline>(
      std::move(options), *process.security, *process.snapshot, *process.engines, *process.own,
      process.records, counters, &process.notices);
}

void Receiver::stop() {
  ingest::record_engine_clocks(*process_->engines, clock_, process_->ledger.get());
  settle();
  process_.reset();
}

void Receiver::receive(ByteView bytes, const Endpoint& source) {
  Process& process = *process_;
  net::Datagram datagram;
  datagram.bytes = bytes;
  datagram.source = source;
  datagram.local = *Endpoint::parse(kLocal);
  datagram.wall_ns = clock_.wall_ns();
  ++process.sent;
  if (!process.pipeline->process(datagram, {0, 0}, clock_.monotonic_ns())) {
    throw Disappointment("room in the ring", "it is full");
  }
  const ByteView reply = process.pipeline->reply();
  if (!reply.empty()) take_answer(reply);
  ingest::RefusalNotice notice;
  while (process.notices.next(&notice)) process.watch->see(notice, clock_.monotonic_ns());
  process.ledger->wakeup().notify();
  settle();
  for (const journal::ReplayNotice& replay : process.ledger->take_replays()) {
    process.watch->see(replay, clock_.monotonic_ns());
  }
  settle();
}

void Receiver::wait(std::int64_t ns) {
  const std::int64_t tick_ns = std::max(kNsPerSecond, ns / kTicksMax);
  while (ns > 0) {
    const std::int64_t step_ns = std::min(ns, tick_ns);
    clock_.advance_ns(step_ns);
    ns -= step_ns;
    if (!running()) continue;
    ingest::record_engine_clocks(*process_->engines, clock_, process_->ledger.get());
    process_->watch->tick(clock_.monotonic_ns());
    settle();
  }
}

/// An operator's action is looked at before the rings and queues of its turn, and one on an alarm
/// that cannot exist is refused at once. So when the second one is, the turn of the first is over
/// with its commit, and whatever was there before is on disk; when the third is, so is what the
/// ledger itself had to report of that.
void Receiver::settle() {
  for (int i = 0; i < 3; ++i) {
    if (process_->ledger->clear_alarm(0, "scenario", "").has_value()) {
      throw Disappointment("no alarm of the number 0", "one was cleared");
    }
  }
  if (const std::string why = process_->ledger->commit_error(); !why.empty()) throw Mistake(why);
  collect();
  check_law();
}

void Receiver::take_answer(ByteView bytes) {
  answers_.push_back(read_answer(bytes, users(), *mib()));
  if (!answers_.back().engine.empty()) learned_ = answers_.back();
}

/// What the ledger has given: records, and answers that may leave now.
void Receiver::collect() {
  Process& process = *process_;
  for (ByteView item = process.answers.front(); !item.empty(); item = process.answers.front()) {
    ingest::AnswerHeader header;
    std::memcpy(&header, item.data(), sizeof header);
    take_answer(item.subspan(sizeof header, header.message_octets));
    process.answers.pop();
  }
  if (process.ledger->committed() <= last_sequence_) return;
  const Status read =
      journal::scan(*process.store, last_sequence_ + 1, [&](const alarm::RecordView& record) {
        records_.push_back(facts_of(record));
        last_sequence_ = record.header().sequence;
        if (record.header().kind == alarm::Kind::kNotification) ++notifications_;
        return true;
      });
  need(read, "reading the journal");
}

void Receiver::check_law() const {
  const Counts now = counts();
  if (now.received != process_->sent) {
    throw Disappointment("received " + std::to_string(process_->sent), now.text());
  }
  if (!now.conserved())
    throw Disappointment("received = stored + suppressed + dropped", now.text());
  const std::uint64_t written = notifications_ - process_->notifications_before;
  if (now.stored != written) {
    throw Disappointment(std::to_string(now.stored) + " notifications in the journal, as counted",
                         std::to_string(written));
  }
}

void Receiver::forget_engine(const Bytes& engine_id) {
  if (!process_->engines->forget(engine_id)) throw Mistake("this engine is not known");
  process_->watch->forget_engine(engine_id);
  need(process_->ledger->forget_engine(engine_id, "operator"), "forget-engine");
  settle();
}

void Receiver::acknowledge(std::uint64_t alarm_id) {
  need(process_->ledger->acknowledge(alarm_id, "operator", "seen by the scenario"),
       "the acknowledgement");
  settle();
}

void Receiver::clear_alarm(std::uint64_t alarm_id) {
  need(process_->ledger->clear_alarm(alarm_id, "operator", "ended by the scenario"), "the clear");
  settle();
}

Counts Receiver::counts() const {
  const ingest::WorkerCounters& worker = process_->counters;
  const journal::LedgerCounters& ledger = process_->ledger->counters();
  Counts counts;
  counts.received = worker.received[0].get();
  counts.stored = ledger.stored.get();
  counts.originated = ledger.originated.get();
  for (std::size_t i = 0; i < counts.suppressed.size(); ++i) {
    const auto reason = static_cast<snmp::SuppressReason>(i);
    counts.suppressed[i] = worker.suppressed.get(reason) + ledger.suppressed.get(reason);
  }
  for (std::size_t i = 0; i < counts.dropped.size(); ++i) {
    counts.dropped[i] = worker.dropped.get(static_cast<snmp::DropReason>(i));
  }
  for (std::size_t i = 0; i < counts.tolerated.size(); ++i) {
    counts.tolerated[i] = worker.tolerated.get(static_cast<snmp::Deviation>(i));
  }
  counts.silent_drops = worker.silent_drops.get();
  return counts;
}

std::vector<alarm::AlarmState> Receiver::alarms() const { return process_->ledger->alarms(); }
std::size_t Receiver::engines() const { return process_->engines->size(); }
const std::vector<std::string>& Receiver::warnings() const { return process_->config.warnings; }
const usm::UserTable& Receiver::users() const { return process_->compiled.security->users; }
std::shared_ptr<const mib::MibIndex> Receiver::mib() const { return process_->compiled.mib; }
Bytes Receiver::own_engine() const {
  const ByteView id = process_->own->engine_id();
  return {id.begin(), id.end()};
}
std::uint32_t Receiver::own_boots() const { return process_->own->boots(); }
std::uint32_t Receiver::own_time() const { return process_->own->time(); }

}  // namespace trapd::scenario
