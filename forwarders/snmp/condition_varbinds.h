// SPDX-License-Identifier: Apache-2.0
// The objects of a notification about a condition of trapd itself (TRAPD-MIB:
// trapdConditionResource, trapdConditionState, trapdConditionText), made from the record.
#pragma once

#include "trapd/alarm/record.h"
#include "trapd/ber/writer.h"

namespace trapd::forwarders {

/// Writes those of the three that the record's varbinds do not hold yet. False when they do not
/// fit the writer's buffer.
bool write_condition_varbinds(const alarm::RecordView& record, ber::Writer& writer);

}  // namespace trapd::forwarders
