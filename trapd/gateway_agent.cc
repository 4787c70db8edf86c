// SPDX-License-Identifier: Apache-2.0
// The northbound agent and the resynchronisations: what they read, and who may be sent to.
#include <sys/socket.h>

#include <algorithm>

#include "forwarders/kinds.h"
#include "forwarders/record_text.h"
#include "mib/trapd_mib.h"
#include "trapd/gateway_parts.h"

namespace trapd {
namespace {

constexpr std::chrono::milliseconds kReloadWait{5000};

/// The agent asks for receivers of type snmp only; it never sends to anybody whom the
/// configuration does not name.
class ResyncBySet final : public agent::ResyncControl {
 public:
  ResyncBySet(forwarders::Resyncs& resyncs, SetsDone& done) : resyncs_(resyncs), done_(done) {}

  bool knows(std::string_view target) const override { return resyncs_.is_snmp(target); }
  bool is_running(std::string_view target) const override { return resyncs_.is_running(target); }
  Begin begin(std::string_view target, const agent::Asker& asker) override {
    if (!resyncs_.is_snmp(target)) return Begin::kUnknownTarget;
    if (done_.refused.load(std::memory_order_acquire)) return Begin::kFailed;
    if (!has_room()) return Begin::kTooMany;
    switch (resyncs_.begin(target)) {
      case forwarders::Resyncs::Begin::kStarted:
        note(asker, "resync", target);
        return Begin::kStarted;
      case forwarders::Resyncs::Begin::kUnknownTarget:
        return Begin::kUnknownTarget;
      case forwarders::Resyncs::Begin::kRunning:
        return Begin::kRunning;
      case forwarders::Resyncs::Begin::kTooMany:
        return Begin::kTooMany;
      case forwarders::Resyncs::Begin::kFailed:
        return Begin::kFailed;
    }
    return Begin::kFailed;
  }
  void cancel(std::string_view target, const agent::Asker& asker) override {
    if (resyncs_.cancel(target)) note(asker, "resync-stop", target);
  }
  State state() const override {
    const forwarders::Resyncs::Status status = resyncs_.status();
    return {status.target, status.running, static_cast<std::uint32_t>(status.result), status.sent};
  }

 private:
  bool has_room() const {
    return done_.waiting.with(
        [](const auto& waiting) { return waiting.size() < SetsDone::kWaitingMax; });
  }
  void note(const agent::Asker& asker, const char* action, std::string_view target) {
    done_.waiting.with([&](std::vector<SetsDone::Done>& waiting) {
      waiting.push_back({fmt::format("SNMP user {} at {}", forwarders::clean(asker.user),
                                     asker.source.address_text()),
                         action, std::string(target)});
    });
  }

  forwarders::Resyncs& resyncs_;
  SetsDone& done_;
};

bool is_bound_to(int fd, const Endpoint& endpoint) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address)) == endpoint;
}

std::shared_ptr<const agent::Settings> settings_of(const config::LiveConfig& live,
                                                   const std::string& host_name) {
  auto settings = std::make_shared<agent::Settings>();
  settings->allow = live.agent.allow;
  settings->refused_per_source = live.refused_per_source;
  settings->contact = live.agent.contact;
  settings->name = live.agent.name.empty() ? host_name : live.agent.name;
  settings->location = live.agent.location;
  return settings;
}

agent::LawCounts law_of(Gateway::Parts& parts) {
  const Gateway::Parts::Counts now = parts.counts();
  agent::LawCounts law;
  law.received = now.received_total;
  law.stored = now.stored;
  law.originated = parts.ledger->counters().originated.get();
  for (std::size_t i = 0; i < now.suppressed.size(); ++i) {
    law.suppressed += now.suppressed[i];
    law.reasons.push_back(
        {std::string("suppressed ") + snmp::label(static_cast<snmp::SuppressReason>(i)),
         now.suppressed[i]});
  }
  for (std::size_t i = 0; i < now.dropped.size(); ++i) {
    law.dropped += now.dropped[i];
    law.reasons.push_back(
        {std::string("dropped ") + snmp::label(static_cast<snmp::DropReason>(i)), now.dropped[i]});
  }
  return law;
}

agent::Readings readings_of(Gateway::Parts& parts) {
  agent::Readings readings;
  readings.alarm_rows = [&parts](std::uint32_t from, std::size_t rows_max) {
    return parts.ledger->alarm_rows(from, rows_max);
  };
  readings.alarms_active = [&parts] { return parts.ledger->alarms_active(); };
  readings.list_changed_wall_ns = [&parts] { return parts.ledger->alarms_changed_wall_ns(); };
  readings.law = [&parts] { return law_of(parts); };
  readings.usm_total = [&parts](usm::UsmCounter counter) { return parts.usm_total(counter); };
  readings.dropped_total = [&parts](snmp::DropReason reason) {
    return parts.engine_dropped(reason);
  };
  return readings;
}

