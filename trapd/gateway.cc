// SPDX-License-Identifier: Apache-2.0
#include "trapd/gateway.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "forwarders/kinds.h"
#include "mib/trapd_mib.h"
#include "trapd/base/check.h"
#include "trapd/base/log.h"
#include "trapd/gateway_parts.h"
#include "trapd/journal/own_state.h"
#include "trapd/process_rights.h"

namespace trapd {

namespace {

constexpr std::uint64_t kTickMs = 200;
constexpr std::uint64_t kTicksPerSecond = 1000 / kTickMs;
constexpr std::chrono::milliseconds kReloadWait{5000};
constexpr std::chrono::milliseconds kDrainMax{2000};
constexpr std::chrono::milliseconds kCommitMax{5000};
constexpr std::chrono::milliseconds kFlushMax{5000};
constexpr std::int64_t kOrphanNs = 24 * 3600 * kNsPerSecond;
constexpr std::int64_t kKernelDropsQuietNs = 60 * kNsPerSecond;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string host_name() {
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

Result<std::unique_ptr<Gateway>> Gateway::start(const std::string& config_file) {
  auto parts = std::make_unique<Parts>();
  parts->config_file = config_file;
  if (auto opened = parts->open(); !opened) return Unexpected(opened.error());
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));  // NOLINT: private constructor
}

void Gateway::run() {
  ::sd_notify(0, "READY=1");
  ::uv_run(&parts_->loop, UV_RUN_DEFAULT);
  ::sd_notify(0, "STOPPING=1");
  parts_->stop();
}

Status Gateway::Parts::open() {
  started_wall_ns = clock.wall_ns();
  auto first = config::load(config_file, false);
  if (!first) return failure(joined(first.error().lines));
  const config::StartConfig& start = first->start;
  auto bound = Listeners::open(start.listeners);
  if (!bound) return Unexpected(bound.error());
  listeners = std::move(*bound);
  if (auto done = prepare_directory(start.store_directory, start.user); !done) return done;
  if (auto done = drop_rights(start.user); !done) return done;

  auto whole = config::load(config_file, true);  // with the rights of the user we now are
  if (!whole) return failure(joined(whole.error().lines));
  config = std::move(*whole);
  for (const std::string& warning : config.warnings) log::warning("{}", warning);
  if (auto done = open_store_and_engine(); !done) return done;
  auto compiled = compile(config, store->directory() + "/mib.index");
  if (!compiled) return failure(joined(compiled.error()));
  security = std::make_unique<Published<usm::SecurityConfig>>(compiled->security);
  snapshot = std::make_unique<Published<ingest::Snapshot>>(compiled->snapshot);
  mib = std::make_unique<Published<trapd::mib::MibIndex>>(compiled->mib);

  CHECK(::uv_loop_init(&loop) == 0);
  if (auto done = start_admin(); !done) {
    ::uv_loop_close(&loop);
    return done;
  }
  start_loop();
  start_ledger();
  start_workers();
  update_destinations();
  log_port_table(*listeners, config.start.workers);
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
  auto own = journal::raise_own_boots(*store, config.start.engine_id, &usm::make_engine_id);
  if (!own) return Unexpected(own.error());
  log::info("own engine {} boots {}", to_hex(own->engine_id), own->boots);
  own_engine = std::make_unique<usm::OwnEngine>(own->engine_id, own->boots, clock);

  journal::Ledger::Options ledger_options;
  ledger_options.commit_delay = config.start.commit_delay;
  ledger_options.alarms_max = config.start.alarms_max;
  ledger_options.duplicates_max = config.start.duplicates_max;
  ledger_options.own_engine_id = own->engine_id;
  ledger_options.own_device_name = host_name();
  const ByteView prefix = trapd::mib::kTrapdNotifications.view().content();
  ledger_options.own_trap_prefix.assign(prefix.begin(), prefix.end());
  auto book = journal::Ledger::open(ledger_options, *store, clock);
  if (!book) return Unexpected(book.error());
  ledger = std::move(*book);

  engines = std::make_unique<usm::EngineTable>(config.start.engines_max);
  const std::int64_t wall_ns = clock.wall_ns();
  const std::int64_t now_s = clock.monotonic_ns() / kNsPerSecond;
  ledger->for_each_engine([&](ByteView engine_id, const journal::EngineRow& row) {
    usm::EngineClock* known = engines->find_or_add(engine_id);
    if (known == nullptr) return;
    // A wall clock that was set back meanwhile counts as no time passed: never more lenient than
    // the moment the state was written.
    const std::int64_t away_s =
        std::max<std::int64_t>(0, wall_ns - row.received_wall_ns) / kNsPerSecond;
    known->restore({row.boots, row.latest_time, now_s - away_s});
  });
  if (own->boots_lost) {
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
    dispatchers.with([&](const auto& all) {
      if (const auto found = all.find(destination); found != all.end()) {
        found->second->add_lost(records);
      }
    });
    ledger->raise(alarm::OwnCondition::kDestinationLost, destination,
                  fmt::format("the store is full: destination {} was furthest behind and lost its "
                              "{} oldest records",
                              destination, records));
    lost_raised.with([&](auto& names) { names.insert(destination); });
  });
  watch = std::make_unique<ingest::SecurityWatch>(*ledger);
  kernel_drops_seen.resize(listeners->size());
  for (std::size_t i = 0; i < listeners->size(); ++i)
    kernel_drops_seen[i] = listeners->kernel_drops(i);
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
      return dropped_total(reason);
    };
    options.pipeline.own_window_misses_total = [this] { return own_window_misses(); };
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
        for (const std::string& line : static_cast<Parts*>(signal->data)->reload()) {
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
  ingest::RefusalNotice notice;
  for (const auto& from_worker : notices) {
    while (from_worker->next(&notice)) watch->see(notice, now_ns);
  }
  if (++ticks % kTicksPerSecond != 0) return;
  watch->tick(now_ns);
  watch_kernel_drops();
  watch_losses();
  std::erase_if(orphans, [&](const auto& orphan) {
    if (now_ns - orphan.second < kOrphanNs) return false;
    log::warning("cursor of '{}', which no destination names since a day, is dropped",
                 orphan.first);
    ledger->drop_cursor(orphan.first);
    return true;
  });
}

