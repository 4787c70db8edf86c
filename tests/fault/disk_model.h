// SPDX-License-Identifier: Apache-2.0
// What a disk may hold of one file when the power is cut, sector by sector: what a completed sync
// had brought there for certain, or any of what was written since and may have gone out by itself,
// each sector for itself. A sync that fails makes nothing certain, and what was written before it
// is not written out by a later one either: the kernel takes it for clean. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::fault {

class DiskModel {
 public:
  static constexpr std::size_t kSectorOctets = 512;

  void write(std::uint64_t offset, ByteView bytes);
  void sync_succeeded();
  void sync_failed();
  /// A write through a descriptor that waits for the disk (O_DSYNC): the sectors it touched.
  void sync_succeeded(std::uint64_t offset, std::size_t size);
  void sync_failed(std::uint64_t offset, std::size_t size);

  /// One of the files that may be found. `share` of 1000: how readily a sector has something newer
  /// than what is certain.
  std::vector<std::uint8_t> after_power_cut(std::mt19937* random, unsigned int share) const;
  bool is_certain() const;

 private:
  using Content = std::array<std::uint8_t, kSectorOctets>;
  struct Sector {
    Content cached{};               // as every process sees it
    Content certain{};              // on disk, unless one of the following is
    std::vector<Content> possible;  // newer, oldest first
    bool has_certain = false;
    bool dirty = false;
  };
  static void settle(Sector* sector);
  template <typename Visit>
  void for_range(std::uint64_t offset, std::size_t size, Visit&& visit);

  std::map<std::uint64_t, Sector> sectors_;  // by offset / 512
};

}  // namespace trapd::fault
