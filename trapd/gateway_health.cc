// SPDX-License-Identifier: Apache-2.0
// What trapd watches about itself and its machine: files, certificates, the clock, destinations
// that are far behind, queues that are full.
#include <filesystem>

#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

constexpr std::uint64_t kClockEverySeconds = 60;
constexpr std::uint64_t kCertificatesEverySeconds = 3600;
// A destination that is this far behind will not be level again soon; one that is well below was
// only busy.
constexpr std::uint64_t kBacklogRaise = 100'000;
constexpr std::uint64_t kBacklogClear = 10'000;
constexpr std::int64_t kQueuesQuietNs = 60 * kNsPerSecond;

const forwarders::TlsSettings* tls_of(const forwarders::Destination& destination) {
  if (const auto* syslog = std::get_if<forwarders::SyslogSettings>(&destination.settings)) {
    const bool tls = syslog->transport == forwarders::SyslogSettings::Transport::kTls;
    return tls ? &syslog->tls : nullptr;
  }
  const auto* mail = std::get_if<forwarders::MailSettings>(&destination.settings);
  const bool tls = mail != nullptr && mail->tls != forwarders::MailSettings::Tls::kOff;
  return tls ? &mail->tls_settings : nullptr;
}

}  // namespace

/// The files as they are now are those that are in use.
void Gateway::Parts::follow_files() {
  std::set<std::string> certificates_in_use;
  for (const forwarders::Destination& destination : config.live.destinations) {
    const forwarders::TlsSettings* tls = tls_of(destination);
    if (tls == nullptr) continue;
    for (const std::string& file : {tls->ca_file, tls->certificate_file}) {
      if (!file.empty()) certificates_in_use.insert(file);
    }
  }
  integrity->take(files_named_by(config));
  certificates->follow(std::move(certificates_in_use));
}

/// And those of the program itself.
std::set<std::string> Gateway::Parts::files_named_by(const config::Config& named) const {
  std::set<std::string> files(named.files.begin(), named.files.end());
  for (const forwarders::Destination& destination : named.live.destinations) {
    const forwarders::TlsSettings* tls = tls_of(destination);
    if (tls != nullptr) files.insert({tls->ca_file, tls->certificate_file, tls->key_file});
  }
  const mib::InstallPaths paths = mib::install_paths();
  files.insert({paths.mib_compiler, paths.base_mibs, program_file});
  files.insert(named.live.mib_directories.begin(), named.live.mib_directories.end());
  files.erase("");
  return files;
}

void Gateway::Parts::watch_health() {
  const std::uint64_t seconds = ticks / kTicksPerSecond;
  if (seconds % kClockEverySeconds == 1) {
    clock_watch->look(health::clock_is_synchronised(), clock.monotonic_ns());
  }
  if (seconds % kCertificatesEverySeconds == 1) certificates->look(clock.wall_ns());
  watch_backlogs();
  watch_queues();
}

void Gateway::Parts::watch_backlogs() {
  const std::map<std::string, std::uint64_t> behind = backlogs();
  for (const auto& [name, records] : behind) {
    if (records < kBacklogRaise || backlog_raised.contains(name)) continue;
    const bool told =
        ledger->raise(alarm::OwnCondition::kDestinationBacklog, name,
                      fmt::format("destination {} is {} records behind", name, records));
    if (told) backlog_raised.insert(name);
  }
  std::erase_if(backlog_raised, [&](const std::string& name) {
    const auto found = behind.find(name);
    if (found != behind.end() && found->second >= kBacklogClear) return false;
    return ledger->clear(
        alarm::OwnCondition::kDestinationBacklog, name,
        found == behind.end()
            ? std::string("no destination has this name any more")
            : fmt::format("destination {} is {} records behind", name, found->second));
  });
}

/// A worker whose ring is full stops reading: nothing is lost yet, the kernel's queue fills.
void Gateway::Parts::watch_queues() {
  std::uint64_t total = 0;
  for (const auto& worker : workers) total += worker->counters().ring_full.get();
  const std::int64_t now_ns = clock.monotonic_ns();
  if (total != queues_full_seen) {
    queues_full_seen = total;
    queues_full_ns = now_ns;
  }
  const bool lately = queues_full_ns != 0 && now_ns - queues_full_ns <= kQueuesQuietNs;
  if (!queues_full_raised && lately) {
    queues_full_raised =
        ledger->raise(alarm::OwnCondition::kQueueOverflow, "workers",
                      "records come faster than they can be stored: the workers wait, and the "
                      "kernel's queues fill");
  }
  if (queues_full_raised && now_ns - queues_full_ns > kQueuesQuietNs) {
    queues_full_raised = !ledger->clear(alarm::OwnCondition::kQueueOverflow, "workers",
                                        "no worker waited for a minute");
  }
}

/// False: none of these.
bool Gateway::Parts::resume_health(alarm::OwnCondition condition, const std::string& resource) {
  if (condition == alarm::OwnCondition::kClockUnsynchronised) {
    clock_watch->resume();
  } else if (condition == alarm::OwnCondition::kCertificateExpiry) {
    certificates->resume(resource);
  } else if (condition == alarm::OwnCondition::kIntegrityViolation) {
    integrity->resume(resource);
  } else if (condition == alarm::OwnCondition::kDestinationBacklog) {
    backlog_raised.insert(resource);
  } else if (condition == alarm::OwnCondition::kQueueOverflow) {
    queues_full_raised = true;
    queues_full_ns = clock.monotonic_ns();
  } else {
    return false;
  }
  return true;
}

}  // namespace trapd