Result<net::UdpGroup> take_or_open(const Endpoint& local, PassedSockets* passed) {
  const auto ours =
      std::find_if(passed->sockets.begin(), passed->sockets.end(),
                   [&](const auto& socket) { return is_bound_to(socket.fd.get(), local); });
  if (ours == passed->sockets.end()) {
    return net::UdpGroup::open({.local = local, .receive_buffer_bytes = 0, .sockets = 1});
  }
  std::vector<Fd> sockets;
  sockets.push_back(std::move(ours->fd));
  const bool outlives = ours->outlives;
  passed->sockets.erase(ours);
  return net::UdpGroup::adopt(std::move(sockets), 0, outlives);
}

}  // namespace

/// Before the listeners take theirs: systemd and a predecessor may have passed ours along.
Status Gateway::Parts::open_agent_sockets(const config::StartConfig& start, PassedSockets* passed) {
  if (!start.agent) return {};
  auto requests = take_or_open(*start.agent, passed);
  if (!requests) return failure("agent: " + requests.error().text);
  agent_sockets = std::make_unique<agent::Server::Sockets>(
      agent::Server::Sockets{std::move(*requests), std::nullopt});
  if (!start.agent_answers) return {};
  auto answers = take_or_open(*start.agent_answers, passed);
  if (!answers) return failure("agent: answer_from: " + answers.error().text);
  answers->refuse_new();  // nobody reads it
  agent_sockets->answers = std::move(*answers);
  return {};
}

void Gateway::Parts::start_resyncs() {
  forwarders::Resyncs::Sources sources;
  sources.alarm_rows = [this](std::uint32_t from, std::size_t rows_max) {
    return ledger->alarm_rows(from, rows_max);
  };
  sources.alarms_active = [this] { return ledger->alarms_active(); };
  sources.last_number = [this](const std::string& name) {
    return dispatchers.with([&](const auto& all) {
      const auto found = all.find(name);
      return found == all.end() ? std::uint64_t{0} : found->second->status().last_number;
    });
  };
  sources.make = [this](const forwarders::Destination& destination) {
    return forwarders::make_forwarder(destination, *render);
  };
  sources.own_device = to_hex(own_engine->engine_id());
  sources.own_device_name = host_name;
  resyncs = std::make_unique<forwarders::Resyncs>(std::move(sources), clock);
  resync_by_set = std::make_unique<ResyncBySet>(*resyncs, sets_done);
}

void Gateway::Parts::start_agent() {
  if (agent_sockets == nullptr) return;
  agent_settings =
      std::make_unique<Published<agent::Settings>>(settings_of(config.live, host_name));
  agent_notices = std::make_unique<ingest::RefusalNotices>();
  auto responder = std::make_unique<agent::Responder>(
      agent::Responder::Options{snmp::Oid(trapd::mib::kTrapdMib.view()),
                                std::string("trapd ") + TRAPD_VERSION + " on " + host_name,
                                [notices = agent_notices.get()](const agent::Refusal& refusal) {
                                  notices->refused({.reason = refusal.reason,
                                                    .datagram = refusal.datagram,
                                                    .v3 = refusal.v3,
                                                    .authenticated = refusal.authenticated,
                                                    .at_agent = true},
                                                   0);
                                }},
      *security, *agent_settings, *own_engine, readings_of(*this), *resync_by_set);
  agent_counters.store(&responder->counters(), std::memory_order_release);
  agent = std::make_unique<agent::Server>(std::move(*agent_sockets), std::move(responder), clock);
  agent_sockets.reset();
  agent->start();
  const auto& answers = agent->sockets().answers;
  log::info("listening: UDP {} (northbound agent, SNMPv3 authPriv, {} networks allowed{})",
            agent->local().text(), config.live.agent.allow.size(),
            answers ? ", answers from port " + std::to_string(answers->local().port) : "");
}

/// Destinations and settings as the configuration now has them.
void Gateway::Parts::update_agent() {
  std::optional<forwarders::Resyncs::Ports> ports;
  if (const auto& range = config.live.agent.source_port) ports = {range->first, range->last};
  resyncs->set_destinations(config.live.destinations, ports);
  if (agent == nullptr) return;
  agent_settings->publish(settings_of(config.live, host_name));
  const std::int64_t until_ns = clock.monotonic_ns() + kReloadWait.count() * kNsPerMs;
  if (!agent->await_reload(security->generation(), agent_settings->generation(), until_ns)) {
    log::error("reload: the agent has not taken over the configuration within {} ms",
               kReloadWait.count());
  }
}

void Gateway::Parts::stop_agent() {
  if (agent != nullptr) agent->stop();
  if (resyncs != nullptr) resyncs->stop();
}

/// Of the engine, receiver and agent together.
std::uint64_t Gateway::Parts::engine_dropped(snmp::DropReason reason) const {
  const agent::AgentCounters* const counters = agent_counters.load(std::memory_order_acquire);
  return dropped_total(reason) + (counters == nullptr ? 0 : counters->dropped.get(reason));
}

