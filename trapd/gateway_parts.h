// SPDX-License-Identifier: Apache-2.0
// The gateway's parts in the order of their construction; private to gateway*.cc.
#pragma once

#include <uv.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "forwarders/dispatcher.h"
#include "forwarders/render_context.h"
#include "forwarders/resync.h"
#include "forwarders/test_event.h"
#include "mib/compiler_launcher.h"
#include "mib/index.h"
#include "mib/install_paths.h"
#include "trapd/admin/control.h"
#include "trapd/admin/handlers.h"
#include "trapd/admin/http.h"
#include "trapd/admin/predecessor.h"
#include "trapd/agent/server.h"
#include "trapd/alarm/silence_watch.h"
#include "trapd/audit/trail.h"
#include "trapd/base/guarded.h"
#include "trapd/base/log.h"
#include "trapd/base/phase_times.h"
#include "trapd/config/config.h"
#include "trapd/gateway.h"
#include "trapd/health/certificate_watch.h"
#include "trapd/health/clock_watch.h"
#include "trapd/health/integrity_watch.h"
#include "trapd/ingest/refusal_notices.h"
#include "trapd/ingest/refused_packets.h"
#include "trapd/ingest/security_watch.h"
#include "trapd/ingest/worker.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/room_watch.h"
#include "trapd/journal/store.h"
#include "trapd/listeners.h"
#include "trapd/usm/engine_clock.h"
#include "trapd/usm/own_engine.h"

namespace trapd {

/// What a configuration becomes when everything in it is compiled.
struct Compiled {
  std::shared_ptr<const usm::SecurityConfig> security;
  std::shared_ptr<const ingest::Snapshot> snapshot;
  std::shared_ptr<const mib::MibIndex> mib;
};
/// index_file: where the MIB index is kept. Lines of errors on failure. `times`, when there is
/// one: gets the phases "MIBs", "rules" and "tables". `launcher`: null = starts the MIB compiler
/// itself.
Expected<Compiled, std::vector<std::string>> compile(const config::Config& config,
                                                     const std::string& index_file,
                                                     mib::CompilerLauncher* launcher,
                                                     PhaseTimes* times = nullptr);
/// Of a configuration that cannot be read: its errors, and those of names in the rules that can.
std::vector<std::string> all_errors(const config::ConfigErrors& errors,
                                    const std::string& index_file, mib::CompilerLauncher* launcher);

inline constexpr std::uint64_t kTickMs = 200;
inline constexpr std::uint64_t kTicksPerSecond = 1000 / kTickMs;

/// What managers did by SET, on the agent's thread, until the audit log has it.
struct SetsDone {
  struct Done {
    std::string who;
    const char* action;
    std::string target;
  };
  /// Each entry is a sync on the main thread: beyond these nothing more is begun. What is ended was
  /// begun before, so there are not many more in all.
  static constexpr std::size_t kWaitingMax = 20;

  Guarded<std::vector<Done>> waiting;
  std::atomic<bool> refused{false};  // the audit log cannot be written
};

struct Gateway::Parts {
  SystemClock clock;
  std::string config_file;
  std::string host_name;
  config::Config config;  // without what let_go_of_sources() has let go
  std::set<std::string, std::less<>> rule_names;
  std::int64_t started_wall_ns = 0;
  std::optional<admin::Predecessor> predecessor;  // until it has released the store
  Fd successor;                                   // its connection, when it has asked us to yield
  std::string successor_who;
  int predecessor_pid = 0;  // 0 = none
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<journal::Store> store;
  std::unique_ptr<audit::Trail> audit;
  bool audit_raised = false;
  std::unique_ptr<usm::OwnEngine> own_engine;
  std::unique_ptr<usm::EngineTable> engines;
  std::unique_ptr<Published<usm::SecurityConfig>> security;
  std::unique_ptr<Published<ingest::Snapshot>> snapshot;
  std::unique_ptr<Published<mib::MibIndex>> mib;
  std::unique_ptr<journal::Ledger> ledger;
  std::unique_ptr<ingest::SecurityWatch> watch;
  std::unique_ptr<health::CertificateWatch> certificates;
  std::unique_ptr<health::ClockWatch> clock_watch;
  std::unique_ptr<health::IntegrityWatch> integrity;
  std::string program_file;  // as it was at the start
  std::unique_ptr<mib::CompilerLauncher> launcher;
  int landlock_abi = 0;                 // in force; 0 = files are not confined
  std::set<std::string> module_places;  // what the MIB compiler may read
  std::uint64_t refused_calls_told = 0;
  bool unlocked_secrets_told = false;
  std::map<std::string, std::uint64_t> refused_by_call;  // as they were told
  std::unique_ptr<alarm::SilenceWatch> silence;
  std::vector<std::unique_ptr<ingest::RefusalNotices>> notices;  // by worker
  std::unique_ptr<ingest::RefusalNotices> agent_notices;
  std::vector<std::unique_ptr<ingest::Worker>> workers;
  std::unique_ptr<forwarders::RenderContext> render;
  // Looked at by the HTTP threads too, hence the lock around the list (not around the parts).
  Guarded<std::map<std::string, std::shared_ptr<forwarders::Dispatcher>>> dispatchers;
  std::map<std::string, forwarders::Destination> running;  // the settings they were made from
  std::unique_ptr<forwarders::Resyncs> resyncs;
  std::unique_ptr<forwarders::TestEvents> test_events;
  std::unique_ptr<agent::Server::Sockets> agent_sockets;  // until the agent has them
  std::unique_ptr<Published<agent::Settings>> agent_settings;
  SetsDone sets_done;
  std::unique_ptr<agent::ResyncControl> resync_by_set;
  std::unique_ptr<agent::Server> agent;  // null: off
  // The workers add them to what their Reports say; null until there is an agent.
  std::atomic<const agent::AgentCounters*> agent_counters{nullptr};
  std::map<std::string, std::int64_t> orphans;  // cursor nobody names -> since (monotonic ns)

