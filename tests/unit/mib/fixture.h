// SPDX-License-Identifier: Apache-2.0
// Indexes for the tests: made by the compiler from the modules of the tree, each set once.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "mib/build.h"
#include "mib/index.h"

namespace trapd::mib::test {

/// Goes with everything in it.
class TempDir {
 public:
  TempDir() {
    std::string path = (std::filesystem::temp_directory_path() / "trapd-mib-XXXXXX").string();
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string source_dir() {
  const char* const dir = ::getenv("TRAPD_SOURCE_DIR");
  return dir != nullptr ? dir : ".";
}
inline std::string base_dir() { return source_dir() + "/mib/modules"; }
inline std::string data_dir() { return source_dir() + "/tests/data/mibs"; }

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline BuildOptions build_options(const TempDir& dir, std::vector<std::string> directories) {
  BuildOptions options;
  options.compiler = TRAPD_MIBC;
  options.inputs.base = base_dir();
  options.inputs.directories = std::move(directories);
  options.output = dir / "mib.index";
  return options;
}

inline std::shared_ptr<const MibIndex> compile(std::vector<std::string> directories) {
  const TempDir dir;
  auto build = build_or_reuse(build_options(dir, std::move(directories)));
  if (!build) FAIL(build.error().text);
  return build->index;
}

/// Our own modules and those of tests/data/mibs.
inline const MibIndex& test_index() {
  static const std::shared_ptr<const MibIndex> index = compile({data_dir()});
  return *index;
}

inline bool any_line(const MibIndex& index, std::string_view part) {
  for (const std::string_view line : index.diagnostics()) {
    if (line.find(part) != std::string_view::npos) return true;
  }
  return false;
}

inline std::string oid_text(const MibIndex& index, std::string_view name) {
  auto oid = index.find(name);
  return oid ? oid->text() : oid.error().text;
}

}  // namespace trapd::mib::test
