// SPDX-License-Identifier: Apache-2.0
// A directory of its own with an audit log in it, and what a test does to its files.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "trapd/audit/log_files.h"
#include "trapd/audit/trail.h"
#include "trapd/audit/verify.h"

namespace trapd::audit {

class LogDirectory {
 public:
  LogDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-audit-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~LogDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name = kLogName) const { return path_ + "/" + name; }

  std::unique_ptr<Trail> trail(std::size_t file_octets_max = std::size_t{1} << 20,
                               std::size_t files_max = 100) const {
    TrailOptions options;
    options.directory = path_;
    options.now = [] { return std::string("2026-11-23T06:15:15.123Z"); };
    options.file_octets_max = file_octets_max;
    options.files_max = files_max;
    return std::make_unique<Trail>(std::move(options));
  }
  /// Entries "one", "two" …: an action of that name each.
  void write(const std::vector<std::string>& actions) const {
    const auto open = trail();
    for (const std::string& action : actions) {
      const auto written = open->write("alice (uid 7)", action, {{"why", action}});
      if (!written) FAIL(written.error().text);
    }
  }
  std::string text(const std::string& name = kLogName) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& text, const std::string& name = kLogName) const {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << text;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream in(file());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  void put_lines(const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    put(text);
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> names;
    const auto entries = last_entries(path_, 10'000);
    if (!entries) FAIL(entries.error().text);
    for (const Entry& entry : *entries) names.push_back(entry.action);
    return names;
  }
  Chain verify(const Awaited& awaited = {}) const {
    auto verdict = verify_directory(path_, awaited);
    if (!verdict) FAIL(verdict.error().text);
    return std::move(verdict->chain);
  }
  /// "file:line: text" of the first fault; empty = good.
  std::string fault(const Awaited& awaited = {}) const {
    const Chain chain = verify(awaited);
    if (!chain.fault()) return {};
    return chain.fault()->file + ":" + std::to_string(chain.fault()->line) + ": " +
           chain.fault()->text;
  }

 private:
  std::string path_;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace trapd::audit
