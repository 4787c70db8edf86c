// SPDX-License-Identifier: Apache-2.0
// The own alarms that are the gateway's to raise and to end.
#include <algorithm>

#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

constexpr std::int64_t kKernelDropsQuietNs = 60 * kNsPerSecond;

}  // namespace

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
    if (!kernel_drops_raised) kernel_drops_text = text;
  }
  if (!kernel_drops_raised && !kernel_drops_text.empty()) {
    kernel_drops_raised =
        ledger->raise(alarm::OwnCondition::kKernelDrops, "listeners", kernel_drops_text);
    if (kernel_drops_raised) kernel_drops_text.clear();
  }
  if (kernel_drops_raised && now_ns - kernel_drops_changed_ns > kKernelDropsQuietNs) {
    kernel_drops_raised =
        !ledger->clear(alarm::OwnCondition::kKernelDrops, "listeners", "no drops for a minute");
  }
}

/// On the ledger's thread.
void Gateway::Parts::note_loss(const std::string& destination, std::uint64_t records) {
  const bool listed = dispatchers.with([&](const auto& all) {
    const auto found = all.find(destination);
    if (found != all.end()) found->second->add_lost(records);
    return found != all.end();
  });
  if (!listed) return;  // a cursor that no destination names any more
  ledger->raise(alarm::OwnCondition::kDestinationLost, destination,
                fmt::format("the store is full: destination {} was furthest behind and lost its "
                            "{} oldest records",
                            destination, records));
  // Behind the raise: whoever finds the name here and ends the alarm comes after it.
  lost_raised.with([&](auto& names) { names.insert(destination); });
}

/// A destination that lost records and has caught up since is well again, and so is one that a
/// reload took away; the count stays.
void Gateway::Parts::watch_losses() {
  const auto names = lost_raised.with([](const auto& raised) { return raised; });
  for (const std::string& name : names) {
    const auto backlog = dispatchers.with([&](const auto& all) -> std::optional<std::uint64_t> {
      const auto found = all.find(name);
      if (found == all.end()) return std::nullopt;
      return found->second->status().backlog;
    });
    if (backlog && *backlog > 0) continue;
    // In this order: a loss that comes in between raises the alarm anew.
    lost_raised.with([&](auto& raised) { raised.erase(name); });
    const bool told =
        ledger->clear(alarm::OwnCondition::kDestinationLost, name,
                      backlog ? "it has caught up" : "no destination has this name any more");
    if (!told) lost_raised.with([&](auto& raised) { raised.insert(name); });
  }
}

/// Records that are committed and not delivered, by destination.
std::map<std::string, std::uint64_t> Gateway::Parts::backlogs() {
  std::map<std::string, std::uint64_t> behind;
  dispatchers.with([&](const auto& all) {
    for (const auto& [name, dispatcher] : all) behind[name] = dispatcher->status().backlog;
  });
  return behind;
}

void Gateway::Parts::watch_room() {
  const journal::StoreUsage usage = store->usage();
  if (!room.may_change(usage)) return;  // samples of the journal may come from the disk
  const auto whole = store->octets_above(0);
  std::vector<journal::Backlog> by_size;
  for (const auto& [name, records] : backlogs()) {
    std::optional<std::uint64_t> octets = 0;
    if (records > 0) octets = store->octets_above(ledger->cursor(name));
    if (!whole || !octets) return;  // cannot be told now: the alarm stays as it is
    // A share of the pages in use, since pages are not full.
    const double share =
        *whole == 0 ? 0.0 : static_cast<double>(*octets) / static_cast<double>(*whole);
    by_size.push_back(
        {name, records,
         static_cast<std::uint64_t>(std::min(share, 1.0) * static_cast<double>(usage.bytes_used))});
  }
  const auto change = room.look(usage, by_size);
  if (!change) return;
  const bool told = change->raised
                        ? ledger->raise(alarm::OwnCondition::kStoreFull, "store", change->text)
                        : ledger->clear(alarm::OwnCondition::kStoreFull, "store", change->text);
  if (!told) return room.not_told();
  if (change->raised) log::warning("{}", change->text);
}

/// They name a device that does not exist any more; what is still so is raised anew.
void Gateway::Parts::end_alarms_of_former_id() {
  if (own_former_id.empty()) return;
  for (const alarm::AlarmState& alarm : ledger->alarms_of(to_hex(own_former_id))) {
    if (!alarm::own_condition(alarm.name)) continue;
    const Status done = ledger->clear_alarm(alarm.id, "trapd", "trapd has another engine ID now");
    if (!done) log::warning("alarm {} of {} stays: {}", alarm.id, alarm.name, done.error().text);
  }
}