  uv_loop_t loop{};
  uv_signal_t on_hangup{};
  uv_signal_t on_terminate{};
  uv_signal_t on_interrupt{};
  uv_timer_t tick{};
  uv_async_t on_commit{};
  std::unique_ptr<admin::ControlServer> control;
  std::unique_ptr<admin::HttpServer> http;
  std::uint64_t ticks = 0;
  bool own_boots_lost = false;
  std::vector<std::uint8_t> own_former_id;  // empty = the engine ID is that of the last start
  bool kernel_drops_raised = false;
  std::string kernel_drops_text;                 // yet to be told; empty = nothing
  std::vector<std::uint64_t> kernel_drops_seen;  // by listener
  std::int64_t kernel_drops_changed_ns = 0;
  journal::RoomWatch room;
  std::set<std::string> backlog_raised;  // destinations
  std::set<std::string> clones_raised;   // devices
  bool queues_full_raised = false;
  std::uint64_t queues_full_seen = 0;
  std::int64_t queues_full_ns = 0;
  KernelDropCounts kernel_drops_kept;          // as they stand in the file
  Guarded<std::set<std::string>> lost_raised;  // destinations; the ledger adds to it

  // trapctl tail
  struct Tail {
    admin::RecordFilter filter;
    admin::TailSink sink;
  };
  std::map<std::uint64_t, Tail> tails;
  std::uint64_t next_tail = 1;      // for both kinds
  std::uint64_t tail_sequence = 0;  // everything up to here has been shown

  // trapctl explain --refused, and with --follow
  struct RefusalFollower {
    std::optional<snmp::DropReason> reason;  // none = every one
    admin::TailSink sink;
    unsigned shown = 0;             // in this turn
    std::uint64_t passed_over = 0;  // since the last one shown
  };
  ingest::RefusedPackets refused_packets;
  std::map<std::uint64_t, RefusalFollower> refusal_followers;

  // --- gateway.cc ---
  Status open(bool take_over);
  Status open_store_and_engine();
  void start_ledger();
  void start_workers();
  Status start_admin();
  void start_loop();
  void on_tick();
  void wait_for_commit();
  void stop();

  // --- gateway_confinement.cc ---
  Status start_launcher();
  Status give_up_rights(const config::Config& first);
  Status give_up_files(const config::Config& first);
  Status give_up_calls();
  std::vector<std::string> out_of_reach(const config::Config& next) const;
  void explain_reach(std::vector<std::string>* lines) const;
  admin::Json confinement_json() const;
  void tell_confinement() const;
  void tell_unlocked_secrets();
  void watch_confinement();

  // --- gateway_refusals.cc ---
  void read_notices();
  void show_refusal(snmp::DropReason reason, const ingest::RefusedPacket* packet);
  admin::Json refused(std::optional<snmp::DropReason> reason) const;
  void add_refusals(admin::Handlers* handlers);

