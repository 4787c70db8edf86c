// SPDX-License-Identifier: Apache-2.0
// Does a destination want this record? (destination.h: Send, Filter) Any thread; no allocation
// but for an address in `device`.
#pragma once

#include "forwarders/destination.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders {

/// Notifications, trapd's own conditions and clears by operator or time-out go out; an
/// acknowledgement or a forgotten engine is a matter of the journal.
bool is_forwardable(const alarm::RecordView& record);
/// Raise, severity change or clear of an alarm.
bool is_change(const alarm::RecordView& record);
bool matches(const Match& match, const alarm::RecordView& record);
bool passes(const Filter& filter, const alarm::RecordView& record);
/// All of it.
bool wants(const Destination& destination, const alarm::RecordView& record);

}  // namespace trapd::forwarders
