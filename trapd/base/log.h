// SPDX-License-Identifier: Apache-2.0
// Log lines to standard error: who, where, why. Never called per packet; a line that a stranger
// can cause goes through limited(), which says how many it left out.
//
// Levels carry the kernel's prefixes (<3> … <7>) when the journal of systemd reads them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trapd::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Before the first line; the default is kInfo.
void set_level(Level level);
/// Any thread. Control characters in the text are escaped, so that a line stays a line.
void write(Level level, std::string_view text);
/// Who can make the key of a limited line a new one: trapd itself, or a stranger, whose keys must
/// not take the room of ours.
enum class KeyOf : std::uint8_t { kTrapd, kStranger };

/// At most one line a second for each key; the next one that passes ends in "(N more like it)".
/// Of either kind at most 1,024 keys are told apart; further ones share one (line_limiter.h).
void limited(Level level, std::string_view key, std::string_view text,
             KeyOf key_of = KeyOf::kTrapd);

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace trapd::log
