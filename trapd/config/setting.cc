// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/setting.h"

#include <fmt/format.h>

#include "trapd/config/units.h"

namespace trapd::config {

std::string expected_text(const Setting& setting) {
  switch (setting.form) {
    case Form::kText:
      return setting.words.empty() ? "text" : std::string(setting.words);
    case Form::kInteger:
      return fmt::format("a whole number from {} to {}", setting.min, setting.max);
    case Form::kSize:
      return fmt::format("a size from {} to {}", size_text(setting.min), size_text(setting.max));
    case Form::kDuration:
      return fmt::format("a duration from {} to {}", duration_text(setting.min),
                         duration_text(setting.max));
    case Form::kRate:
      return fmt::format("a rate like 200/s, from {}/s to {}/s, or off", setting.min, setting.max);
    case Form::kChoice:
      return "one of " + std::string(setting.words);
    case Form::kSecret:
      return "text, {file: PATH} or {env: NAME}";
    case Form::kMapping:
      return "a mapping";
    case Form::kList:
      return "a list";
    case Form::kWritten:
      return std::string(setting.words);
  }
  return {};
}

std::string_view unit_text(const Setting& setting) {
  switch (setting.form) {
    case Form::kSize:
      return "B, KiB, MiB, GiB, TiB";
    case Form::kDuration:
      return "ms, s, m, h";
    case Form::kRate:
      return "per second";
    case Form::kText:
    case Form::kInteger:
    case Form::kChoice:
    case Form::kSecret:
    case Form::kMapping:
    case Form::kList:
    case Form::kWritten:
      return "";
  }
  return "";
}

}  // namespace trapd::config
