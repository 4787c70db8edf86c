// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "tests/fuzz/target.h"

namespace trapd::fuzz {

void write_seeds_if_asked(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--write-seeds") return;
  const std::filesystem::path folder = argv[2];
  std::filesystem::create_directories(folder);
  for (const Seed& seed : seeds()) {
    std::ofstream file(folder / seed.name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.bytes.data()),
               static_cast<std::streamsize>(seed.bytes.size()));
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s\n", (folder / seed.name).c_str());
      std::exit(1);
    }
  }
  std::exit(0);
}

}  // namespace trapd::fuzz

/// libFuzzer calls it before it looks at its own options.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  trapd::fuzz::write_seeds_if_asked(*argc, *argv);
  return 0;
}
