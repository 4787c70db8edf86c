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

}  // namespace trapd::mib
