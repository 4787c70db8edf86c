// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/cursors.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace trapd::journal {

namespace {
constexpr std::string_view kPrefix = "cursor/";
constexpr std::string_view kResendPrefix = "resend/";
constexpr std::string_view kLostPrefix = "lost/";

/// Little-endian, one behind the other.
std::string numbers(std::initializer_list<std::uint64_t> of) {
  std::string value(8 * of.size(), '\0');
  auto* at = reinterpret_cast<std::uint8_t*>(value.data());
  for (const std::uint64_t number : of) {
    store_le(at, number);
    at += 8;
  }
  return value;
}

RowChange fact(std::string_view prefix, const std::string& name, std::string value,
               bool erase = false) {
  return {.table = Table::kFacts,
          .key = std::string(prefix) + name,
          .value = std::move(value),
          .erase = erase};
}
}  // namespace

Status Cursors::load(const Store& store) {
  return positions_.with([&](auto& positions) {
    Status read = store.for_each(Table::kFacts, [&](ByteView key, ByteView value) {
      const std::string_view name = as_text(key);
      const auto named = [&](std::string_view prefix) -> Position& {
        return positions[std::string(name.substr(prefix.size()))];
      };
      if (name.starts_with(DeadLetters::kPrefix)) {
        const std::string_view rest = name.substr(DeadLetters::kPrefix.size());
        const std::size_t slash = rest.rfind('/');
        if (slash == std::string_view::npos) return;
        positions[std::string(rest.substr(0, slash))].dead.load(rest.substr(slash + 1), value);
      } else if (name.starts_with(DeadLetters::kCountPrefix)) {
        named(DeadLetters::kCountPrefix).dead.load_counts(value);
      } else if (name.starts_with(kPrefix) && value.size() == 8) {
        named(kPrefix).sequence = load_le<std::uint64_t>(value.data());
        named(kPrefix).known = true;
      } else if (name.starts_with(kResendPrefix) && value.size() == 8) {
        named(kResendPrefix).resend_from = load_le<std::uint64_t>(value.data());
      } else if (name.starts_with(kLostPrefix) && value.size() == 16) {
        named(kLostPrefix).lost = load_le<std::uint64_t>(value.data());
        named(kLostPrefix).told = load_le<std::uint64_t>(value.data() + 8);
      }
    });
    // Rows without a cursor are of no use to anybody.
    for (auto& [name, position] : positions) {
      if (!position.known) drop_all(&position);
      position.untold = position.lost - std::min(position.told, position.lost);
    }
    return read;
  });
}

std::uint64_t Cursors::get(const std::string& destination) const {
  return positions_.with([&](const auto& positions) {
    const auto found = positions.find(destination);
    return found == positions.end() || !found->second.known ? 0 : found->second.sequence;
  });
}

bool Cursors::has(const std::string& destination) const {
  return positions_.with([&](const auto& positions) {
    const auto found = positions.find(destination);
    return found != positions.end() && found->second.known;
  });
}

std::vector<std::pair<std::string, std::uint64_t>> Cursors::all() const {
  return positions_.with([](const auto& positions) {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& [name, position] : positions) {
      if (position.known) all.emplace_back(name, position.sequence);
    }
    return all;
  });
}

void Cursors::report(const std::string& destination, Delivery delivery) {
  positions_.with([&](auto& positions) {
    Position& position = positions[destination];
    if (!position.known || delivery.through > position.sequence) {
      position.sequence = delivery.through;
      position.changed = true;
    }
    if (position.resend_from != delivery.resend_from) {
      position.resend_from = delivery.resend_from;
      position.changed = true;
    }
    position.known = true;
    for (DeadLetter& letter : delivery.dead) position.dead.add(std::move(letter));
  });
}

std::uint64_t Cursors::resend_from(const std::string& destination) const {
  return positions_.with([&](const auto& positions) {
    const auto found = positions.find(destination);
    return found == positions.end() ? 0 : found->second.resend_from;
  });
}

void Cursors::rename(const std::string& from, const std::string& to) {
  positions_.with([&](auto& positions) {
    const auto old = positions.find(from);
    if (from == to || old == positions.end() || !old->second.known) return;
    Position& position = positions[to];
    if (!position.known) {
      position.sequence = old->second.sequence;
      position.resend_from = old->second.resend_from;
      position.lost = old->second.lost;
      position.told = old->second.told;
      position.untold = old->second.untold;
      position.dead = old->second.dead.take_over();
      position.known = position.changed = true;
    }
    drop_all(&old->second);
  });
}

void Cursors::drop_all(Position* position) {
  position->dead.clear();
  position->sequence = position->resend_from = 0;
  position->lost = position->told = position->untold = 0;
  position->known = false;
  position->changed = true;
}

void Cursors::drop(const std::string& destination) {
  positions_.with([&](auto& positions) {
    const auto found = positions.find(destination);
    if (found != positions.end()) drop_all(&found->second);
  });
}

bool Cursors::changed() const {
  return positions_.with([](const auto& positions) {
    return std::any_of(positions.begin(), positions.end(), [](const auto& entry) {
      return entry.second.changed || entry.second.dead.changed();
    });
  });
}

void Cursors::take_changed(std::vector<RowChange>* rows) {
  positions_.with([&](auto& positions) {
    for (auto at = positions.begin(); at != positions.end();) {
      Position& position = at->second;
      if (std::exchange(position.changed, false)) {
        const std::string& name = at->first;
        rows->push_back(fact(kPrefix, name, numbers({position.sequence}), !position.known));
        rows->push_back(
            fact(kResendPrefix, name, numbers({position.resend_from}), position.resend_from == 0));
        rows->push_back(
            fact(kLostPrefix, name, numbers({position.lost, position.told}), position.lost == 0));
      }
      position.dead.take_changed(at->first, rows);
      at = position.known ? std::next(at) : positions.erase(at);
    }
  });
}

std::vector<Loss> Cursors::pass_trim(std::uint64_t oldest, std::uint64_t trim_point) {
  return positions_.with([&](auto& positions) {
    std::vector<Loss> losses;
    for (auto& [name, position] : positions) {
      if (!position.known || position.sequence + 1 >= trim_point) continue;
      losses.push_back({name, trim_point - std::max(oldest, position.sequence + 1)});
      position.lost += losses.back().records;
      position.sequence = trim_point - 1;
      position.changed = true;
    }
    return losses;
  });
}

void Cursors::rows_of_trim(std::uint64_t oldest, std::uint64_t trim_point,
                           std::vector<RowChange>* rows) const {
  positions_.with([&](const auto& positions) {
    for (const auto& [name, position] : positions) {
      if (!position.known || position.sequence + 1 >= trim_point) continue;
      const std::uint64_t loss = trim_point - std::max(oldest, position.sequence + 1);
      rows->push_back(fact(kPrefix, name, numbers({trim_point - 1})));
      rows->push_back(fact(kLostPrefix, name, numbers({position.lost + loss, position.told})));
    }
  });
}

std::vector<Loss> Cursors::take_untold_losses() {
  return positions_.with([](auto& positions) {
    std::vector<Loss> losses;
    for (auto& [name, position] : positions) {
      const std::uint64_t records = std::exchange(position.untold, 0);
      if (position.known && records != 0) losses.push_back({name, records});
    }
    return losses;
  });
}

void Cursors::loss_told(const Loss& loss) {
  positions_.with([&](auto& positions) {
    const auto found = positions.find(loss.destination);
    if (found == positions.end()) return;
    Position& position = found->second;
    position.told = std::min(position.told + loss.records, position.lost);
    position.changed = true;
  });
}

}  // namespace trapd::journal
