// SPDX-License-Identifier: Apache-2.0
#include "trapd/kernel_drops_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "trapd/base/fd.h"

namespace trapd {

namespace {

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::string first_line() { return "kernel drops of boot " + boot_id(); }

}  // namespace

KernelDropCounts read_kernel_drops(const std::string& path) {
  KernelDropCounts counts;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != first_line()) return {};
  std::uint64_t cookie = 0;
  std::uint32_t drops = 0;
  while (file >> cookie >> drops) counts[cookie] = drops;
  return file.eof() ? counts : KernelDropCounts();
}

Status write_kernel_drops(const std::string& path, const KernelDropCounts& counts) {
  std::string text = first_line() + '\n';
  for (const auto& [cookie, drops] : counts) {
    text += std::to_string(cookie) + ' ' + std::to_string(drops) + '\n';
  }
  const std::string fresh = path + ".new";
  const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(fresh.c_str(), path.c_str()) != 0) {
    return Unexpected(errno_error("cannot write", path, errno));
  }
  return {};
}

}  // namespace trapd