/// By an operator. An own alarm that says how something is now comes and goes with that; one about
/// what somebody sends may be cleared, and comes again with the next of it.
Status Gateway::Parts::clear_alarm(std::uint64_t id, const std::string& who,
                                   const std::string& why) {
  for (const alarm::AlarmState& alarm : ledger->alarms_of(to_hex(own_engine->engine_id()))) {
    if (alarm.id != id) continue;
    const auto condition = alarm::own_condition(alarm.name);
    if (!condition) break;
    if (!watch->tells_of(*condition, alarm.resource)) {
      return failure(alarm.name +
                     " is trapd's own and ends when what it tells of has ended; "
                     "trapctl ack keeps it from being asked about");
    }
    if (Status done = ledger->clear_alarm(id, who, why); !done) return done;
    watch->forget(*condition, alarm.resource);
    return {};
  }
  return ledger->clear_alarm(id, who, why);
}

/// Own alarms outlive the process, what would end them does not: it is taken up again here, and
/// what a start itself has put right ends. The destinations are running.
void Gateway::Parts::resume_own_alarms() {
  end_alarms_of_former_id();
  ledger->tell_former_losses();
  const std::int64_t now_ns = clock.monotonic_ns();
  for (const alarm::AlarmState& alarm : ledger->alarms_of(to_hex(own_engine->engine_id()))) {
    const auto condition = alarm::own_condition(alarm.name);
    if (!condition) continue;
    const auto clear = [&](const char* why) { ledger->clear(*condition, alarm.resource, why); };
    if (watch->resume(*condition, alarm.resource, now_ns, alarm.severity)) continue;
    if (resume_health(*condition, alarm.resource)) continue;
    if (resume_devices(*condition, alarm.resource)) continue;
    switch (*condition) {
      case alarm::OwnCondition::kBootsLost:
        if (!own_boots_lost) clear("the engine has boots again");
        break;
      case alarm::OwnCondition::kDestinationDown:  // else its dispatcher ends it
        if (!running.contains(alarm.resource)) clear("no destination has this name any more");
        break;
      case alarm::OwnCondition::kDestinationLost:
        lost_raised.with([&](auto& names) { names.insert(alarm.resource); });
        break;
      case alarm::OwnCondition::kKernelDrops:
        kernel_drops_raised = true;
        kernel_drops_changed_ns = now_ns;
        break;
      case alarm::OwnCondition::kReloadFailed:
        clear("trapd has started with a configuration that is right");
        break;
      case alarm::OwnCondition::kStoreFull:
        room.resume();
        break;
      case alarm::OwnCondition::kStoreFailed:
        clear("trapd has started anew");
        break;
      case alarm::OwnCondition::kAuditFailed:
        resume_audit(alarm.resource);
        break;
      case alarm::OwnCondition::kAlarmTableFull:  // the ledger has them
      case alarm::OwnCondition::kFlapping:
      case alarm::OwnCondition::kSuppression:
      case alarm::OwnCondition::kClockUnsynchronised:  // resume_health() has them
      case alarm::OwnCondition::kCertificateExpiry:
      case alarm::OwnCondition::kIntegrityViolation:
      case alarm::OwnCondition::kDestinationBacklog:
      case alarm::OwnCondition::kQueueOverflow:
      case alarm::OwnCondition::kDeviceSilent:  // resume_devices() has them
      case alarm::OwnCondition::kCloneEngine:
      case alarm::OwnCondition::kUnknownEngine:  // the watch has them
      case alarm::OwnCondition::kDecryptionError:
      case alarm::OwnCondition::kStorm:
      case alarm::OwnCondition::kReplay:
      case alarm::OwnCondition::kWeakSecurity:
      case alarm::OwnCondition::kUnknownUser:
      case alarm::OwnCondition::kWrongDigest:
      case alarm::OwnCondition::kNotInTimeWindow:
      case alarm::OwnCondition::kBootsStuck:
      case alarm::OwnCondition::kEngineTableFull:
      case alarm::OwnCondition::kStarted:  // no alarms
      case alarm::OwnCondition::kStopping:
      case alarm::OwnCondition::kTest:
      case alarm::OwnCondition::kCount:
        break;
    }
  }
}

}  // namespace trapd
