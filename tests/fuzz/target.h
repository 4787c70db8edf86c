// SPDX-License-Identifier: Apache-2.0
// What each fuzz_NAME.cc defines. libFuzzer drives it in a TRAPD_FUZZ build, replay_main.cc in
// every other one.
//
//   fuzz_NAME --write-seeds FOLDER     writes seeds() as files, for libFuzzer to begin from
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trapd::fuzz {

struct Seed {
  std::string name;  // of its file
  std::vector<std::uint8_t> bytes;
};

/// Sound inputs that reach what the target is for. They are made by code, so that a reader sees
/// what they are and a change of a format cannot leave stale files behind.
std::vector<Seed> seeds();

/// Obeys --write-seeds and ends the process; returns when it was not given.
void write_seeds_if_asked(int argc, char** argv);

}  // namespace trapd::fuzz

/// One input. A broken promise ends the process (CHECK), as any memory error does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
