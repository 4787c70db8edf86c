// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/message_cache.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "forwarders/record_text.h"
#include "forwarders/syslog/structured_data.h"
#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::forwarders::syslog {

namespace {

constexpr std::size_t kFixedOctets = sizeof(alarm::RecordHeader) + sizeof(alarm::RecordExtension);
constexpr std::size_t kSecondOctets = 19;  // "2026-11-23T06:15:15"
constexpr std::size_t kNumberOctetsMax = 20;

/// The header as far as a message tells of it. What is cleared here is either in no message (the
/// port of the sender, hashes, the ledger's counts) or written anew.
alarm::RecordHeader known_by(alarm::RecordHeader header) {
  header.sequence = 0;
  header.received_wall_ns = 0;
  header.sys_up_time = 0;
  header.engine_boots = header.engine_time = 0;
  header.request_id = 0;
  header.retransmission_hash = header.duplicate_hash = 0;
  header.repeat_count = 0;
  if (header.source.port != 0) header.source.port = 1;  // trapd's own have none
  return header;
}

void append_number(std::uint64_t value, std::string* out) {
  std::array<char, kNumberOctetsMax> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out->append(digits.data(), end);
}

}  // namespace

MessageCache::Key MessageCache::key_of(const alarm::RecordView& record) {
  Key key{known_by(record.header()), record.bytes(), 0};
  // What the extension holds no message tells; records of version 1 are read by nobody twice.
  if (key.header.version != alarm::kRecordVersion || key.rest.size() <= kFixedOctets) {
    return {key.header, {}, 0};
  }
  key.rest = key.rest.subspan(kFixedOctets);
  const ByteView header(reinterpret_cast<const std::uint8_t*>(&key.header), sizeof key.header);
  key.hash = hash_bytes(key.rest, hash_bytes(header));
  return key;
}

bool MessageCache::find(const Item& item, std::size_t octets_max, std::string* out) {
  if (slots_.empty()) return false;
  const Key key = key_of(item.record);
  const Slot& slot = slots_[key.hash % kSlots];
  if (key.rest.empty() || slot.hash != key.hash || !equal(slot.rest, key.rest) ||
      std::memcmp(&slot.header, &key.header, sizeof key.header) != 0) {
    return false;
  }
  write(slot, item, out);
  return out->size() <= octets_max;
}

void MessageCache::write(const Slot& slot, const Item& item, std::string* out) {
  const std::string_view text = slot.message;
  const Varying& varying = slot.varying;
  std::size_t at = 0;
  const auto copy_to = [&](std::size_t next, std::size_t replaced) {
    out->append(text.substr(at, next - at));
    at = next + replaced;
  };
  out->clear();
  copy_to(varying.time_at, kTimestampOctets);
  append_time(item.record.header().received_wall_ns, out);
  if (varying.ticks_octets > 0) {
    copy_to(varying.ticks_at, varying.ticks_octets);
    append_number(item.record.header().sys_up_time, out);
  }
  copy_to(varying.number_at, varying.number_octets);
  append_number(sequence_id(item.destination_sequence), out);
  copy_to(text.size(), 0);
}

void MessageCache::append_time(std::int64_t wall_ns, std::string* out) {
  const std::int64_t time = std::max<std::int64_t>(wall_ns, 0);
  if (time / kNsPerSecond != second_) {
    second_ = time / kNsPerSecond;
    second_text_ = time_text(time, 0).substr(0, kSecondOctets);
  }
  std::array<char, kTimestampOctets - kSecondOctets> fraction = {'.', '0', '0', '0',
                                                                 '0', '0', '0', 'Z'};
  std::int64_t micros = time % kNsPerSecond / 1000;
  for (std::size_t i = fraction.size() - 2; i > 0; --i, micros /= 10) {
    fraction[i] = static_cast<char>('0' + micros % 10);
  }
  out->append(second_text_).append(fraction.data(), fraction.size());
}

void MessageCache::put(const Item& item, const std::string& message, const Varying& varying) {
  const Key key = key_of(item.record);
  if (key.rest.empty() || !varying.known || key.rest.size() + message.size() > kEntryOctetsMax) {
    return;
  }
  if (slots_.empty()) slots_.resize(kSlots);
  Slot& slot = slots_[key.hash % kSlots];
  if (std::exchange(slot.seen, key.hash) != key.hash) return;
  drop(slot);
  slot.hash = key.hash;
  slot.header = key.header;
  slot.rest.assign(key.rest.begin(), key.rest.end());
  slot.message = message;
  slot.varying = varying;
  octets_ += slot.octets();
  for (; octets_ > kOctetsMax; ++hand_) {
    Slot& other = slots_[hand_ % kSlots];
    if (&other != &slot) drop(other);
  }
}

void MessageCache::drop(Slot& slot) {
  octets_ -= slot.octets();
  const std::uint64_t seen = slot.seen;
  slot = Slot{};  // gives its memory back
  slot.seen = seen;
}

void MessageCache::clear() {
  slots_.clear();
  octets_ = 0;
}

}  // namespace trapd::forwarders::syslog