void Gateway::Parts::watch_kernel_drops() {
  const std::int64_t now_ns = clock.monotonic_ns();
  for (std::size_t i = 0; i < listeners->size(); ++i) {
    const std::uint64_t total = listeners->kernel_drops(i);
    if (total == kernel_drops_seen[i]) continue;
    const std::string text = fmt::format(
        "the kernel dropped {} datagrams on UDP {} because its queue was full; raise "
        "receive_buffer or add workers",
        total - kernel_drops_seen[i], listeners->text(i));
    log::limited(log::Level::kWarning, "kernel " + listeners->text(i), text);
    kernel_drops_seen[i] = total;
    kernel_drops_changed_ns = now_ns;
    if (!kernel_drops_raised) {
      ledger->raise(alarm::OwnCondition::kKernelDrops, "listeners", text);
    }
    kernel_drops_raised = true;
  }
  if (kernel_drops_raised && now_ns - kernel_drops_changed_ns > kKernelDropsQuietNs) {
    ledger->clear(alarm::OwnCondition::kKernelDrops, "listeners", "no drops for a minute");
    kernel_drops_raised = false;
  }
}

/// A destination that lost records and has caught up since is well again; the count stays.
void Gateway::Parts::watch_losses() {
  const auto names = lost_raised.with([](const auto& raised) { return raised; });
  for (const std::string& name : names) {
    const bool behind = dispatchers.with([&](const auto& all) {
      const auto found = all.find(name);
      return found != all.end() && found->second->status().backlog > 0;
    });
    if (behind) continue;
    ledger->clear(alarm::OwnCondition::kDestinationLost, name, "it has caught up");
    lost_raised.with([&](auto& raised) { raised.erase(name); });
  }
}

std::vector<std::string> Gateway::Parts::reload() {
  const auto refuse = [this](std::vector<std::string> lines) {
    ledger->raise(alarm::OwnCondition::kReloadFailed, "configuration", lines.front());
    lines.push_back("the old configuration stays in force");
    return lines;
  };
  auto loaded = config::load(config_file, true);
  if (!loaded) return refuse(loaded.error().lines);
  std::vector<std::string> fixed;
  for (const std::string& key : config::changed_start_keys(config.start, loaded->start)) {
    fixed.push_back(config_file + ": error: " + key + " can only change with a restart");
  }
  if (!fixed.empty()) return refuse(std::move(fixed));
  auto compiled = compile(*loaded, store->directory() + "/mib.index");
  if (!compiled) return refuse(compiled.error());

  security->publish(compiled->security);
  snapshot->publish(compiled->snapshot);
  mib->publish(compiled->mib);
  config = std::move(*loaded);
  wait_for_workers();
  update_destinations();
  for (const std::string& warning : config.warnings) log::warning("{}", warning);
  ledger->clear(alarm::OwnCondition::kReloadFailed, "configuration", "reloaded");
  log::info("configuration reloaded: {} users, {} rules, {} destinations", config.live.users.size(),
            config.live.rules.size(), config.live.destinations.size());
  return {};
}

