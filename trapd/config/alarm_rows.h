// SPDX-License-Identifier: Apache-2.0
// Settings of `alarms`: what correlation does with alarms that come too often.
#pragma once

#include <span>

#include "trapd/alarm/correlation.h"
#include "trapd/config/reading.h"

namespace trapd::config {

std::span<const Row<alarm::Correlation>> alarm_rows();
std::span<const Row<alarm::FlappingLimits>> flapping_rows();
std::span<const Row<alarm::SuppressionLimits>> suppression_rows();

}  // namespace trapd::config
