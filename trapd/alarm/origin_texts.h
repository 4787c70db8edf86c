// SPDX-License-Identifier: Apache-2.0
// Site, tenant and rule of an active alarm in one piece of memory, because a million alarms have
// them and most are empty or short.
//
//   lengths of the three (u16 each, little-endian) | the three; nothing at all when all are empty
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "trapd/base/bytes.h"

namespace trapd::alarm {

/// A value; not shared.
class OriginTexts {
 public:
  /// Each at most 65,535 octets; a record's fields have far less.
  void assign(std::string_view site, std::string_view tenant, std::string_view rule) {
    if (same_text(site, this->site()) && same_text(tenant, this->tenant()) &&
        same_text(rule, this->rule())) {
      return;
    }
    packed_.clear();
    if (site.empty() && tenant.empty() && rule.empty()) return;
    for (const std::string_view text : {site, tenant, rule}) {
      packed_ += static_cast<char>(text.size() & 0xff);
      packed_ += static_cast<char>(text.size() >> 8 & 0xff);
    }
    packed_.append(site).append(tenant).append(rule);
  }
  /// What packed() gave; false, and empty, when it is something else.
  bool restore(std::string_view packed) {
    packed_.clear();
    if (packed.empty()) return true;
    if (packed.size() < kLengths) return false;
    packed_.assign(packed);
    if (kLengths + length(0) + length(1) + length(2) == packed_.size()) return true;
    packed_.clear();
    return false;
  }
  const std::string& packed() const { return packed_; }

  std::string_view site() const { return text(0); }
  std::string_view tenant() const { return text(1); }
  std::string_view rule() const { return text(2); }

 private:
  static constexpr std::size_t kLengths = 6;
  std::size_t length(std::size_t which) const {
    const auto* at = reinterpret_cast<const std::uint8_t*>(packed_.data()) + 2 * which;
    return static_cast<std::size_t>(at[0] | at[1] << 8);
  }
  std::string_view text(std::size_t which) const {
    if (packed_.empty()) return {};
    std::size_t start = kLengths;
    for (std::size_t i = 0; i < which; ++i) start += length(i);
    return std::string_view(packed_).substr(start, length(which));
  }
  std::string packed_;
};

}  // namespace trapd::alarm
