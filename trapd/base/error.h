// SPDX-License-Identifier: Apache-2.0
// An error of the environment (file, socket, peer): one sentence that says what failed, on what,
// and why. Errors of peers' input are codes (trapd/snmp/drop_reason.h); bugs end in CHECK.
#pragma once

#include <string>

#include "trapd/base/expected.h"

namespace trapd {

struct Error {
  std::string text;
};

/// "<what> <subject>: <text of errno>", e.g. "cannot bind 0.0.0.0:162: Permission denied".
Error errno_error(const std::string& what, const std::string& subject, int errno_value);

template <typename T>
using Result = Expected<T, Error>;
using Status = Expected<void, Error>;

inline Unexpected<Error> failure(std::string text) {
  return Unexpected<Error>(Error{std::move(text)});
}

}  // namespace trapd
