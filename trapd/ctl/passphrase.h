// SPDX-License-Identifier: Apache-2.0
// Passphrases from standard input: never from arguments, which every user of the machine can see.
#pragma once

#include "trapd/base/error.h"
#include "trapd/base/secret.h"

namespace trapd::ctl {

/// One line; asked for, and not shown while it is typed, when standard input is a terminal.
Result<Secret> read_passphrase(const char* prompt);

}  // namespace trapd::ctl
