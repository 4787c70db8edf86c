// SPDX-License-Identifier: Apache-2.0
// process, engine, store, listen, workers, limits, metrics: fixed while trapd runs.
#pragma once

#include "trapd/config/config.h"
#include "trapd/config/reading.h"

namespace trapd::config {

std::span<const Row<StartConfig>> process_rows();
std::span<const Row<StartConfig>> engine_rows();
std::span<const Row<StartConfig>> store_rows();
std::span<const Row<Listener>> listener_rows();
std::span<const Row<StartConfig>> limit_rows();
std::span<const Row<StartConfig>> metrics_rows();

void read_listeners(Reading& reading, const Setting& setting, const Node& node, StartConfig& start);
void read_workers(Reading& reading, const Setting& setting, const Node& node, StartConfig& start);

/// Ingest threads at most: each listener has eight sockets, and a ninth worker would have none.
inline constexpr std::int64_t kWorkersMax = 8;

}  // namespace trapd::config
