// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/alarm_rows.h"

#include <array>

#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
constexpr std::int64_t kHourMs = 60 * kMinuteMs;

template <auto Member>
void as_ns(Reading& reading, const Setting& setting, const Node& node, ClassOf<Member>& target) {
  if (const auto ms = read_number(reading, setting, node)) target.*Member = *ms * kNsPerMs;
}

/// Off, or a mapping whose keys have fallbacks of their own.
template <auto Member, auto Rows>
void as_limits(Reading& reading, const Setting& setting, const Node& node,
               alarm::Correlation& correlation) {
  auto& limits = correlation.*Member;
  limits.reset();
  if (node.is_scalar() && node.text == "off") return;
  if (node.is_scalar()) return reading.unexpected(setting, node);
  if (!read_mapping(reading, setting.key, node, Rows(), limits.emplace())) limits.reset();
}

constexpr std::array<Row<alarm::Correlation>, 2> kAlarms = {{
    {{.key = "flapping",
      .form = Form::kWritten,
      .words = "a mapping or off",
      .fallback = "{changes: 6, within: 60s, hold: 300s}",
      .doc = "an alarm that is raised and cleared too often stays active until it is quiet"},
     &as_limits<&alarm::Correlation::flapping, &flapping_rows>},
    {{.key = "suppression",
      .form = Form::kWritten,
      .words = "a mapping or off",
      .fallback = "off",
      .doc = "{threshold: 100, interval: 60s}: of an alarm or event that comes too often, what "
             "changes no alarm is not stored"},
     &as_limits<&alarm::Correlation::suppression, &suppression_rows>},
}};

constexpr std::array<Row<alarm::FlappingLimits>, 3> kFlapping = {{
    {{.key = "changes",
      .form = Form::kInteger,
      .fallback = "6",
      .min = 3,
      .max = 1'000,
      .doc = "raises and clears of one alarm from which on it flaps"},
     &as_number<&alarm::FlappingLimits::changes>},
    {{.key = "within",
      .form = Form::kDuration,
      .fallback = "60s",
      .min = kSecondMs,
      .max = 5 * kMinuteMs,
      .doc = "when they come within this time"},
     &as_ns<&alarm::FlappingLimits::within_ns>},
    {{.key = "hold",
      .form = Form::kDuration,
      .fallback = "300s",
      .min = kSecondMs,
      .max = 24 * kHourMs,
      .doc = "without a change for this long it flaps no more, and its true state is told once"},
     &as_ns<&alarm::FlappingLimits::hold_ns>},
}};

constexpr std::array<Row<alarm::SuppressionLimits>, 2> kSuppression = {{
    {{.key = "threshold",
      .form = Form::kInteger,
      .required = true,
      .min = 2,
      .max = 1'000'000,
      .doc = "notifications of one device, alarm name and resource from which on they are "
             "suppressed",
      .example = "100"},
     &as_number<&alarm::SuppressionLimits::threshold>},
    {{.key = "interval",
      .form = Form::kDuration,
      .fallback = "60s",
      .min = kSecondMs,
      .max = kHourMs,
      .doc = "when they come within this time; it ends with the first such time that has fewer"},
     &as_ns<&alarm::SuppressionLimits::interval_ns>},
}};

}  // namespace

std::span<const Row<alarm::Correlation>> alarm_rows() { return kAlarms; }
std::span<const Row<alarm::FlappingLimits>> flapping_rows() { return kFlapping; }
std::span<const Row<alarm::SuppressionLimits>> suppression_rows() { return kSuppression; }

}  // namespace trapd::config
