// SPDX-License-Identifier: Apache-2.0
#include "trapd/gateway.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "mib/trapd_mib.h"
#include "trapd/base/check.h"
#include "trapd/base/log.h"
#include "trapd/gateway_parts.h"
#include "trapd/ingest/engine_clocks.h"
#include "trapd/journal/own_state.h"

namespace trapd {

namespace {

constexpr std::chrono::milliseconds kDrainMax{2000};
constexpr std::chrono::milliseconds kCommitMax{5000};
// How long destinations may go on delivering: while the sockets queue for the next process, not
// long; when it stands ready, not at all. What is left waits in the journal.
constexpr std::chrono::milliseconds kFlushMax{5000};
constexpr std::chrono::milliseconds kFlushMaxWhileQueued{1000};
constexpr std::int64_t kOrphanNs = 24 * 3600 * kNsPerSecond;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string name_of_host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

void log_port_table(const Listeners& listeners, unsigned workers) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const net::UdpGroup& group = listeners.group(i);
    log::info("listening: UDP {} ({} socket{}{}, {} worker{})", group.local().text(), group.size(),
              group.size() == 1 ? "" : "s", group.adopted() ? ", passed in" : "", workers,
              workers == 1 ? "" : "s");
    for (const std::string& warning : group.warnings()) log::warning("{}", warning);
  }
}

}  // namespace

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::start(const std::string& config_file, Start how) {
  auto parts = std::make_unique<Parts>();
  parts->config_file = config_file;
  if (auto opened = parts->open(how == Start::kTakeOver); !opened)
    return Unexpected(opened.error());
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));  // NOLINT: private constructor
}

void Gateway::run() {
  ::sd_notify(0, "READY=1");
  ::uv_run(&parts_->loop, UV_RUN_DEFAULT);
  ::sd_notify(0, "STOPPING=1");
  parts_->stop();
}

Status Gateway::Parts::open(bool take_over) {
  started_wall_ns = clock.wall_ns();
  PhaseTimes times(clock);
  host_name = name_of_host();
  if (auto done = start_launcher(); !done) return done;
  auto first = config::load(config_file, false, &times);
  if (!first) return failure(joined(first.error().lines));
  const config::StartConfig& start = first->start;
  auto passed = take_over ? meet_predecessor(start.store_directory) : sockets_passed_by_systemd();
  if (!passed) return Unexpected(passed.error());
  if (auto done = open_agent_sockets(start, &*passed); !done) return done;
  auto bound = Listeners::open(start.listeners, std::move(*passed));
  if (!bound) return Unexpected(bound.error());
  listeners = std::move(*bound);
  if (auto done = give_up_rights(*first); !done) return done;
  times.end("sockets");

  // With the rights of the user we now are.
  auto whole =
      config::load_with_kept_keys(config_file, {.packets_flow = predecessor.has_value()}, &times);
  if (!whole) return failure(joined(whole.error().lines));
  config = std::move(*whole);
  for (const std::string& warning : config.warnings) log::warning("{}", warning);
  // A successor has everything compiled before it asks the other to end.
  if (!predecessor) {
    if (auto done = open_store_and_engine(); !done) return done;
    times.end("store");
  }
  auto compiled =
      compile(config, trapd::mib::index_file(config.start.store_directory), launcher.get(), &times);
  if (!compiled) return failure(joined(compiled.error()));
  if (predecessor) {
    if (auto done = await_predecessor(); !done) return done;
    times.end("predecessor");
    if (auto done = open_store_and_engine(); !done) return done;
    times.end("store");
  }
  keep_keys();
  resume_kernel_drops();
  security = std::make_unique<Published<usm::SecurityConfig>>(compiled->security);
  snapshot = std::make_unique<Published<ingest::Snapshot>>(compiled->snapshot);
  mib = std::make_unique<Published<trapd::mib::MibIndex>>(compiled->mib);

  CHECK(::uv_loop_init(&loop) == 0);
  auto listens = start_admin();
  if (listens) listens = give_up_calls();
  if (!listens) {
    ::uv_loop_close(&loop);
    return listens;
  }
  start_loop();
  start_ledger();
  start_workers();
  update_destinations();
  start_resyncs();
  start_test_events();
  test_events->set_destinations(config.live.destinations);
  update_agent();
  start_agent();
  follow_files();
  follow_devices();
  resume_own_alarms();
  integrity->start();
  log_port_table(*listeners, config.start.workers);
  let_go_of_sources();
  times.end("threads");
  log::info("started in {} ms: {}", times.total_ms(), times.text());
  if (http != nullptr) http->start();
  return {};
}

