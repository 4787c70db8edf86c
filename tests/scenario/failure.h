// SPDX-License-Identifier: Apache-2.0
// Why a scenario ends early: what it expected did not come, or it cannot be understood.
#pragma once

#include <stdexcept>
#include <string>

namespace trapd::scenario {

/// A word or value that the scenario's writer has to mend.
class Mistake : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An expectation that does not hold, with what was there instead.
class Disappointment : public std::runtime_error {
 public:
  Disappointment(const std::string& wanted, const std::string& found)
      : std::runtime_error("expected: " + wanted + "\n  got:      " + found) {}
};

}  // namespace trapd::scenario
