// SPDX-License-Identifier: Apache-2.0
// One row per setting: the parser, the checks, the reference page and the sample file all come
// from these rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trapd::config {

/// How a value is written; gives the words of messages and of the reference page.
enum class Form : std::uint8_t {
  kText,
  kInteger,
  kSize,      // 64MiB; min and max in octets
  kDuration,  // 60s; min and max in milliseconds
  kRate,      // 200/s | off
  kChoice,    // one of `words`
  kWritten,   // as `words` says
  kSecret,
  kMapping,  // a section of its own
  kList,     // of sections of their own
};

enum class Scope : std::uint8_t {
  kStart,  // fixed while trapd runs; a change on reload is refused by the key's name
  kLive,   // SIGHUP and `trapctl reload` take it over
};

struct Setting {
  std::string_view key = {};
  Form form = Form::kText;
  std::string_view words = {};     // what may be written, where the form does not say it
  std::string_view fallback = {};  // YAML read when the key is missing; empty = nothing is set
  Scope scope = Scope::kLive;
  bool required = false;
  bool instead = false;  // stands in place of another key: cannot be with it in one example
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view doc = {};      // one line
  std::string_view example = {};  // YAML for the sample, where the fallback does not show it
};

/// "a size from 64KiB to 1GiB": what a message says was expected.
std::string expected_text(const Setting& setting);
/// The unit for the reference page: "octets", "time", …; empty = none.
std::string_view unit_text(const Setting& setting);

}  // namespace trapd::config
