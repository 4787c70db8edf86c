// SPDX-License-Identifier: Apache-2.0
// A configuration as the owner wrote it, path by path, with its secrets masked: for the audit log,
// which says at each reload what has changed. Values and the fingerprints of secrets, which hold
// for this process alone; it can be compared, and shown.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapd/base/secret.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {

/// What a reading has found to be secrets: by where they stand, whatever their keys are called.
class SecretMarks {
 public:
  /// `secret` null: not read in this run. `inline_text`: it stands in the configuration itself.
  void add(Position at, bool inline_text, const Secret* secret);
  bool any_inline() const { return any_inline_; }
  /// 0 = no secret stands there.
  std::uint64_t fingerprint(Position at) const;
  bool is_inline(Position at) const;

 private:
  struct Mark {
    bool inline_text = false;
    std::uint64_t fingerprint = 0;
  };
  std::map<std::pair<int, int>, Mark> marks_;  // line and column
  bool any_inline_ = false;
};

/// In lower-case hexadecimal.
std::string sha256_hex(std::string_view octets);

class Outline {
 public:
  /// Of a larger configuration only which sections changed is known.
  static constexpr std::size_t kOctetsMax = std::size_t{1} << 20;

  Outline() = default;
  Outline(const Node& root, const SecretMarks& secrets);
  /// A file that the configuration takes in: its content counts as a value.
  void add_file(const std::string& path);

  struct Change {
    std::string path;  // "snmp_users[noc].auth.passphrase"
    /// As shown; empty = was not, or is not any more.
    std::string before;
    std::string after;
  };
  /// By path. Texts are at most kShownMax octets.
  static std::vector<Change> changes(const Outline& before, const Outline& after);
  static constexpr std::size_t kShownMax = 200;

  /// SHA-256 over paths and masked values, in hexadecimal.
  std::string sha256() const;

 private:
  struct Value {
    std::string shown;
    std::uint64_t fingerprint = 0;  // of a secret, or of what is too long to be shown
    friend bool operator==(const Value&, const Value&) = default;
  };
  void add(const std::string& path, const Node& node, const SecretMarks& secrets);
  void add_list(const std::string& path, const Node& node, const SecretMarks& secrets);
  void put(const std::string& path, std::string shown, std::uint64_t fingerprint);
  void fold();

  std::vector<std::pair<std::string, Value>> values_;  // sorted by path
  std::size_t octets_ = 0;
};

}  // namespace trapd::config
