// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/integrity_watch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/unit/alarm/own_condition_sink.h"
#include "trapd/health/file_integrity.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::health {
namespace {

namespace fs = std::filesystem;
using alarm::OwnCondition;
using Sink = alarm::RecordingSink;

struct Files {
  std::string path;
  Files() {
    std::array<char, 32> name = {"/tmp/trapd-health-XXXXXX"};
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name.data();
  }
  ~Files() { fs::remove_all(path); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  std::string write(const std::string& name, const std::string& content) const {
    const std::string file = path + "/" + name;
    std::ofstream(file, std::ios::trunc) << content;
    return file;
  }
};

bool wait_until(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return holds();
}

/// A watch that looks each 5 ms.
struct Watching {
  Files files;
  Sink sink;
  IntegrityWatch watch{sink, 5'000'000};

  std::string said(const std::string& path) const {
    return sink.find(OwnCondition::kIntegrityViolation, path).text;
  }
  bool says(const std::string& path, const std::string& what) const {
    return wait_until([&] { return said(path).find(what) != std::string::npos; });
  }
  bool is_quiet(const std::string& path) const {
    return wait_until([&] { return said(path).empty(); });
  }
  /// Returns when the files as they are now are those that count.
  void take(const std::set<std::string>& paths) {
    const std::string probe = files.write("probe", "1");
    std::set<std::string> all = paths;
    all.insert(probe);
    watch.take(all);
    watch.start();
    std::string content = "1";
    REQUIRE(wait_until([&] {
      files.write("probe", content += "1");
      return !said(probe).empty();
    }));
  }
};

TEST_CASE("what changes of a file is named") {
  const Files files;
  const std::string file = files.write("rules.yaml", "rules: []\n");
  ::chmod(file.c_str(), 0640);
  const FileState before = look_at_file(file, true);
  CHECK(before.hashed);
  CHECK(difference(before, look_at_file(file, true)).empty());
  std::ifstream in(file);  // read only: no difference
  std::string line;
  std::getline(in, line);
  CHECK(difference(before, look_at_file(file, true)).empty());

  ::chmod(file.c_str(), 0666);
  CHECK(difference(before, look_at_file(file, true)) == "mode 100640 -> 100666");
  ::chmod(file.c_str(), 0640);
  files.write("rules.yaml", "rules: [x]\n");
  CHECK(difference(before, look_at_file(file, true)) == "content, size 10 -> 11");
  files.write("rules.yaml", "rules: []\n");
  CHECK(difference(before, look_at_file(file, true)) == "written with the same content");
  fs::remove(file);
  CHECK(difference(before, look_at_file(file, true)) == "it is gone");
  CHECK(difference(FileState{}, before) == "it has appeared");
}

TEST_CASE("the same size and time with another content is found by the hash") {
  const Files files;
  const std::string file = files.write("secret", "aaaa");
  const FileState before = look_at_file(file, true);
  files.write("secret", "bbbb");
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  FileState now = look_at_file(file, true);
  now.modified_ns = before.modified_ns;
  now.changed_ns = before.changed_ns;
  CHECK(now.same_attributes(before));
  CHECK(difference(before, now) == "content");
}

TEST_CASE("a change that no reload made is an alarm, which ends when it is taken back") {
  Watching w;
  const std::string file = w.files.write("trapd.yaml", "a: 1\n");
  w.take({file});
  w.files.write("trapd.yaml", "a: 2\n");
  REQUIRE(w.says(file, "content"));
  w.files.write("trapd.yaml", "a: 33\n");
  REQUIRE(w.says(file, "size 5 -> 6"));
  fs::remove(file);
  REQUIRE(w.says(file, "it is gone"));
}

TEST_CASE("a reload takes the files as they are") {
  Watching w;
  const std::string file = w.files.write("trapd.yaml", "a: 1\n");
  w.take({file});
  w.files.write("trapd.yaml", "a: 2\n");
  REQUIRE(w.says(file, "content"));
  w.watch.take({file});
  CHECK(w.is_quiet(file));
  CHECK(w.sink.last_clear() == "it was taken into use by a reload");
}

TEST_CASE("a file that appears in a directory is an alarm") {
  Watching w;
  fs::create_directory(w.files.path + "/mibs");
  w.files.write("mibs/A.txt", "A");
  w.take({w.files.path + "/mibs"});
  const std::string file = w.files.write("mibs/B.txt", "B");
  CHECK(w.says(file, "it has appeared"));
  fs::remove(file);
  CHECK(w.is_quiet(file));
}

TEST_CASE("an alarm of the last process ends with the files that this one has started with") {
  Watching w;
  const std::string file = w.files.write("trapd.yaml", "a: 1\n");
  w.sink.raise(OwnCondition::kIntegrityViolation, file, "of the last process");
  w.watch.resume(file);
  w.take({file});
  CHECK(w.is_quiet(file));
}

}  // namespace
}  // namespace trapd::health
