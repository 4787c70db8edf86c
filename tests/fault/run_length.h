// SPDX-License-Identifier: Apache-2.0
// How long a random test runs and where it begins: short in CI, longer by the environment.
#pragma once

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace trapd::fault {

inline double number_from_environment(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::stod(text) : otherwise;
}

/// TRAPD_FAULT_SECONDS, else what is right for CI.
inline std::chrono::duration<double> run_seconds(double in_ci) {
  return std::chrono::duration<double>(number_from_environment("TRAPD_FAULT_SECONDS", in_ci));
}

/// TRAPD_FAULT_SEED, else a new one each time. Printed: a failure can be had again.
inline unsigned int run_seed(const char* test) {
  const auto seed = static_cast<unsigned int>(
      number_from_environment("TRAPD_FAULT_SEED", std::random_device()() & 0xffffff));
  std::cout << test << ": TRAPD_FAULT_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace trapd::fault
