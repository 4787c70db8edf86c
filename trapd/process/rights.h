// SPDX-License-Identifier: Apache-2.0
// What the process may do: raised rights only until the sockets are bound.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd {

/// Becomes `user` with its groups, without capabilities and without a way back; also forbids new
/// privileges and core dumps (keys are in memory). An empty user, or being unprivileged already,
/// changes no user. Before any other thread runs. Error: unknown user, or the kernel said no.
Status drop_rights(const std::string& user);

/// Puts the directory of the store into that user's hands when root has to make it. Before
/// drop_rights().
Status prepare_directory(const std::string& directory, const std::string& user);

}  // namespace trapd
