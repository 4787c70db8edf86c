// SPDX-License-Identifier: Apache-2.0
// Flips bits in a store's data.mdb, also while it is open: LMDB maps the file, and sees them.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "trapd/alarm/record.h"
#include "trapd/base/bytes.h"

namespace trapd::journal {

/// Writes `octets` over the file at `offset` behind every place where `pattern` stands. Returns
/// how many there were.
inline std::size_t overwrite(const std::string& file, std::string_view pattern, std::size_t offset,
                             std::string_view octets) {
  std::ifstream in(file, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  std::size_t found = 0;
  for (std::size_t at = all.find(pattern); at != std::string::npos;
       at = all.find(pattern, at + 1)) {
    out.seekp(static_cast<std::streamoff>(at + offset));
    out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    ++found;
  }
  return found;
}

/// Gives a record that is no larger than 64 KiB a version that nobody knows.
inline std::size_t damage_record(const std::string& directory, std::size_t record_octets,
                                 std::uint64_t sequence) {
  // Of its header: size, then from the sequence's place on.
  std::string first(4, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(first.data()),
           static_cast<std::uint32_t>(record_octets));
  const std::string header = first + static_cast<char>(alarm::kRecordVersion);
  std::ifstream in(directory + "/data.mdb", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  std::fstream out(directory + "/data.mdb", std::ios::binary | std::ios::in | std::ios::out);
  std::size_t found = 0;
  for (std::size_t at = all.find(header); at != std::string::npos; at = all.find(header, at + 1)) {
    if (at + 24 > all.size()) break;
    if (load_le<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(&all[at + 16])) != sequence) {
      continue;
    }
    out.seekp(static_cast<std::streamoff>(at + 4));
    out.put('\x7f');
    ++found;
  }
  return found;
}

/// Lets a packed value of more than 2 KiB lie where the file has no page.
inline std::size_t lose_value(const std::string& directory, std::uint64_t first_sequence) {
  // Node of a leaf: flags 1 (pages of its own), key of 8 octets, the key, number of the page.
  std::string node{"\x01\x00\x08\x00", 4};
  node.resize(12);
  store_be64(reinterpret_cast<std::uint8_t*>(&node[4]), first_sequence);
  return overwrite(directory + "/data.mdb", node, 12,
                   std::string_view("\xff\xff\xff\xff\xff\x00\x00\x00", 8));
}

}  // namespace trapd::journal