std::uint64_t Gateway::Parts::usm_total(usm::UsmCounter counter) const {
  using snmp::DropReason;
  switch (counter) {
    case usm::UsmCounter::kUnsupportedSecLevels:
      return engine_dropped(DropReason::kUnsupportedSecLevel);
    case usm::UsmCounter::kNotInTimeWindows: {
      const agent::AgentCounters* const counters = agent_counters.load(std::memory_order_acquire);
      return own_window_misses() + (counters == nullptr ? 0 : counters->own_window_misses.get());
    }
    case usm::UsmCounter::kUnknownUserNames:
      return engine_dropped(DropReason::kUnknownUser);
    case usm::UsmCounter::kUnknownEngineIds:
      return engine_dropped(DropReason::kUnknownEngine) + engine_dropped(DropReason::kDiscovery);
    case usm::UsmCounter::kWrongDigests:
      return engine_dropped(DropReason::kWrongDigest);
    case usm::UsmCounter::kDecryptionErrors:
      return engine_dropped(DropReason::kDecryptionError);
    case usm::UsmCounter::kNone:
      return 0;
  }
  return 0;
}

/// By name, for trapctl status and the metrics; what is 0 is in it too.
std::vector<std::pair<std::string, std::uint64_t>> Gateway::Parts::agent_refusals() const {
  std::vector<std::pair<std::string, std::uint64_t>> refusals;
  const agent::AgentCounters* const counters = agent_counters.load(std::memory_order_acquire);
  if (counters == nullptr) return refusals;
  for (std::size_t i = 0; i < static_cast<std::size_t>(snmp::DropReason::kCount); ++i) {
    const auto reason = static_cast<snmp::DropReason>(i);
    refusals.emplace_back(snmp::label(reason), counters->dropped.get(reason));
  }
  refusals.emplace_back("not_authorised", counters->not_authorised.get());
  refusals.emplace_back("unknown_context", counters->unknown_contexts.get());
  refusals.emplace_back("unknown_pdu", counters->unknown_pdus.get());
  return refusals;
}

admin::Json Gateway::Parts::agent_json() const {
  const agent::AgentCounters* const counters = agent_counters.load(std::memory_order_acquire);
  if (counters == nullptr) return nullptr;
  admin::Json refused = admin::Json::object();
  for (const auto& [reason, count] : agent_refusals()) {
    if (count > 0) refused[reason] = count;
  }
  return {{"listen", agent->local().text()},
          {"received", counters->received.get()},
          {"answered",
           {{"get", counters->gets.get()},
            {"get_next", counters->next_gets.get()},
            {"get_bulk", counters->bulk_gets.get()},
            {"set", counters->sets.get()}}},
          {"errors", counters->errors.get()},
          {"reports", counters->reports.get()},
          {"reports_withheld", counters->reports_withheld.get()},
          {"silent_drops", counters->silent_drops.get()},
          {"unsent", counters->unsent.get()},
          {"given_up", counters->given_up.get()},
          {"refused", std::move(refused)}};
}

void Gateway::Parts::add_agent_metrics(admin::MetricsSnapshot* page) const {
  const agent::AgentCounters* const counters = agent_counters.load(std::memory_order_acquire);
  if (counters == nullptr) return;
  const auto add = [&](const char* name, const char* help, const char* key,
                       const std::string& value, std::uint64_t count) {
    page->further.push_back({name, help, true, {{key, value}}, static_cast<double>(count)});
  };
  constexpr const char* kRequests = "trapd_agent_requests_total";
  constexpr const char* kRequestsHelp = "Requests that the northbound agent has answered";
  add(kRequests, kRequestsHelp, "type", "get", counters->gets.get());
  add(kRequests, kRequestsHelp, "type", "get_next", counters->next_gets.get());
  add(kRequests, kRequestsHelp, "type", "get_bulk", counters->bulk_gets.get());
  add(kRequests, kRequestsHelp, "type", "set", counters->sets.get());
  for (const auto& [reason, count] : agent_refusals()) {
    add("trapd_agent_refused_total", "Datagrams that the northbound agent has refused", "reason",
        reason, count);
  }
}

Result<admin::Json> Gateway::Parts::begin_resync(const std::string& target) {
  using Begin = forwarders::Resyncs::Begin;
  switch (resyncs->begin(target)) {
    case Begin::kStarted:
      return admin::Json{{"destination", resyncs->destination_of(target).value_or(target)},
                         {"alarms", ledger->alarms_active()}};
    case Begin::kUnknownTarget:
      return failure("no destination is called " + target);
    case Begin::kRunning:
      return failure("a resynchronisation of " + target + " is running");
    case Begin::kTooMany:
      return failure(std::to_string(forwarders::Resyncs::kRunningMax) +
                     " resynchronisations are running; no more at once");
    case Begin::kFailed:
      return failure("trapd is stopping");
  }
  return failure("trapd is stopping");
}

Result<admin::Json> Gateway::Parts::cancel_resync(const std::string& target) {
  if (!resyncs->cancel(target)) return failure("no resynchronisation of " + target + " is running");
  return admin::Json{{"stopping", target}};
}

}  // namespace trapd
