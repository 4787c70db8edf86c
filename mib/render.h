// SPDX-License-Identifier: Apache-2.0
// Names and values of varbinds as text for people. Whatever a device sends, the text is UTF-8
// without control characters and not longer than asked for; what no module knows is shown in its
// plain form (numbers, dotted OIDs, text or hexadecimal). Any thread; never on the packet path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mib/index.h"
#include "trapd/ber/reader.h"
#include "trapd/snmp/pdu.h"

namespace trapd::mib {

enum class LabelForm : std::uint8_t { kLabelAndNumber, kLabel, kNumber };  // down(2), down, 2
enum class TicksForm : std::uint8_t { kText, kRaw, kBoth };  // 1d 2:03:04.05, hundredths, (9) text

struct RenderOptions {
  LabelForm labels = LabelForm::kLabelAndNumber;
  TicksForm ticks = TicksForm::kText;
  std::size_t text_octets_max = 4096;  // longer text is cut and ends in "..."; at least 16
};

/// Value of the object `name` (with instance).
std::string render_value(const MibIndex& index, snmp::OidView name, const ber::Value& value,
                         const RenderOptions& options = {});

struct RenderedVarbind {
  std::string name;   // "IF-MIB::ifOperStatus.3"
  std::string value;  // "down(2)"
};
RenderedVarbind render_varbind(const MibIndex& index, const snmp::Varbind& varbind,
                               const RenderOptions& options = {});

/// The label alone, borrowed from the index, when the object is an enumeration that has one.
std::optional<std::string_view> enum_label(const MibIndex& index, snmp::OidView name,
                                           const ber::Value& value);

/// Hundredths of seconds: "0:00:43.21", "1d 2:03:04.05".
std::string ticks_text(std::uint32_t ticks);

}  // namespace trapd::mib
