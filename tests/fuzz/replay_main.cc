// SPDX-License-Identifier: Apache-2.0
// Runs a target without libFuzzer, so that every compiler replays what was found: its seeds, each
// seed cut short and with single octets damaged, and every file in the folders that are named.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "tests/fuzz/target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

void run(const Bytes& input) {
  // A copy of exactly this size: one octet too far is outside the allocation.
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

/// At most about 200 variants of a seed: replaying is a matter of seconds.
std::size_t run_damaged(const Bytes& seed) {
  const std::size_t stride = seed.size() / 64 + 1;
  std::size_t count = 0;
  for (std::size_t at = 0; at < seed.size(); at += stride) {
    run({seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(at)});
    for (const std::uint8_t flip : {std::uint8_t{0x01}, std::uint8_t{0x80}}) {
      Bytes damaged = seed;
      damaged[at] ^= flip;
      run(damaged);
    }
    count += 3;
  }
  return count;
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  trapd::fuzz::write_seeds_if_asked(argc, argv);
  run({});
  std::size_t count = 1;
  for (const trapd::fuzz::Seed& seed : trapd::fuzz::seeds()) {
    run(seed.bytes);
    count += 1 + run_damaged(seed.bytes);
  }
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);  // the last name before a crash is the culprit's
      run(read_file(entry.path()));
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return 0;
}
