// SPDX-License-Identifier: Apache-2.0
// Where the parts that trapd and trapctl run or read besides the configuration are, in the build
// tree and when installed: relative to the program.
#pragma once

#include <string>

namespace trapd::mib {

struct InstallPaths {
  std::string mib_compiler;  // trapd-mibc
  std::string base_mibs;     // our own modules
};
InstallPaths install_paths();

/// Of a store's directory: where the index is, alone, so that the compiler writes nothing else.
std::string index_directory(const std::string& store_directory);
std::string index_file(const std::string& store_directory);

}  // namespace trapd::mib