/// An old key is gone when this returns (EDG-08).
void Gateway::Parts::wait_for_workers() {
  const auto behind = [this](const std::unique_ptr<ingest::Worker>& worker) {
    return worker->security_generation() != security->generation() ||
           worker->snapshot_generation() != snapshot->generation();
  };
  for (const auto& worker : workers) worker->wakeup().notify();
  const std::int64_t until_ns = clock.monotonic_ns() + kReloadWait.count() * kNsPerMs;
  while (std::any_of(workers.begin(), workers.end(), behind)) {
    if (clock.monotonic_ns() > until_ns) {
      log::error("reload: a worker has not taken over the configuration within {} ms",
                 kReloadWait.count());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Gateway::Parts::update_destinations() {
  if (render == nullptr) {
    const ByteView own = own_engine->engine_id();
    const auto active = [this] { return alarms_active(); };
    render = std::make_unique<forwarders::RenderContext>(forwarders::RenderContext{
        clock, *mib, host_name(), {own.begin(), own.end()}, own_engine.get(), active, {}});
  }
  std::map<std::string, forwarders::Destination> wanted;
  for (const forwarders::Destination& destination : config.live.destinations) {
    wanted.emplace(destination.name, destination);
  }
  auto all = dispatchers.with([](auto& list) { return list; });
  // First the old ones go, so that a new one finds its cursor, port and peer free.
  for (auto& [name, dispatcher] : all) {
    const auto same = wanted.find(name);
    if (same != wanted.end() && forwarders::same_settings(same->second, running.at(name))) continue;
    dispatcher->stop(kFlushMax);
    dispatchers.with([&key = name](auto& list) { list.erase(key); });
    running.erase(name);
  }
  for (const auto& [name, destination] : wanted) {
    if (running.contains(name)) continue;
    auto dispatcher = std::make_shared<forwarders::Dispatcher>(
        destination, forwarders::make_forwarder(destination, *render), *store, *ledger, clock);
    dispatcher->start();
    dispatchers.with([&, &key = name](auto& list) { list.emplace(key, std::move(dispatcher)); });
    running.emplace(name, destination);
    orphans.erase(name);
  }
  for (const auto& [name, sequence] : ledger->cursors()) {
    if (running.contains(name) || orphans.contains(name)) continue;
    log::warning("no destination is called '{}' any more: its cursor is kept for 24 h", name);
    orphans.emplace(name, clock.monotonic_ns());
  }
}

/// Until the ledger has stored what the workers handed over; a disk that fails ends the wait.
void Gateway::Parts::wait_for_commit() {
  const std::int64_t until_ns = clock.monotonic_ns() + kCommitMax.count() * kNsPerMs;
  while (counts().in_flight > 0 && clock.monotonic_ns() < until_ns) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Gateway::Parts::stop() {
  log::info("stopping: reading the queues to their end, then the last commit");
  ledger->raise(alarm::OwnCondition::kStopping, "trapd", "trapd is stopping");
  listeners->refuse_new();
  for (const auto& worker : workers) worker->stop(kDrainMax);
  on_tick();
  wait_for_commit();
  for (const auto& worker : workers) worker->send_last_answers();
  auto all = dispatchers.with([](auto& list) { return list; });
  std::vector<std::thread> stops;
  for (auto& [name, dispatcher] : all) {
    stops.emplace_back([stopped = dispatcher] { stopped->stop(kFlushMax); });
  }
  for (std::thread& stop : stops) stop.join();
  ledger->stop();
  const Counts end = counts();
  std::uint64_t suppressed = 0;
  for (const std::uint64_t n : end.suppressed) suppressed += n;
  std::uint64_t dropped = 0;
  for (const std::uint64_t n : end.dropped) dropped += n;
  log::info("stopped: received {} = stored {} + suppressed {} + dropped {} + in flight {}",
            end.received_total, end.stored, suppressed, dropped, end.in_flight);
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
  dispatchers.with([](auto& list) { list.clear(); });
  workers.clear();
  ledger.reset();
  store.reset();
}

}  // namespace trapd
