// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/engine_clocks.h"

#include <algorithm>

namespace trapd::ingest {

void restore_engine_clocks(const journal::Ledger& ledger, const Clock& clock,
                           usm::EngineTable* engines) {
  const std::int64_t wall_ns = clock.wall_ns();
  const std::int64_t now_s = clock.monotonic_ns() / kNsPerSecond;
  ledger.for_each_engine([&](ByteView engine_id, const journal::EngineRow& row) {
    usm::EngineClock* known = engines->find_or_add(engine_id);
    if (known == nullptr) return;
    const std::int64_t away_s =
        std::max<std::int64_t>(0, wall_ns - row.received_wall_ns) / kNsPerSecond;
    known->restore({row.boots, row.latest_time, now_s - away_s});
  });
}

void record_engine_clocks(usm::EngineTable& engines, const Clock& clock, journal::Ledger* ledger) {
  const std::int64_t wall_ns = clock.wall_ns();
  const std::int64_t now_s = clock.monotonic_ns() / kNsPerSecond;
  for (usm::EngineClock* engine : engines.all()) {
    if (!engine->take_unrecorded()) continue;
    const usm::EngineClock::State state = engine->state();
    const std::int64_t ago_s = std::max<std::int64_t>(0, now_s - state.received_s);
    ledger->note_engine(engine->engine_id(),
                        {state.boots, state.latest_time, wall_ns - ago_s * kNsPerSecond});
  }
}

}  // namespace trapd::ingest
