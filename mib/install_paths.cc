// SPDX-License-Identifier: Apache-2.0
#include "mib/install_paths.h"

#include <filesystem>
#include <initializer_list>
#include <system_error>

namespace trapd::mib {

namespace {

std::string first_existing(const std::filesystem::path& from,
                           std::initializer_list<const char*> candidates) {
  std::error_code error;
  for (const char* candidate : candidates) {
    const auto path = std::filesystem::weakly_canonical(from / candidate, error);
    if (!error && std::filesystem::exists(path, error)) return path.string();
  }
  return (from / *candidates.begin()).string();
}

}  // namespace

InstallPaths install_paths() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto directory = program.parent_path();
  return {
      first_existing(directory,
                     {"../libexec/trapd/trapd-mibc", "../mib/trapd-mibc", "../../mib/trapd-mibc"}),
      first_existing(directory, {"../share/trapd/mibs", "../mib/modules", "../../mib/modules"})};
}

std::string index_directory(const std::string& store_directory) { return store_directory + "/mib"; }

std::string index_file(const std::string& store_directory) {
  return index_directory(store_directory) + "/mib.index";
}

}  // namespace trapd::mib
