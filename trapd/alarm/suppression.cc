// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/suppression.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::alarm {
namespace {

constexpr std::size_t kDigestDigits = 16;

std::string time_text(std::int64_t wall_ns) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time_t{wall_ns / kNsPerSecond}));
}

/// The resource of the alarm that tells of the key: what a start finds again. One that is too long
/// for a field keeps apart from others by a digest, which must be the same in the next process.
void write_resource(const RecordView& record, std::string* out) {
  out->assign(record.text(Field::kDevice));
  out->append("/").append(record.text(Field::kAlarmName));
  if (!record.text(Field::kResource).empty())
    out->append("/").append(record.text(Field::kResource));
  if (out->size() <= kFieldOctetsMax) return;
  const std::uint64_t digest = hash_bytes(as_bytes(*out), 0);
  out->resize(kFieldOctetsMax - kDigestDigits);
  *out += fmt::format("{:016x}", digest);
}

std::string describe(const RecordView& record) {
  const std::string_view resource = record.text(Field::kResource);
  std::string what =
      fmt::format("{}{}{} on {}", record.text(Field::kAlarmName), resource.empty() ? "" : " of ",
                  resource, record.text(Field::kDeviceName));
  // It becomes a line of labels.
  std::replace_if(
      what.begin(), what.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '_');
  return what;
}

/// The value of "key=value" in lines; empty = none.
std::string_view label(std::string_view labels, std::string_view key) {
  while (!labels.empty()) {
    const std::string_view line = labels.substr(0, labels.find('\n'));
    labels.remove_prefix(std::min(labels.size(), line.size() + 1));
    if (line.substr(0, line.find('=')) == key && line.size() > key.size()) {
      return line.substr(key.size() + 1);
    }
  }
  return {};
}

}  // namespace

bool Suppression::take(const RecordView& record, bool needed, std::int64_t monotonic_ns) {
  write_resource(record, &scratch_);
  const std::uint64_t key = hash_bytes(as_bytes(scratch_));
  const auto found = active_.find(key);
  if (found == active_.end()) {
    const bool reached = count(key, monotonic_ns) >= limits_->threshold;
    if (reached && active_.size() < kActiveMax) begin(key, record, monotonic_ns);
    return false;
  }
  Active& active = found->second;
  ++active.notifications;
  if (needed) return false;
  ++active.suppressed;
  active.last_wall_ns = record.header().received_wall_ns;
  if (active.first.empty()) active.first = time_text(active.last_wall_ns);
  return true;
}

std::uint32_t Suppression::count(std::uint64_t key, std::int64_t monotonic_ns) {
  const auto found = counted_.find(key);
  if (found != counted_.end() && monotonic_ns - found->second.since_ns < limits_->interval_ns) {
    return ++found->second.notifications;
  }
  make_room(monotonic_ns);
  counted_.insert_or_assign(key, Count{monotonic_ns, 1});
  begun_.push_back({monotonic_ns, key});
  return 1;
}

void Suppression::make_room(std::int64_t monotonic_ns) {
  while (!begun_.empty() && monotonic_ns - begun_.front().since_ns >= limits_->interval_ns) {
    drop_oldest();
  }
  while (begun_.size() >= kKeysMax) drop_oldest();
}

void Suppression::drop_oldest() {
  const Begun oldest = begun_.front();
  begun_.pop_front();
  const auto found = counted_.find(oldest.key);
  if (found != counted_.end() && found->second.since_ns == oldest.since_ns) counted_.erase(found);
}

/// The rest of the interval in which the threshold was reached, and whole ones behind it.
void Suppression::begin(std::uint64_t key, const RecordView& record, std::int64_t monotonic_ns) {
  const Count counted = counted_.at(key);
  counted_.erase(key);
  Active& active = active_[key];
  active.resource = scratch_;
  active.what = describe(record);
  active.notifications = counted.notifications;
  ends_.put(std::max(counted.since_ns + limits_->interval_ns, monotonic_ns + 1), key);
  report(true,
         fmt::format("Alarm suppression activated: {} came {} times within {} s", active.what,
                     counted.notifications, limits_->interval_ns / kNsPerSecond),
         active);
}

void Suppression::resume(const AlarmState& told, std::int64_t monotonic_ns) {
  const std::uint64_t key = hash_bytes(as_bytes(told.resource));
  Active& active = active_[key];
  active.resource = told.resource;
  active.what = label(told.labels, "what");
  active.first = label(told.labels, "first");
  active.last = label(told.labels, "last");
  const std::string_view suppressed = label(told.labels, "suppressed");
  std::from_chars(suppressed.data(), suppressed.data() + suppressed.size(), active.suppressed);
  // Its interval is not known: it goes on, and the next one decides.
  active.notifications = limits_ ? limits_->threshold : 0;
  ends_.put(monotonic_ns + (limits_ ? limits_->interval_ns : 0), key);
}

void Suppression::take_due(std::int64_t monotonic_ns) {
  while (ends_.is_due(monotonic_ns)) {
    const std::uint64_t key = ends_.take().id;
    const auto found = active_.find(key);
    if (found == active_.end()) continue;
    Active& active = found->second;
    if (active.last_wall_ns != 0) active.last = time_text(active.last_wall_ns);
    const std::string so_far = active.suppressed == 0
                                   ? "none was suppressed"
                                   : fmt::format("{} suppressed from {} to {}", active.suppressed,
                                                 active.first, active.last);
    if (limits_ && active.notifications >= limits_->threshold) {
      active.notifications = 0;
      ends_.put(monotonic_ns + limits_->interval_ns, key);
      report(true, fmt::format("Alarm suppression goes on: {}: {}", active.what, so_far), active);
    } else {
      report(false, fmt::format("Alarm suppression ended: {}: {}", active.what, so_far), active);
      active_.erase(found);
    }
  }
}

void Suppression::report(bool raised, std::string text, const Active& active) {
  std::string labels = fmt::format("suppressed={}", active.suppressed);
  if (!active.first.empty())
    labels += fmt::format("\nfirst={}\nlast={}", active.first, active.last);
  labels += "\nwhat=" + active.what;  // last: what is too long is cut
  reports_.push_back({raised, active.resource, std::move(text), std::move(labels)});
}

std::optional<Suppression::Report> Suppression::take_report() {
  if (reports_.empty()) return std::nullopt;
  Report report = std::move(reports_.front());
  reports_.pop_front();
  return report;
}

}  // namespace trapd::alarm
