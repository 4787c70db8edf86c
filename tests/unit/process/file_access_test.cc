// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/file_access.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/process/child.h"
#include "trapd/base/fd.h"

namespace trapd::process::test {

namespace {

/// Directories "read", "write" and "other", each with a file "file".
class Places {
 public:
  Places() {
    root_ = (std::filesystem::temp_directory_path() / "trapd-access-XXXXXX").string();
    REQUIRE(::mkdtemp(root_.data()) != nullptr);
    for (const char* name : {"read", "write", "other"}) {
      std::filesystem::create_directory(root_ + "/" + name);
      std::ofstream(root_ + "/" + name + "/file") << "text";
    }
  }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  ~Places() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  std::string operator/(const std::string& name) const { return root_ + "/" + name; }
  Status confine() const {
    return confine_files({{*this / "read", *this / "absent"}, {*this / "write"}});
  }

 private:
  std::string root_;
};

bool opens(const std::string& path, int flags) {
  return static_cast<bool>(Fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)));
}
bool denied(const std::string& path, int flags) { return !opens(path, flags) && errno == EACCES; }

bool possible() {
  if (landlock_abi() > 0) return true;
  MESSAGE("skipped: this kernel has no Landlock, or this is a build with a sanitizer");
  return false;
}

}  // namespace

TEST_CASE("files are reached where it was said, and nowhere else") {
  if (!possible()) return;
  const Places places;
  CHECK(in_child([&] {
          HOLDS(opens(places / "other/file", O_RDONLY));
          HOLDS(places.confine().has_value());
          HOLDS(opens(places / "read/file", O_RDONLY));
          HOLDS(denied(places / "read/file", O_WRONLY));
          HOLDS(denied(places / "read/new", O_WRONLY | O_CREAT));
          HOLDS(opens(places / "write/file", O_RDWR));
          HOLDS(opens(places / "write/new", O_WRONLY | O_CREAT));
          HOLDS(::rename((places / "write/new").c_str(), (places / "write/file").c_str()) == 0);
          HOLDS(::unlink((places / "write/file").c_str()) == 0);
          HOLDS(denied(places / "other/file", O_RDONLY));
          HOLDS(denied("/etc/hostname", O_RDONLY) || errno == ENOENT);
          return 0;
        }) == 0);
}

TEST_CASE("a file that takes the place of another by renaming is reached like it") {
  if (!possible()) return;
  const Places places;
  CHECK(in_child([&] {
          HOLDS(places.confine().has_value());
          std::ofstream(places / "write/next") << "next";
          HOLDS(::rename((places / "write/next").c_str(), (places / "write/file").c_str()) == 0);
          HOLDS(opens(places / "write/file", O_RDONLY));
          return 0;
        }) == 0);
}

TEST_CASE("no program can be run, and no special file made") {
  if (!possible()) return;
  const Places places;
  CHECK(in_child([&] {
          HOLDS(places.confine().has_value());
          char program[] = "/bin/true";
          char* arguments[] = {program, nullptr};
          HOLDS(::execve(program, arguments, nullptr) == -1 && errno == EACCES);
          HOLDS(::mkfifo((places / "write/fifo").c_str(), 0600) == -1 && errno == EACCES);
          HOLDS(::symlink("/etc", (places / "write/link").c_str()) == -1 && errno == EACCES);
          return 0;
        }) == 0);
}

TEST_CASE("a program that was named is run, with its shared libraries; others are not") {
  if (!possible()) return;
  const Places places;
  const auto run = [](const char* name) {
    std::string program = name;
    char* arguments[] = {program.data(), nullptr};
    return ::execve(program.c_str(), arguments, nullptr);
  };
  const FileAccess access{{"/usr", "/lib", "/lib64"}, {}, {"/bin/true"}};
  CHECK(in_child([&] {
          HOLDS(confine_files(access).has_value());
          HOLDS(run("/bin/false") == -1 && errno == EACCES);
          HOLDS(denied(places / "other/file", O_RDONLY));
          run("/bin/true");  // ends this process with 0
          return 1;
        }) == 0);
}

TEST_CASE("later threads are confined as well") {
  if (!possible()) return;
  const Places places;
  CHECK(in_child([&] {
          HOLDS(places.confine().has_value());
          bool kept_out = false;
          std::thread([&] { kept_out = denied(places / "other/file", O_RDONLY); }).join();
          HOLDS(kept_out);
          return 0;
        }) == 0);
}

}  // namespace trapd::process::test
