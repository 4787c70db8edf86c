// SPDX-License-Identifier: Apache-2.0
// Secrets of the configuration: by value, from a file, or from the environment. No message ever
// shows one.
#pragma once

#include <memory>
#include <string>

#include "trapd/base/secret.h"
#include "trapd/config/reading.h"

namespace trapd::config {

inline constexpr std::size_t kSecretOctetsMax = 4096;

struct SecretValue {
  bool given = false;
  Position at;
  /// Null when it was not given, was wrong (reported), or secrets are not read in this run.
  std::shared_ptr<const Secret> secret;
  /// Whoever puts a secret there does not want what is made of it in a file.
  bool from_environment = false;
};

/// {file: PATH, mode: private | any} | {env: NAME}.
struct SecretSource {
  std::string file;
  Position file_at;
  std::string env;
  bool any_mode = false;
};
std::span<const Row<SecretSource>> secret_source_rows();

SecretValue read_secret(Reading& reading, const Setting& setting, const Node& node);

template <typename T, SecretValue T::*Member>
void as_secret(Reading& reading, const Setting& setting, const Node& node, T& target) {
  target.*Member = read_secret(reading, setting, node);
}

/// A file that holds a secret must be closed to group and others, unless `any_mode`. Reports and
/// returns false otherwise, or when the file is not there.
bool check_secret_file(Reading& reading, std::string_view key, Position at, const std::string& path,
                       bool any_mode);

}  // namespace trapd::config
