// SPDX-License-Identifier: Apache-2.0
// Mutations: of one element of a message before it is encoded, encrypted and signed, and of the
// octets that are sent.
#pragma once

#include <string>

#include "tests/differential/element.h"
#include "tests/differential/random.h"

namespace trapd::differential {

/// Bends one element somewhere in the tree; returns what was done, in a word.
std::string bend_element(Element* root, Random* random);
std::string bend_octets(Bytes* octets, Random* random);

}  // namespace trapd::differential
