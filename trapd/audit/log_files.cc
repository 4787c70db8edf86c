// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/log_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "trapd/base/fd.h"

namespace trapd::audit {
namespace {

constexpr std::string_view kFront = "audit-";
constexpr std::string_view kBack = ".log";
constexpr std::size_t kDigits = 12;

bool is_closed_name(std::string_view name) {
  if (name.size() < kFront.size() + kDigits + kBack.size()) return false;
  if (!name.starts_with(kFront) || !name.ends_with(kBack)) return false;
  name.remove_prefix(kFront.size());
  name.remove_suffix(kBack.size());
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string closed_name(std::uint64_t first_sequence) {
  return fmt::format("{}{:012}{}", kFront, first_sequence, kBack);
}

Result<std::vector<std::string>> closed_files(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    std::string name = at->path().filename().string();
    if (is_closed_name(name)) names.push_back(std::move(name));
  }
  if (error) return failure("cannot read the directory " + directory + ": " + error.message());
  // Longer ones have larger numbers.
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

Result<std::string> read_log_file(const std::string& path, bool* missing) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd && errno == ENOENT && missing != nullptr) {
    *missing = true;
    return std::string();
  }
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return Unexpected(errno_error("cannot read", path, errno));
  }
  if (!S_ISREG(status.st_mode)) return failure(path + " is no file");
  // Its size, as a rule, and one octet more to meet the end.
  constexpr std::size_t kStepMin = 4096;
  constexpr std::size_t kStepMax = 256 * 1024;
  const std::size_t step =
      std::clamp(static_cast<std::size_t>(status.st_size) + 1, kStepMin, kStepMax);
  std::string text;
  for (;;) {
    const std::size_t had = text.size();
    if (had > kFileOctetsReadable) return failure(path + " is too large for an audit log");
    text.resize(had + step);
    const ssize_t got = ::read(fd.get(), text.data() + had, step);
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno != EINTR) return Unexpected(errno_error("cannot read", path, errno));
    if (got == 0) return text;
  }
}

}  // namespace trapd::audit