Status Gateway::Parts::open_store_and_engine() {
  journal::Store::Options options;
  options.directory = config.start.store_directory;
  options.max_size_bytes = config.start.store_max_size_bytes;
  auto opened = journal::Store::open(options);
  if (!opened) return Unexpected(opened.error());
  store = std::move(*opened);
  open_audit();
  auto own = journal::raise_own_boots(*store, config.start.engine_id, &usm::make_engine_id);
  if (!own) return Unexpected(own.error());
  log::info("own engine {} boots {}", to_hex(own->engine_id), own->boots);
  own_engine = std::make_unique<usm::OwnEngine>(own->engine_id, own->boots, clock);

  journal::Ledger::Options ledger_options;
  ledger_options.commit_delay = config.start.commit_delay;
  ledger_options.alarms_max = config.start.alarms_max;
  ledger_options.devices_max = config.start.engines_max;
  ledger_options.duplicates_max = config.start.duplicates_max;
  ledger_options.correlation = config.live.correlation;
  ledger_options.own_engine_id = own->engine_id;
  ledger_options.own_device_name = host_name;
  const ByteView prefix = trapd::mib::kTrapdNotifications.view().content();
  ledger_options.own_trap_prefix.assign(prefix.begin(), prefix.end());
  auto book = journal::Ledger::open(ledger_options, *store, clock);
  if (!book) return Unexpected(book.error());
  ledger = std::move(*book);

  engines = std::make_unique<usm::EngineTable>(config.start.engines_max);
  ingest::restore_engine_clocks(*ledger, clock, engines.get());
  own_boots_lost = own->boots_lost;
  own_former_id = own->former_id;
  if (own_boots_lost) {
    ledger->raise(alarm::OwnCondition::kBootsLost, "engine",
                  "own engine boots are lost: no inform can be authenticated to this engine; see "
                  "README, lost boots");
  }
  return {};
}

void Gateway::Parts::start_ledger() {
  ledger->on_commit([this](std::uint64_t) {
    dispatchers.with([](const auto& all) {
      for (const auto& [name, dispatcher] : all) dispatcher->wake();
    });
    ::uv_async_send(&on_commit);
  });
  ledger->on_loss([this](const std::string& destination, std::uint64_t records) {
    note_loss(destination, records);
  });
  watch = std::make_unique<ingest::SecurityWatch>(*ledger, *engines);
  certificates = std::make_unique<health::CertificateWatch>(*ledger);
  clock_watch = std::make_unique<health::ClockWatch>(*ledger);
  silence = std::make_unique<alarm::SilenceWatch>(*ledger);
  integrity = std::make_unique<health::IntegrityWatch>(*ledger);
  kernel_drops_seen.resize(listeners->size());
  audit_start();  // what is let in is on disk before anything is
}

void Gateway::Parts::start_workers() {
  const unsigned count = config.start.workers;
  std::vector<journal::Ledger::Source> sources;
  for (unsigned i = 0; i < count; ++i) {
    notices.push_back(std::make_unique<ingest::RefusalNotices>());
    ingest::Worker::Options options;
    options.index = i;
    options.pipeline.worker = i;
    // One entry for each (engine, user); some engines have two users, and ours has them all.
    options.pipeline.cached_keys_max = 2 * std::size_t{config.start.engines_max};
    options.pipeline.dropped_total = [this](snmp::DropReason reason) {
      return engine_dropped(reason);
    };
    options.pipeline.own_window_misses_total = [this] {
      return usm_total(usm::UsmCounter::kNotInTimeWindows);
    };
    workers.push_back(std::make_unique<ingest::Worker>(
        std::move(options), listeners->sockets_of(i, count), *security, *snapshot, *engines,
        *own_engine, ledger->wakeup(), clock, notices.back().get()));
    ingest::Worker& worker = *workers.back();
    sources.push_back({&worker.records(), &worker.answers(), &worker.wakeup()});
  }
  ledger->start(sources);
  ledger->raise(alarm::OwnCondition::kStarted, "trapd", "trapd has started");
  for (const auto& worker : workers) worker->start();
}

Status Gateway::Parts::start_admin() {
  auto server = admin::ControlServer::listen(&loop, store->directory() + "/" + admin::kSocketName,
                                             handlers());
  if (!server) return Unexpected(server.error());
  control = std::move(*server);
  if (!config.start.metrics) return {};
  admin::HttpServer::Options options;
  options.listen = *config.start.metrics;
  options.metrics = [this] { return metrics(); };
  options.ready = [this] { return readiness(); };
  auto served = admin::HttpServer::bind(std::move(options));
  if (!served) {
    control.reset();
    return Unexpected(served.error());
  }
  http = std::move(*served);
  log::info("listening: HTTP {} (/metrics /health /ready)", http->endpoint().text());
  return {};
}

