// SPDX-License-Identifier: Apache-2.0
// Functions for rows: one value of one form into one member.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapd/base/ip_address.h"
#include "trapd/config/reading.h"
#include "trapd/config/units.h"

namespace trapd::config {

template <auto Member>
struct MemberOf;
template <typename C, typename V, V C::*Member>
struct MemberOf<Member> {
  using Class = C;
  using Value = V;
};
template <auto Member>
using ClassOf = typename MemberOf<Member>::Class;
template <auto Member>
using ValueOf = typename MemberOf<Member>::Value;

// Values; nullopt after a report.
std::optional<std::int64_t> read_number(Reading& reading, const Setting& setting, const Node& node);
std::optional<std::string> read_text(Reading& reading, const Setting& setting, const Node& node);
std::optional<std::vector<std::uint8_t>> read_hex(Reading& reading, const Setting& setting,
                                                  const Node& node);
/// At least one: a list that is there and empty is an error, so the row has no fallback.
std::vector<Network> read_networks(Reading& reading, const Setting& setting, const Node& node);
/// One text or a list of texts.
std::vector<std::string> read_texts(Reading& reading, const Setting& setting, const Node& node);
/// A file that must exist (as far as we may look); resolved.
std::optional<std::string> read_file_name(Reading& reading, const Setting& setting,
                                          const Node& node);

// Rows.
template <auto Member>
void as_number(Reading& reading, const Setting& setting, const Node& node,
               ClassOf<Member>& target) {
  if (const auto value = read_number(reading, setting, node)) {
    target.*Member = static_cast<ValueOf<Member>>(*value);
  }
}
/// std::chrono durations of milliseconds or seconds.
template <auto Member>
void as_duration(Reading& reading, const Setting& setting, const Node& node,
                 ClassOf<Member>& target) {
  if (const auto value = read_number(reading, setting, node)) {
    target.*Member = std::chrono::duration_cast<ValueOf<Member>>(std::chrono::milliseconds(*value));
  }
}
template <auto Member>
void as_text(Reading& reading, const Setting& setting, const Node& node, ClassOf<Member>& target) {
  if (auto value = read_text(reading, setting, node)) target.*Member = std::move(*value);
}
template <auto Member>
void as_texts(Reading& reading, const Setting& setting, const Node& node, ClassOf<Member>& target) {
  target.*Member = read_texts(reading, setting, node);
}
template <auto Member>
void as_networks(Reading& reading, const Setting& setting, const Node& node,
                 ClassOf<Member>& target) {
  target.*Member = read_networks(reading, setting, node);
}
template <auto Member>
void as_path(Reading& reading, const Setting& setting, const Node& node, ClassOf<Member>& target) {
  if (const auto value = read_text(reading, setting, node)) {
    target.*Member = reading.resolve(*value);
  }
}
template <auto Member>
void as_file_name(Reading& reading, const Setting& setting, const Node& node,
                  ClassOf<Member>& target) {
  if (auto value = read_file_name(reading, setting, node)) target.*Member = std::move(*value);
}

/// The words of a choice and what they mean; `Setting::words` lists the same words.
template <typename T>
using Word = std::pair<std::string_view, T>;
template <auto Member, const auto& Words>
void as_choice(Reading& reading, const Setting& setting, const Node& node,
               ClassOf<Member>& target) {
  for (const auto& [word, value] : Words) {
    if (node.is_scalar() && node.text == word) {
      target.*Member = value;
      return;
    }
  }
  reading.unexpected(setting, node);
}

}  // namespace trapd::config
