// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace trapd::journal {

namespace {

constexpr std::size_t kLetterHeader = 16;  // since i64, flags u8, 7 reserved
constexpr std::uint8_t kRetryFlag = 1;
constexpr std::size_t kCountOctets = 16;

std::string letter_value(const DeadLetter& letter) {
  std::string value(kLetterHeader, '\0');
  auto* octets = reinterpret_cast<std::uint8_t*>(value.data());
  store_le(octets, letter.since_wall_ns);
  octets[8] = letter.retry ? kRetryFlag : std::uint8_t{0};
  return value + letter.reason;
}

std::string counts_value(std::uint64_t total, std::uint64_t left) {
  std::string value(kCountOctets, '\0');
  auto* octets = reinterpret_cast<std::uint8_t*>(value.data());
  store_le(octets, total);
  store_le(octets + 8, left);
  return value;
}

std::string letter_key(const std::string& destination, std::uint64_t sequence) {
  return fmt::format("{}{}/{:020}", DeadLetters::kPrefix, destination, sequence);
}

}  // namespace

void DeadLetters::load(std::string_view sequence, ByteView value) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(sequence.data(), sequence.data() + sequence.size(), number);
  if (error != std::errc() || end != sequence.data() + sequence.size() || number == 0) return;
  if (value.size() < kLetterHeader || letters_.size() >= kMax) return;
  letters_[number] = {{.sequence = number,
                       .since_wall_ns = load_le<std::int64_t>(value.data()),
                       .retry = (value[8] & kRetryFlag) != 0,
                       .reason = std::string(as_text(value.subspan(kLetterHeader)))},
                      true};
}

void DeadLetters::load_counts(ByteView value) {
  if (value.size() != kCountOctets) return;
  total_ = load_le<std::uint64_t>(value.data());
  left_ = load_le<std::uint64_t>(value.data() + 8);
}

/// What is not on disk needs no row that goes.
void DeadLetters::forget(std::map<std::uint64_t, Kept>::iterator at) {
  if (at->second.stored) {
    changed_.insert(at->first);
  } else {
    changed_.erase(at->first);
  }
  letters_.erase(at);
}

void DeadLetters::add(DeadLetter letter) {
  const std::uint64_t sequence = letter.sequence;
  if (letter.reason.size() > kReasonOctetsMax) letter.reason.resize(kReasonOctetsMax);
  const auto [at, fresh] = letters_.try_emplace(sequence);
  at->second.letter = std::move(letter);
  changed_.insert(sequence);
  if (!fresh) return;
  ++total_;
  counts_changed_ = true;
  if (letters_.size() <= kMax) return;
  forget(letters_.begin());
  ++left_;
}

void DeadLetters::refused_again(DeadLetter letter) {
  if (letters_.contains(letter.sequence)) add(std::move(letter));
}

bool DeadLetters::remove(std::uint64_t sequence) {
  const auto at = letters_.find(sequence);
  if (at == letters_.end()) return false;
  forget(at);
  return true;
}

bool DeadLetters::mark_retry(std::uint64_t sequence) {
  const auto at = letters_.find(sequence);
  if (at == letters_.end()) return false;
  at->second.letter.retry = true;
  changed_.insert(sequence);
  return true;
}

void DeadLetters::clear() {
  while (!letters_.empty()) forget(letters_.begin());
  counts_changed_ = total_ > 0;
  total_ = left_ = 0;
}

DeadLetters::Counts DeadLetters::counts() const {
  return {.kept = letters_.size(), .total = total_, .left = left_};
}

std::vector<DeadLetter> DeadLetters::all() const {
  std::vector<DeadLetter> all;
  all.reserve(letters_.size());
  for (const auto& [sequence, kept] : letters_) all.push_back(kept.letter);
  return all;
}

void DeadLetters::take_changed(const std::string& destination, std::vector<RowChange>* rows) {
  for (const std::uint64_t sequence : std::exchange(changed_, {})) {
    const auto at = letters_.find(sequence);
    const bool gone = at == letters_.end();
    if (!gone) at->second.stored = true;
    rows->push_back({.table = Table::kFacts,
                     .key = letter_key(destination, sequence),
                     .value = gone ? std::string() : letter_value(at->second.letter),
                     .erase = gone});
  }
  if (!std::exchange(counts_changed_, false)) return;
  rows->push_back({.table = Table::kFacts,
                   .key = std::string(kCountPrefix) + destination,
                   .value = counts_value(total_, left_),
                   .erase = total_ == 0});
}

DeadLetters DeadLetters::take_over() {
  DeadLetters mine;
  mine.total_ = total_;
  mine.left_ = left_;
  mine.counts_changed_ = total_ > 0;
  for (const auto& [sequence, kept] : letters_) {
    mine.letters_[sequence].letter = kept.letter;
    mine.changed_.insert(sequence);
  }
  clear();
  return mine;
}

}  // namespace trapd::journal