void Gateway::Parts::start_loop() {
  const auto stop_loop = [](uv_signal_t* signal, int) { ::uv_stop(signal->loop); };
  ::uv_signal_init(&loop, &on_terminate);
  ::uv_signal_start(&on_terminate, stop_loop, SIGTERM);
  ::uv_signal_init(&loop, &on_interrupt);
  ::uv_signal_start(&on_interrupt, stop_loop, SIGINT);
  ::uv_signal_init(&loop, &on_hangup);
  on_hangup.data = this;
  ::uv_signal_start(
      &on_hangup,
      [](uv_signal_t* signal, int) {
        for (const std::string& line : static_cast<Parts*>(signal->data)->reload("signal")) {
          log::error("{}", line);
        }
      },
      SIGHUP);
  // main() has held it back: one that came meanwhile is delivered now.
  sigset_t hangup;
  ::sigemptyset(&hangup);
  ::sigaddset(&hangup, SIGHUP);
  ::pthread_sigmask(SIG_UNBLOCK, &hangup, nullptr);
  ::uv_timer_init(&loop, &tick);
  tick.data = this;
  ::uv_timer_start(
      &tick, [](uv_timer_t* timer) { static_cast<Parts*>(timer->data)->on_tick(); }, kTickMs,
      kTickMs);
  ::uv_async_init(&loop, &on_commit,
                  [](uv_async_t* async) { static_cast<Parts*>(async->data)->show_tails(); });
  on_commit.data = this;
}

void Gateway::Parts::on_tick() {
  const std::int64_t now_ns = clock.monotonic_ns();
  read_notices();
  watch_confinement();
  if (++ticks % kTicksPerSecond != 0) return;
  ingest::record_engine_clocks(*engines, clock, ledger.get());
  for (const journal::ReplayNotice& replay : ledger->take_replays()) watch->see(replay, now_ns);
  watch->tick(now_ns);
  watch_kernel_drops();
  keep_kernel_drops();
  watch_losses();
  watch_room();
  watch_audit();
  watch_health();
  watch_devices();
  std::erase_if(orphans, [&](const auto& orphan) {
    if (now_ns - orphan.second < kOrphanNs) return false;
    log::warning("cursor of '{}', which no destination names since a day, is dropped",
                 orphan.first);
    ledger->drop_cursor(orphan.first);
    return true;
  });
}

/// Until the ledger has stored what the workers handed over; a disk that fails ends the wait.
void Gateway::Parts::wait_for_commit() {
  const std::int64_t until_ns = clock.monotonic_ns() + kCommitMax.count() * kNsPerMs;
  while (counts().in_flight > 0 && clock.monotonic_ns() < until_ns) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Gateway::Parts::stop() {
  const bool yields = static_cast<bool>(successor);
  log::info("stopping: reading the queues to their end, then the last commit");
  ledger->raise(alarm::OwnCondition::kStopping, "trapd",
                yields ? "trapd hands over to its successor" : "trapd is stopping");
  integrity->stop();
  if (!yields) listeners->refuse_new();
  for (const auto& worker : workers) worker->stop(kDrainMax);
  read_notices();  // not the watchers: what refuse_new() turns away is no kernel drop
  ingest::record_engine_clocks(*engines, clock, ledger.get());
  wait_for_commit();
  for (const auto& worker : workers) worker->send_last_answers();
  stop_agent();
  if (test_events != nullptr) test_events->stop();
  stop_destinations(yields                      ? std::chrono::milliseconds(0)
                    : listeners->any_outlives() ? kFlushMaxWhileQueued
                                                : kFlushMax);
  ledger->stop();
  for (const auto& worker : workers) worker->send_last_answers();  // of a commit that took longer
  listeners->stop_counting();
  keep_kernel_drops();
  const Counts end = counts();
  std::uint64_t suppressed = 0;
  for (const std::uint64_t n : end.suppressed) suppressed += n;
  std::uint64_t dropped = 0;
  for (const std::uint64_t n : end.dropped) dropped += n;
  watch_confinement();
  log::info("stopped: received {} = stored {} + suppressed {} + dropped {} + in flight {}",
            end.received_total, end.stored, suppressed, dropped, end.in_flight);
  audit_stop(end);
  http.reset();
  control.reset();
  for (uv_handle_t* handle :
       {reinterpret_cast<uv_handle_t*>(&on_hangup), reinterpret_cast<uv_handle_t*>(&on_terminate),
        reinterpret_cast<uv_handle_t*>(&on_interrupt), reinterpret_cast<uv_handle_t*>(&tick),
        reinterpret_cast<uv_handle_t*>(&on_commit)}) {
    ::uv_close(handle, nullptr);
  }
  ::uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(::uv_loop_close(&loop) == 0);
  workers.clear();
  agent_counters = nullptr;
  agent.reset();
  resyncs.reset();
  test_events.reset();
  ledger.reset();
  audit.reset();
  store.reset();
  if (yields) {
    constexpr std::string_view kReleased = "{\"released\":true}\n";
    if (::send(successor.get(), kReleased.data(), kReleased.size(), MSG_NOSIGNAL) < 0) {
      log::warning("the successor is gone");  // and with it everybody who serves
    }
  }
}

}  // namespace trapd
