// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/book.h"

#include <fmt/format.h>

#include <algorithm>

namespace trapd::journal {

Book::Book(const Options& options, const Clock& clock)
    : clock_(clock),
      identity_(options.identity),
      started_ns_(clock.monotonic_ns()),
      hashes_max_(options.duplicates_max),
      correlator_({.alarms_max = options.alarms_max, .flapping = options.correlation.flapping}),
      suppression_(options.correlation.suppression),
      devices_(options.devices_max),
      engines_(std::string(as_text(options.identity.engine_id))),
      retransmissions_(options.duplicates_max, kRetransmissionWindowNs),
      duplicates_(options.duplicates_max, kDuplicateWindowNs),
      heard_(kHeardMax, kDuplicateWindowNs),
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

/// A duplicate that is no copy of the network's.
void Book::note_replay(const alarm::RecordView& record, std::int64_t monotonic_ns) {
  const alarm::RecordHeader& header = record.header();
  const bool inform = header.retransmission_hash != 0;
  const RecentHashes& datagrams = inform ? retransmissions_ : duplicates_;
  std::int64_t age_ns = datagrams.age_ns(header.duplicate_hash, monotonic_ns);
  // A copy may have waited while nothing was taken in.
  const std::int64_t first_ns = std::max(monotonic_ns - age_ns, held_up_from_ns_);
  if (first_ns < held_up_to_ns_) age_ns -= held_up_to_ns_ - first_ns;
  if (age_ns < kReplayAfterNs || replays_.size() >= kReplayNoticesMax) return;
  replays_.push_back({header.source, std::string(record.text(alarm::Field::kDeviceName)),
                      std::string(record.text(alarm::Field::kSecurityName)), age_ns});
}

void Book::was_held_up(std::int64_t ns) {
  held_up_ns_ += ns;
  held_up_to_ns_ = clock_.monotonic_ns();
  held_up_from_ns_ = held_up_to_ns_ - ns;
}

void Book::hear(const alarm::RecordView& record) {
  const std::uint64_t hash = record.header().duplicate_hash;
  if (hash != 0 && heard_.seen(hash, clock_.monotonic_ns())) return;
  devices_.note(record);
}

void Book::take(const alarm::RecordView& record, std::int64_t now_ns) {
  const std::uint64_t duplicates = tally_.duplicates;
  if (seen_before(record.header(), now_ns, &tally_)) {
    if (tally_.duplicates != duplicates) note_replay(record, now_ns);
    engines_.note_unrecorded(record);
    return;
  }
  if (suppression_.is_on() && record.header().kind == alarm::Kind::kNotification &&
      suppression_.take(record, correlator_.would_change(record), taking_ns(now_ns))) {
    correlator_.heard(record, taking_ns(now_ns));
    devices_.note(record);
    engines_.note_unrecorded(record);
    ++tally_.correlated;
    return;
  }
  engines_.note(record, newest_ + 1);
  append(record, taking_ns(now_ns));
  if (suppression_.has_report()) take_suppression_reports();
}

void Book::take_suppression_reports() {
  while (std::optional<alarm::Suppression::Report> report = suppression_.take_report()) {
    following_reports_.push_back({alarm::OwnCondition::kSuppression, report->raised,
                                  std::move(report->resource), std::move(report->text),
                                  clock_.wall_ns(), std::nullopt, std::move(report->labels)});
  }
}

void Book::append(ByteView record) {
  const alarm::RecordView unread(record);
  const alarm::FieldPlaces places(unread);
  append(alarm::RecordView(record, &places), taking_ns());
}

void Book::append(const alarm::RecordView& record, std::int64_t monotonic_ns) {
  alarm::RecordHeader& header = batch_.add(record.bytes(), ++newest_);
  const alarm::RecordView view = record.of_copy(batch_.last().bytes());
  const alarm::Correlator::Applied applied = correlator_.apply(view, monotonic_ns);
  header.outcome = applied.outcome;
  header.alarm_id = applied.alarm_id;
  header.previous_severity = applied.previous;
  header.repeat_count = applied.count;
  alarm::extension_of(header).first_raised_wall_ns = applied.first_wall_ns;
  alarm::extension_of(header).flap_changes = applied.flap_changes;
  if (applied.began_to_flap || applied.ended_to_flap) tell_flapping(view, applied);
  if (applied.table_full) ++tally_.alarm_table_full;
  if (applied.device_full) {
    ++tally_.device_full;
    tell_device_full(std::string(view.text(alarm::Field::kDevice)),
                     view.text(alarm::Field::kDeviceName));
  }
  if (applied.outcome == alarm::Outcome::kClear && !full_devices_.empty()) {
    tell_device_has_room(std::string(view.text(alarm::Field::kDevice)));
  }
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

void Book::make_following() {
  if (following_reports_.empty()) return make_following_clear();
  const OwnReport next = std::move(following_reports_.front());
  following_reports_.pop_front();
  report(next);
}

bool Book::make_due() {
  const alarm::AlarmState* state = correlator_.take_due(taking_ns());
  if (state == nullptr) {
    suppression_.take_due(taking_ns());
    take_suppression_reports();
    return false;
  }
  const bool settles = state->flaps() && !state->flap.cleared;
  const std::string why =
      settles          ? std::string()  // what it says is the alarm's own text
      : state->flaps() ? fmt::format("cleared: flaps no more after {} changes", state->flap.changes)
                       : fmt::format("cleared: not repeated for {} s", state->timeout_s);
  encode_about_alarm(*state, settles ? alarm::Kind::kSettled : alarm::Kind::kAutomaticClear, "",
                     why, clock_.wall_ns(), &scratch_);
  append(scratch_);
  return true;
}

bool Book::own_alarm_is_active(const OwnReport& report) const {
  // As the record has it.
  const std::string_view resource =
      std::string_view(report.resource).substr(0, alarm::kFieldOctetsMax);
  return correlator_.find(identity_.device, alarm::row(report.condition).name, resource) != nullptr;
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
