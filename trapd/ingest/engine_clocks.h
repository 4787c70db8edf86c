// SPDX-License-Identifier: Apache-2.0
// The engines' clocks between the workers and the journal: taken up at a start, and told to the
// ledger where no record does so. (A record carries boots and time itself.)
#pragma once

#include "trapd/base/clock.h"
#include "trapd/journal/ledger.h"
#include "trapd/usm/engine_clock.h"

namespace trapd::ingest {

/// Before any worker runs. The time that passed meanwhile counts by the wall clock; one that was
/// set back counts as no time passed: never more lenient than when the state was written.
void restore_engine_clocks(const journal::Ledger& ledger, const Clock& clock,
                           usm::EngineTable* engines);

/// Each second or so, and once after the workers have stopped: the clocks that were marked as
/// unrecorded. One thread, the one that orders to forget engines. A look at each engine.
void record_engine_clocks(usm::EngineTable& engines, const Clock& clock, journal::Ledger* ledger);

}  // namespace trapd::ingest
