// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/disk_model.h"

#include <algorithm>
#include <cstring>

namespace trapd::fault {

template <typename Visit>
void DiskModel::for_range(std::uint64_t offset, std::size_t size, Visit&& visit) {
  if (size == 0) return;
  for (std::uint64_t at = offset / kSectorOctets; at <= (offset + size - 1) / kSectorOctets; ++at) {
    visit(at, &sectors_[at]);
  }
}

void DiskModel::write(std::uint64_t offset, ByteView bytes) {
  for_range(offset, bytes.size(), [&](std::uint64_t at, Sector* sector) {
    const std::uint64_t begin = std::max(offset, at * kSectorOctets);
    const std::uint64_t end = std::min(offset + bytes.size(), (at + 1) * kSectorOctets);
    std::memcpy(sector->cached.data() + (begin - at * kSectorOctets),
                bytes.data() + (begin - offset), end - begin);
    sector->possible.push_back(sector->cached);
    sector->dirty = true;
  });
}

void DiskModel::settle(Sector* sector) {
  if (!sector->dirty) return;
  sector->certain = sector->cached;
  sector->has_certain = true;
  sector->possible.clear();
  sector->dirty = false;
}

void DiskModel::sync_succeeded() {
  for (auto& [at, sector] : sectors_) settle(&sector);
}
void DiskModel::sync_succeeded(std::uint64_t offset, std::size_t size) {
  for_range(offset, size, [](std::uint64_t, Sector* sector) { settle(sector); });
}

void DiskModel::sync_failed() {
  for (auto& [at, sector] : sectors_) sector.dirty = false;
}
void DiskModel::sync_failed(std::uint64_t offset, std::size_t size) {
  for_range(offset, size, [](std::uint64_t, Sector* sector) { sector->dirty = false; });
}

std::vector<std::uint8_t> DiskModel::after_power_cut(std::mt19937* random,
                                                     unsigned int share) const {
  std::vector<std::uint8_t> file;
  for (const auto& [at, sector] : sectors_) {
    const Content* found = sector.has_certain ? &sector.certain : nullptr;
    if (!sector.possible.empty() && (*random)() % 1000 < share) {
      // Mostly the newest; an older one may have gone out and the newer not.
      const std::size_t n = sector.possible.size();
      found = &sector.possible[(*random)() % 4 == 0 ? (*random)() % n : n - 1];
    }
    if (found == nullptr) continue;
    file.resize(std::max<std::size_t>(file.size(), (at + 1) * kSectorOctets));
    std::memcpy(file.data() + at * kSectorOctets, found->data(), kSectorOctets);
  }
  return file;
}

bool DiskModel::is_certain() const {
  return std::all_of(sectors_.begin(), sectors_.end(),
                     [](const auto& entry) { return entry.second.possible.empty(); });
}

}  // namespace trapd::fault
