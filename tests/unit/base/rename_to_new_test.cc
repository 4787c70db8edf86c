// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/rename_to_new.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace trapd {
namespace {

TEST_CASE("a name that is taken stays, on every file system") {
  std::string directory = (std::filesystem::temp_directory_path() / "trapd-base-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::string from = directory + "/from";
  const std::string to = directory + "/to";
  for (const bool in_one_step : {true, false}) {
    std::ofstream(from) << "new";
    CHECK(rename_to_new(from, to, in_one_step) == 0);
    CHECK(std::filesystem::file_size(to) == 3);
    std::ofstream(from) << "newer";
    CHECK(rename_to_new(from, to, in_one_step) == -1);
    CHECK(errno == EEXIST);
    CHECK(std::filesystem::file_size(to) == 3);
    std::filesystem::remove(to);
    CHECK(rename_to_new(directory + "/nobody", to, in_one_step) == -1);
    CHECK(errno == ENOENT);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace trapd
