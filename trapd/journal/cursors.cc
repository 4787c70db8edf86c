// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/cursors.h"

#include <algorithm>

namespace trapd::journal {

namespace {
constexpr std::string_view kPrefix = "cursor/";

std::string sequence_value(std::uint64_t sequence) {
  std::string value(8, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(value.data()), sequence);
  return value;
}
}  // namespace

Status Cursors::load(const Store& store) {
  return positions_.with([&](auto& positions) {
    return store.for_each(Table::kFacts, [&](ByteView key, ByteView value) {
      const std::string_view name = as_text(key);
      if (!name.starts_with(kPrefix) || value.size() != 8) return;
      positions[std::string(name.substr(kPrefix.size()))].sequence =
          load_le<std::uint64_t>(value.data());
    });
  });
}

std::uint64_t Cursors::get(const std::string& destination) const {
  return positions_.with([&](const auto& positions) {
    const auto found = positions.find(destination);
    return found == positions.end() || found->second.dropped ? 0 : found->second.sequence;
  });
}

bool Cursors::has(const std::string& destination) const {
  return positions_.with([&](const auto& positions) {
    const auto found = positions.find(destination);
    return found != positions.end() && !found->second.dropped;
  });
}

std::vector<std::pair<std::string, std::uint64_t>> Cursors::all() const {
  return positions_.with([](const auto& positions) {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& [name, position] : positions) {
      if (!position.dropped) all.emplace_back(name, position.sequence);
    }
    return all;
  });
}

void Cursors::report(const std::string& destination, std::uint64_t delivered_through) {
  positions_.with([&](auto& positions) {
    const auto [found, added] = positions.try_emplace(destination);
    Position& position = found->second;
    if (!added && !position.dropped && delivered_through <= position.sequence) return;
    position = {.sequence = delivered_through, .changed = true, .dropped = false};
  });
}

void Cursors::drop(const std::string& destination) {
  positions_.with([&](auto& positions) {
    const auto found = positions.find(destination);
    if (found != positions.end()) found->second = {.sequence = 0, .changed = true, .dropped = true};
  });
}

bool Cursors::changed() const {
  return positions_.with([](const auto& positions) {
    return std::any_of(positions.begin(), positions.end(),
                       [](const auto& entry) { return entry.second.changed; });
  });
}

void Cursors::take_changed(std::vector<RowChange>* rows) {
  positions_.with([&](auto& positions) {
    for (auto at = positions.begin(); at != positions.end();) {
      Position& position = at->second;
      if (position.changed) {
        rows->push_back({.table = Table::kFacts,
                         .key = std::string(kPrefix) + at->first,
                         .value = sequence_value(position.sequence),
                         .erase = position.dropped});
      }
      position.changed = false;
      at = position.dropped ? positions.erase(at) : std::next(at);
    }
  });
}

std::vector<Loss> Cursors::pass_trim(std::uint64_t oldest, std::uint64_t trim_point) {
  return positions_.with([&](auto& positions) {
    std::vector<Loss> losses;
    for (auto& [name, position] : positions) {
      if (position.dropped || position.sequence + 1 >= trim_point) continue;
      losses.push_back({name, trim_point - std::max(oldest, position.sequence + 1)});
      position.sequence = trim_point - 1;
      position.changed = true;
    }
    return losses;
  });
}

}  // namespace trapd::journal
