// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each case, in which configurations and secrets lie.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "trapd/config/config.h"

namespace trapd::config {

class ConfigDirectory {
 public:
  ConfigDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ConfigDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ConfigDirectory(const ConfigDirectory&) = delete;
  ConfigDirectory& operator=(const ConfigDirectory&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const std::filesystem::path whole = path_ / name;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << text;
    REQUIRE(::chmod(whole.c_str(), mode) == 0);
  }
  Expected<Config, ConfigErrors> load(const std::string& text, bool read_secrets = true) const {
    write("t.yaml", text);
    return config::load(file("t.yaml"), read_secrets);
  }
  /// Lines of errors without the directory in front.
  std::vector<std::string> errors(const std::string& text, bool read_secrets = true) const {
    const auto loaded = load(text, read_secrets);
    return loaded ? std::vector<std::string>{} : without_directory(loaded.error().lines);
  }
  std::vector<std::string> warnings(const std::string& text) const {
    const auto loaded = load(text);
    if (!loaded) FAIL(loaded.error().lines.front());
    return without_directory(loaded->warnings);
  }

 private:
  std::vector<std::string> without_directory(std::vector<std::string> lines) const {
    const std::string front = path_.string() + "/";
    for (std::string& line : lines) {
      for (auto at = line.find(front); at != std::string::npos; at = line.find(front)) {
        line.erase(at, front.size());
      }
    }
    return lines;
  }
  std::filesystem::path path_;
};

}  // namespace trapd::config
