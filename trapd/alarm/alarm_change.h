// SPDX-License-Identifier: Apache-2.0
// What one record makes of the state of one alarm, the same for a new record and for one that is
// replayed from the journal. Which of these befalls it is decided by the correlator, or stands in
// the record as its outcome. Pure.
#pragma once

#include "trapd/alarm/alarm_table.h"
#include "trapd/alarm/correlator.h"

namespace trapd::alarm {

AlarmKey key_of(const RecordView& record);
/// "Raised as cleared" can only mean a clear.
bool is_clear(const RecordHeader& header);

AlarmState raised_by(const RecordView& record);
void raise_again(const RecordView& record, AlarmState* state);
void acknowledge(const RecordView& record, AlarmState* state);
/// The alarm flaps from this record on, which raised it, or goes on to: `changes` so far.
void begin_flapping(const RecordView& record, std::uint32_t changes, AlarmState* state);
/// A raise or clear of an alarm that flaps, or is found to flap with this clear. It stays active.
void hold(const RecordView& record, std::uint32_t changes, AlarmState* state);
/// It flaps no more, and is active.
void settle(const RecordView& record, AlarmState* state);
/// Its device restarted: it may be gone.
void mark_unsure(const RecordView& record, AlarmState* state);

/// Whether a raise or clear would change what is true of an alarm that is active.
bool alters(const RecordHeader& header, const AlarmState& state);

}  // namespace trapd::alarm
