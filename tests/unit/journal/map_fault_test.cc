// SPDX-License-Identifier: Apache-2.0
// A page that the disk does not give: here one behind the end of a file that was cut.
#include "trapd/journal/map_fault.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/unit/journal/fixtures.h"
#include "trapd/base/thread.h"
#include "trapd/journal/batch.h"
#include "trapd/journal/store_replace.h"

namespace trapd::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRecords = 5'000;
constexpr std::uintmax_t kLeft = 64 << 10;  // of the file: its headers, not its newest pages

struct Cut {
  TemporaryDirectory directory;
  const std::string data = directory.path() + "/data.mdb";
  const std::string fault = directory.path() + "/data.fault";
  const std::string copy = directory.path() + "/copy";

  Cut() {
    auto store = std::move(*Store::open({directory.path(), 64 << 20}));
    Batch batch(4 << 20);
    for (std::uint64_t i = 1; i <= kRecords; ++i) batch.add(make_record({}), i);
    REQUIRE(store->commit(batch.entries(), {}));
    store.reset();
    fs::copy_file(data, copy);
    REQUIRE(fs::file_size(data) > 4 * kLeft);
  }
  /// The same file, whole again.
  void put_back() const {
    std::ofstream(data, std::ios::binary | std::ios::in | std::ios::out)
        << std::ifstream(copy, std::ios::binary).rdbuf();
  }
};

/// How a process ends that reads a store whose file is cut under it.
int end_of_reader(const Cut& cut) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    auto store = Store::open({cut.directory.path(), 64 << 20});
    if (!store || ::truncate(cut.data.c_str(), kLeft) != 0) ::_exit(1);
    // On a thread like those that read the journal.
    start_thread("reader", [&] {
      Passage passage;
      for (std::uint64_t from = 1; from <= kRecords; from = passage.through + 1) {
        if (!(*store)->read(from, 1 << 20, &passage)) ::_exit(2);
      }
      ::_exit(3);
    }).join();
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

TEST_CASE("a page that cannot be read ends the process, and holds up each start until it can") {
  const Cut cut;
  const int status = end_of_reader(cut);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGBUS);
  std::uint64_t place = 0;
  std::ifstream(cut.fault) >> place;
  CHECK(place >= kLeft);
  CHECK(place < fs::file_size(cut.copy));
  for (int i = 0; i < 2; ++i) {
    const auto store = Store::open({cut.directory.path(), 64 << 20});
    REQUIRE(!store);
    CHECK(store.error().text.find("octet " + std::to_string(place)) != std::string::npos);
    CHECK(store.error().text.find("it lies beyond the file's end") != std::string::npos);
    CHECK(store.error().text.find("set-aside") != std::string::npos);
  }
  cut.put_back();
  const auto store = Store::open({cut.directory.path(), 64 << 20});
  REQUIRE(store);
  CHECK(!fs::exists(cut.fault));
  CHECK(headers(**store).size() == kRecords);
}

TEST_CASE("another data.mdb in its place holds up no start") {
  const Cut cut;
  REQUIRE(WIFSIGNALED(end_of_reader(cut)));
  fs::rename(cut.copy, cut.data);
  const auto store = Store::open({cut.directory.path(), 64 << 20});
  REQUIRE(store);
  CHECK(!fs::exists(cut.fault));
  CHECK(headers(**store).size() == kRecords);
}

TEST_CASE("a store that is set aside takes its unreadable place along") {
  const Cut cut;
  REQUIRE(WIFSIGNALED(end_of_reader(cut)));
  REQUIRE(fs::exists(cut.fault));
  const auto done = set_aside(cut.directory.path());
  REQUIRE(done);
  CHECK(!fs::exists(cut.fault));
  CHECK(Store::open({cut.directory.path(), 64 << 20}));
}

TEST_CASE("a note of a fault that says nothing holds up nothing") {
  const Cut cut;
  std::ofstream(cut.fault) << "?\n";
  CHECK(Store::open({cut.directory.path(), 64 << 20}));
  CHECK(!fs::exists(cut.fault));
}

}  // namespace
}  // namespace trapd::journal
