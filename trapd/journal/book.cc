// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/book.h"

#include <algorithm>

namespace trapd::journal {

Book::Book(const Options& options, const Clock& clock)
    : clock_(clock),
      identity_(options.identity),
      started_ns_(clock.monotonic_ns()),
      hashes_max_(options.duplicates_max),
      correlator_({.alarms_max = options.alarms_max}),
      devices_(options.devices_max),
      engines_(std::string(as_text(options.identity.engine_id))),
      retransmissions_(options.duplicates_max, kRetransmissionWindowNs),
      duplicates_(options.duplicates_max, kDuplicateWindowNs),
      batch_(options.batch_octets_max) {}

bool Book::seen_before(const alarm::RecordHeader& header, std::int64_t monotonic_ns, Tally* tally) {
  const bool inform = header.retransmission_hash != 0;
  // Each hash is looked up, and thereby kept, whatever the other one says. An inform's datagram is
  // kept as long as its content: a recording of it is authentic as long (kRetransmissionWindowNs).
  const bool same_content =
      inform && retransmissions_.seen(header.retransmission_hash, monotonic_ns);
  RecentHashes& datagrams = inform ? retransmissions_ : duplicates_;
  const bool same_datagram =
      header.duplicate_hash != 0 && datagrams.seen(header.duplicate_hash, monotonic_ns);
  // Content first: a sender that repeats an inform signs it anew or does not, as it likes. The same
  // datagram with another content hash comes from another address, so not from the sender.
  if (same_content) {
    ++tally->retransmissions;
  } else if (same_datagram) {
    ++tally->duplicates;
  }
  return same_content || same_datagram;
}

void Book::take(const alarm::RecordView& record) {
  engines_.note(record, newest_ + 1);
  if (!seen_before(record.header(), clock_.monotonic_ns(), &tally_)) append(record.bytes());
}

void Book::append(ByteView record) {
  alarm::RecordHeader& header = batch_.add(record, ++newest_);
  const alarm::RecordView view = batch_.last();
  const alarm::Correlator::Applied applied = correlator_.apply(view);
  header.outcome = applied.outcome;
  header.alarm_id = applied.alarm_id;
  header.previous_severity = applied.previous;
  header.repeat_count = applied.count;
  alarm::extension_of(header).first_raised_wall_ns = applied.first_wall_ns;
  if (applied.table_full) ++tally_.alarm_table_full;
  devices_.note(view);
  ++(header.kind == alarm::Kind::kNotification ? tally_.stored : tally_.originated);
  if (view.has(alarm::RecordFlag::kClearsDevice)) {
    follow_device_restart(std::string(view.text(alarm::Field::kDevice)), newest_);
  }
}

/// Alarms older than the restart end with it; one that the restart itself raised stays.
void Book::follow_device_restart(const std::string& device, std::uint64_t sequence) {
  for (const std::uint64_t id : correlator_.alarms_of(device)) {
    if (correlator_.find(id)->last_sequence >= sequence) continue;
    if (following_clears_.empty()) following_since_ = sequence;
    following_clears_.push_back(id);
  }
}

void Book::make_following_clear() {
  const alarm::AlarmState* state = correlator_.find(following_clears_.front());
  following_clears_.pop_front();
  if (state == nullptr) return;
  encode_about_alarm(*state, alarm::Kind::kAutomaticClear, "", "cleared: the device restarted",
                     clock_.wall_ns(), &scratch_);
  append(scratch_);
}

bool Book::own_alarm_is_active(const OwnReport& report) const {
  const std::string_view name = alarm::row(report.condition).name;
  const std::vector<std::uint64_t> own = correlator_.alarms_of(identity_.device);
  return std::any_of(own.begin(), own.end(), [&](std::uint64_t id) {
    const alarm::AlarmState& state = *correlator_.find(id);
    return state.name == name && state.resource == report.resource;
  });
}

void Book::report(const OwnReport& report) {
  if (!report.raised && !own_alarm_is_active(report)) return;
  const std::int64_t up_ns = clock_.monotonic_ns() - started_ns_;
  encode_own_condition(report, identity_, static_cast<std::uint32_t>(up_ns / (10 * kNsPerMs)),
                       &scratch_);
  append(scratch_);
}

Status Book::act(const OperatorAction& action) {
  if (action.kind == alarm::Kind::kForgetEngine) {
    encode_forget_engine(action.engine_id, action.who, clock_.wall_ns(), &scratch_);
    append(scratch_);
    engines_.note(batch_.last(), newest_);
    return {};
  }
  const alarm::AlarmState* state = correlator_.find(action.alarm_id);
  if (state == nullptr) {
    return failure("no alarm " + std::to_string(action.alarm_id) + " is active");
  }
  encode_about_alarm(*state, action.kind, action.who, action.why, clock_.wall_ns(), &scratch_);
  append(scratch_);
  return {};
}

std::uint64_t Book::replay_from() const {
  std::uint64_t from = newest_ + 1;
  from = std::min(from, correlator_.oldest_dirty().value_or(from));
  from = std::min(from, engines_.oldest_dirty().value_or(from));
  if (has_following_clears()) from = std::min(from, following_since_);
  return from;
}

}  // namespace trapd::journal
