// SPDX-License-Identifier: Apache-2.0
// What destinations report: how far they are, and what they refuse for good.
#include <algorithm>

#include "trapd/journal/ledger_state.h"

namespace trapd::journal {

namespace {

/// Those that are meant; the error names the first that there is not.
Result<std::vector<std::uint64_t>> chosen(const DeadLetters& dead, const std::string& destination,
                                          const std::vector<std::uint64_t>& sequences) {
  std::vector<std::uint64_t> all;
  for (const DeadLetter& letter : dead.all()) all.push_back(letter.sequence);
  if (sequences.empty()) return all;
  for (const std::uint64_t sequence : sequences) {
    if (!std::binary_search(all.begin(), all.end(), sequence)) {
      return failure("destination " + destination + " has no dead letter of sequence " +
                     std::to_string(sequence));
    }
  }
  return sequences;
}

}  // namespace

void Ledger::report_cursor(const std::string& destination, std::uint64_t delivered_through) {
  report_delivery(destination, {.through = delivered_through, .resend_from = 0});
}
void Ledger::report_delivery(const std::string& destination, Delivery delivery) {
  state_->cursors.report(destination, std::move(delivery));
}
std::uint64_t Ledger::resend_from(const std::string& destination) const {
  return state_->cursors.resend_from(destination);
}
void Ledger::rename_cursor(const std::string& from, const std::string& to) {
  state_->cursors.rename(from, to);
}
void Ledger::drop_cursor(const std::string& destination) { state_->cursors.drop(destination); }

std::vector<DeadLetter> Ledger::dead_letters(const std::string& destination) const {
  return state_->cursors.with_dead(destination, [](DeadLetters& dead) { return dead.all(); });
}

DeadLetters::Counts Ledger::dead_letter_counts(const std::string& destination) const {
  return state_->cursors.with_dead(destination, [](DeadLetters& dead) { return dead.counts(); });
}

Result<std::size_t> Ledger::retry_dead_letters(const std::string& destination,
                                               const std::vector<std::uint64_t>& sequences) {
  return state_->cursors.with_dead(destination, [&](DeadLetters& dead) -> Result<std::size_t> {
    const auto meant = chosen(dead, destination, sequences);
    if (!meant) return Unexpected<Error>(meant.error());
    std::size_t count = 0;
    for (const std::uint64_t sequence : *meant) count += dead.mark_retry(sequence) ? 1 : 0;
    return count;
  });
}

Result<std::size_t> Ledger::drop_dead_letters(const std::string& destination,
                                              const std::vector<std::uint64_t>& sequences) {
  return state_->cursors.with_dead(destination, [&](DeadLetters& dead) -> Result<std::size_t> {
    const auto meant = chosen(dead, destination, sequences);
    if (!meant) return Unexpected<Error>(meant.error());
    std::size_t count = 0;
    for (const std::uint64_t sequence : *meant) count += dead.remove(sequence) ? 1 : 0;
    return count;
  });
}

void Ledger::dead_letter_refused(const std::string& destination, DeadLetter letter) {
  state_->cursors.with_dead(destination,
                            [&](DeadLetters& dead) { dead.refused_again(std::move(letter)); });
}

void Ledger::dead_letter_delivered(const std::string& destination, std::uint64_t sequence) {
  state_->cursors.with_dead(destination, [&](DeadLetters& dead) { dead.remove(sequence); });
}

}  // namespace trapd::journal
