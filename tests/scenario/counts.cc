// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/counts.h"

#include <numeric>

#include "tests/scenario/failure.h"

namespace trapd::scenario {
namespace {

template <typename Reason, typename List>
std::string texts(const char* what, const List& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += std::string(", ") + what + " " + snmp::label(static_cast<Reason>(i)) + " " +
            std::to_string(counts[i]);
  }
  return text;
}

template <typename Reason>
Reason find_reason(const std::string& wanted, const char* what) {
  std::string all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reason::kCount); ++i) {
    const auto reason = static_cast<Reason>(i);
    if (wanted == snmp::label(reason)) return reason;
    all += std::string(" ") + snmp::label(reason);
  }
  throw Mistake("nothing is " + std::string(what) + " for '" + wanted + "', only for" + all);
}

template <typename List>
void subtract(List* from, const List& what) {
  for (std::size_t i = 0; i < from->size(); ++i) (*from)[i] -= what[i];
}

}  // namespace

std::uint64_t Counts::suppressed_total() const {
  return std::accumulate(suppressed.begin(), suppressed.end(), std::uint64_t{0});
}

std::uint64_t Counts::dropped_total() const {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

std::string Counts::text() const {
  return "received " + std::to_string(received) + ": stored " + std::to_string(stored) +
         texts<snmp::SuppressReason>("suppressed", suppressed) +
         texts<snmp::DropReason>("dropped", dropped) +
         texts<snmp::Deviation>("tolerated", tolerated) + "; originated " +
         std::to_string(originated);
}

Counts operator-(Counts now, const Counts& earlier) {
  now.received -= earlier.received;
  now.stored -= earlier.stored;
  now.originated -= earlier.originated;
  subtract(&now.suppressed, earlier.suppressed);
  subtract(&now.dropped, earlier.dropped);
  subtract(&now.tolerated, earlier.tolerated);
  now.silent_drops -= earlier.silent_drops;
  return now;
}

snmp::SuppressReason suppress_reason(const std::string& label) {
  return find_reason<snmp::SuppressReason>(label, "suppressed");
}

snmp::Deviation deviation(const std::string& label) {
  return find_reason<snmp::Deviation>(label, "tolerated");
}
snmp::DropReason drop_reason(const std::string& label) {
  return find_reason<snmp::DropReason>(label, "dropped");
}

}  // namespace trapd::scenario
