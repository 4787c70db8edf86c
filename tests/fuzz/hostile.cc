// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/hostile.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/scenario/line.h"
#include "trapd/base/bytes.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

std::vector<std::filesystem::path> files(const char* extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(TRAPD_HOSTILE_DIR)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void take_packets(const std::filesystem::path& path, std::vector<HostilePacket>* packets) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const scenario::Line& line : scenario::parse_lines(text)) {
    if (line.words.front() != "hex") continue;
    std::string digits;
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      if (!line.words[i].starts_with("from=")) digits += line.words[i];
    }
    auto octets = from_hex(digits);
    CHECK(octets.has_value());
    packets->push_back({path.stem().string() + " " + std::to_string(line.number), *octets});
  }
}

std::vector<HostilePacket> read_packets(const char* extension) {
  std::vector<HostilePacket> packets;
  for (const std::filesystem::path& path : files(extension)) take_packets(path, &packets);
  CHECK(!packets.empty());
  return packets;
}

}  // namespace

const std::vector<HostilePacket>& hostile_packets() {
  static const std::vector<HostilePacket> all = read_packets(".scn");
  return all;
}

std::vector<HostilePacket> hostile_requests() { return read_packets(".agent"); }

}  // namespace trapd::fuzz