  // --- gateway_succession.cc ---
  Result<PassedSockets> meet_predecessor(const std::string& store_directory);
  Status await_predecessor();
  Status await_store();
  void resume_kernel_drops();
  void keep_kernel_drops();
  void add_succession(admin::Handlers* handlers);  // what a successor asks

  // --- gateway_watch.cc ---
  void resume_own_alarms();
  void end_alarms_of_former_id();
  Status clear_alarm(std::uint64_t id, const std::string& who, const std::string& why);
  void watch_kernel_drops();
  void watch_losses();
  std::map<std::string, std::uint64_t> backlogs();
  void watch_room();
  void note_loss(const std::string& destination, std::uint64_t records);

  // --- gateway_health.cc ---
  void follow_files();
  std::set<std::string> files_named_by(const config::Config& named) const;
  void watch_health();
  void watch_backlogs();
  void watch_queues();
  bool resume_health(alarm::OwnCondition condition, const std::string& resource);

  // --- gateway_devices.cc ---
  admin::Json devices_json();
  void follow_devices();
  std::uint64_t devices_not_watched();
  std::map<std::string, std::int64_t> last_heard(std::int64_t now_ns);
  void watch_devices();
  bool resume_devices(alarm::OwnCondition condition, const std::string& resource);

  // --- gateway_destinations.cc ---
  void update_destinations();
  Result<admin::Json> retry_dead_letters(const std::string& destination,
                                         const std::vector<std::uint64_t>& sequences);
  Result<admin::Json> drop_dead_letters(const std::string& destination,
                                        const std::vector<std::uint64_t>& sequences);
  admin::Handlers dead_letter_handlers();  // those only
  std::uint64_t lost_by(const std::string& destination);
  void stop_destinations(const std::vector<std::string>& names, std::chrono::milliseconds flush);
  void stop_destinations(std::chrono::milliseconds flush);

  // --- gateway_agent.cc ---
  Status open_agent_sockets(const config::StartConfig& start, PassedSockets* passed);
  void start_resyncs();
  void start_agent();
  void update_agent();
  void stop_agent();
  std::uint64_t engine_dropped(snmp::DropReason reason) const;
  std::uint64_t usm_total(usm::UsmCounter counter) const;
  std::vector<std::pair<std::string, std::uint64_t>> agent_refusals() const;
  admin::Json agent_json() const;
  void add_agent_metrics(admin::MetricsSnapshot* page) const;
  Result<admin::Json> begin_resync(const std::string& target);
  Result<admin::Json> cancel_resync(const std::string& target);

  // --- gateway_test_events.cc ---
  void start_test_events();
  Result<admin::Json> begin_test_event(const std::string& destination, const std::string& text,
                                       const std::string& who);
  Result<admin::Json> test_event_result(const std::string& destination);
  void add_tests(admin::Handlers* handlers);  // those only

  // --- gateway_reload.cc ---
  std::vector<std::string> reload(const std::string& who);
  void keep_keys();
  void let_go_of_sources();
  void wait_for_workers();
  void tell_orphaned_alarms();

  // --- gateway_counts.cc ---
  struct Counts {
    std::vector<std::uint64_t> received;  // by listener, kernel drops included
    std::array<std::uint64_t, static_cast<std::size_t>(snmp::DropReason::kCount)> dropped{};
    std::array<std::uint64_t, static_cast<std::size_t>(snmp::SuppressReason::kCount)> suppressed{};
    std::uint64_t stored = 0;
    std::uint64_t received_total = 0;
    std::uint64_t in_flight = 0;
  };
  /// The conservation law's terms, read in an order that never makes in_flight negative.
  Counts counts();
  std::uint64_t dropped_total(snmp::DropReason reason) const;
  std::uint64_t own_window_misses() const;
  std::uint64_t alarms_active() const;
  admin::MetricsSnapshot metrics();
  admin::Readiness readiness();

  // --- gateway_audit.cc ---
  void open_audit();
  void audit_start();
  void audit_stop(const Counts& end);
  Status audit_reload(const std::string& who, const config::Config& next);
  void audit_refused_reload(const std::string& who, const std::vector<std::string>& lines);
  void log_audit();
  void watch_audit();
  void audit_sets();
  void resume_audit(const std::string& resource);
  void add_audit(admin::Handlers* handlers);  // those only
  admin::Json audit_json() const;
  void add_audit_metrics(admin::MetricsSnapshot* page) const;

  // --- gateway_commands.cc ---
  admin::Handlers handlers();
  void show_tails();
};

}  // namespace trapd
