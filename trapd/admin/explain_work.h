// SPDX-License-Identifier: Apache-2.0
// What the parts of explain share about the packet they are at.
#pragma once

#include <fmt/format.h>

#include "trapd/admin/explain.h"
#include "trapd/snmp/message.h"

namespace trapd::admin {

struct Explainer::Work {
  const Packet& packet;
  snmp::Message message;
  Explanation result;
  // of the notification's sender, for device and filters
  std::vector<std::uint8_t> device_engine;
  bool inform = false;
  snmp::Deviations tolerated{};  // of its source

  template <typename... Args>
  void layer(std::size_t depth, fmt::format_string<Args...> format, Args&&... args) {
    result.layers.push_back(std::string(2 * depth, ' ') +
                            fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void reason(fmt::format_string<Args...> format, Args&&... args) {
    result.reasons.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
};

/// What could not be read: its name, and the clause that says what becomes of such a message.
struct Explainer::MalformedPart {
  const char* name;
  const char* clause;
};

/// Those that a decoder of snmp/ can meet.
inline constexpr snmp::Deviations kEveryDeviation{
    snmp::Deviation::kPaddedNumbers, snmp::Deviation::kUnsignedWithoutZero,
    snmp::Deviation::kEmptyNumbers,  snmp::Deviation::kEmptyOids,
    snmp::Deviation::kOldTypes,      snmp::Deviation::kTrailingOctets};

/// Octets for people: text in quotes when it is plain ASCII, else 0x and hexadecimal.
std::string octets_text(ByteView octets);
/// "0x8000… (enterprise 5003, text "sbc")", as far as RFC 3411's form tells.
std::string engine_text(ByteView engine_id);

}  // namespace trapd::admin
