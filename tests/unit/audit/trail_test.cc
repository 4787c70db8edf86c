// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/trail.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/unit/audit/log_directory.h"

namespace trapd::audit {
namespace {

using Actions = std::vector<std::string>;

TEST_CASE("a chain goes on where the last process left it") {
  const LogDirectory directory;
  directory.write({"one", "two"});
  directory.write({"three"});
  CHECK(directory.actions() == Actions{"one", "two", "three"});
  CHECK(directory.fault().empty());
  CHECK(directory.verify().last_sequence() == 3);
  struct stat status {};
  REQUIRE(::stat(directory.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("a log cut at any octet goes on, and what was torn is kept and told of") {
  const LogDirectory directory;
  directory.write({"one", "two"});
  const std::string whole = directory.text();
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    CAPTURE(cut);
    const std::string left = whole.substr(0, cut);
    directory.put(left);
    directory.write({"next"});
    CHECK(directory.text().starts_with(left));
    CHECK(directory.fault().empty());
    const bool clean = cut == 0 || cut == second || cut == whole.size();
    const bool only_lf = cut == second - 1 || cut == whole.size() - 1;
    const auto actions = directory.actions();
    const bool told = actions.size() > 1 && actions[actions.size() - 2] == "torn";
    CHECK(told == !(clean || only_lf));
    CHECK(directory.verify().torn_lines() == (told ? 1 : 0));
  }
}

TEST_CASE("a torn end of zeros and line feeds, as a power cut leaves it, is closed") {
  const LogDirectory directory;
  directory.write({"one"});
  const std::string whole = directory.text();
  for (const std::string& end : {std::string(3, '\0'), std::string("\n"), std::string("\n\n\n"),
                                 std::string("a\nb\n"), std::string("a\nb"), std::string("{}\n")}) {
    directory.put(whole + end);
    CHECK_FALSE(directory.fault().empty());
    directory.write({"next"});
    CHECK(directory.fault().empty());
    CHECK(directory.actions() == Actions{"one", "torn", "next"});
    CHECK(directory.text().starts_with(whole + end));
  }
}

TEST_CASE("an entry at the end without its line feed that does not belong there is told of") {
  const LogDirectory directory;
  directory.write({"one", "two", "three", "four"});
  auto lines = directory.lines();
  lines.erase(lines.begin() + 2);
  directory.put_lines(lines);
  const std::string text = directory.text();
  directory.put(text.substr(0, text.size() - 1));
  directory.write({"next"});
  CHECK(directory.actions() == Actions{"one", "two", "four", "broken", "next"});
  CHECK(has(directory.fault(), "entry 3 is missing before entry 4"));
  CHECK(directory.verify().faults() == 1);
}

TEST_CASE("what is torn cannot be changed or taken away afterwards") {
  const LogDirectory directory;
  directory.write({"one"});
  directory.put(directory.text() + "half a li");
  directory.write({"two"});
  REQUIRE(directory.fault().empty());
  auto lines = directory.lines();
  auto changed = lines;
  changed[1] = "half a lo";
  directory.put_lines(changed);
  CHECK(has(directory.fault(), "audit.log:2: is no entry"));
  changed = lines;
  changed.erase(changed.begin() + 1);
  directory.put_lines(changed);
  CHECK(has(directory.fault(), "tells of a torn line before it, and there is none"));
}

TEST_CASE("a broken chain goes on behind an entry that says where it is broken") {
  const LogDirectory directory;
  directory.write({"one", "two", "three"});
  auto lines = directory.lines();
  lines[1].replace(lines[1].find("two"), 3, "six");
  directory.put_lines(lines);
  const auto trail = directory.trail();
  trail->note("trapd", "start", Json::object());
  REQUIRE(trail->fault());
  CHECK(trail->fault()->line == 2);
  CHECK(directory.actions() == Actions{"one", "six", "three", "broken", "start"});
  CHECK(directory.verify().faults() == 1);  // and not another one
}

TEST_CASE("a full file is closed, and the chain goes on in the next one") {
  const LogDirectory directory;
  const auto trail = directory.trail(1000);
  for (int i = 0; i < 20; ++i) REQUIRE(trail->write("trapd", "n", {{"i", i}}));
  const auto closed = closed_files(directory.path());
  REQUIRE(closed);
  REQUIRE(closed->size() >= 3);
  CHECK(closed->front() == "audit-000000000001.log");
  for (const std::string& name : *closed) {
    CHECK(directory.text(name).size() <= 1000);
    const auto alone = verify_file(directory.file(name), {});
    REQUIRE(alone);
    CHECK_FALSE(alone->chain.fault());
  }
  CHECK(directory.fault().empty());
  CHECK(directory.verify().entries() == 20);
  const auto last = last_entries(directory.path(), 10);
  REQUIRE(last);
  REQUIRE(last->size() == 10);
  CHECK(last->front().detail["i"] == 10);
  CHECK(last->back().detail["i"] == 19);
}

TEST_CASE("a closed file that is changed, removed or renamed is found") {
  const LogDirectory directory;
  {
    const auto trail = directory.trail(1000);
    for (int i = 0; i < 20; ++i) REQUIRE(trail->write("trapd", "n", {{"i", i}}));
  }
  const auto closed = closed_files(directory.path());
  REQUIRE(closed);
  const std::string second = (*closed)[1];
  const std::string text = directory.text(second);
  std::filesystem::remove(directory.file(second));
  CHECK(has(directory.fault(), "are missing before entry"));
  directory.put(text, second);
  CHECK(directory.fault().empty());
  directory.put(text.substr(0, text.rfind('\n', text.size() - 2) + 1), second);  // its last line
  CHECK(has(directory.fault(), "is missing before entry"));
  directory.put(text, second);
  std::filesystem::rename(directory.file(second), directory.file("audit-000000000099.log"));
  CHECK_FALSE(directory.fault().empty());
  std::filesystem::rename(directory.file("audit-000000000099.log"), directory.file(second));
  std::filesystem::remove(directory.file(closed->front()));
  CHECK(has(directory.fault(), "and no entry tells that trapd removed them"));
}

TEST_CASE("of closed files the oldest goes at the bound, behind an entry that tells of it") {
  const LogDirectory directory;
  const auto trail = directory.trail(1000, 3);
  for (int i = 0; i < 60; ++i) REQUIRE(trail->write("trapd", "n", {{"i", i}}));
  const auto closed = closed_files(directory.path());
  REQUIRE(closed);
  CHECK(closed->size() == 3);
  const Chain chain = directory.verify();
  CHECK_FALSE(chain.fault());
  CHECK(chain.first_sequence() > 1);
  // One more, taken away by somebody else.
  std::filesystem::remove(directory.file(closed->front()));
  CHECK(has(directory.fault(), "and no entry tells that trapd removed them"));
}

TEST_CASE("a log that is gone is told of, and the chain goes on behind the closed files") {
  const LogDirectory directory;
  {
    const auto trail = directory.trail(1000);
    for (int i = 0; i < 20; ++i) REQUIRE(trail->write("trapd", "n", {{"i", i}}));
  }
  std::filesystem::remove(directory.file());
  CHECK(has(directory.fault(), "audit.log:0: is missing"));
  directory.write({"next"});
  const auto actions = directory.actions();
  CHECK(actions[actions.size() - 2] == "missing");
  CHECK(directory.fault().empty());
}

TEST_CASE("what cannot be written is refused or kept, and told of when it can be again") {
  const LogDirectory directory;
  std::filesystem::create_directory(directory.file());
  const auto trail = directory.trail();
  trail->note("trapd", "start", {{"n", 1}});
  CHECK(trail->waiting() == 1);
  const auto refused = trail->write("alice (uid 7)", "clear", Json::object());
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().text, directory.file()));
  CHECK_FALSE(trail->failure_text().empty());
  trail->retry();
  CHECK(trail->waiting() == 1);
  CHECK(trail->counters().left_out.get() == 1);
  CHECK(trail->counters().failed.get() == 3);
  std::filesystem::remove(directory.file());
  trail->retry();
  CHECK(trail->failure_text().empty());
  CHECK(directory.actions() == Actions{"late", "start"});
  CHECK(last_entries(directory.path(), 9)->front().detail["left_out"] == 1);
  REQUIRE(trail->write("alice (uid 7)", "clear", Json::object()));
  CHECK(directory.fault().empty());
}

TEST_CASE("what waits is bounded") {
  const LogDirectory directory;
  std::filesystem::create_directory(directory.file());
  const auto trail = directory.trail();
  for (std::size_t i = 0; i < Trail::kWaitingMax + 5; ++i) trail->note("trapd", "n", {{"i", i}});
  CHECK(trail->waiting() == Trail::kWaitingMax);
  CHECK(trail->counters().left_out.get() == 5);
  std::filesystem::remove(directory.file());
  trail->retry();
  CHECK(directory.actions().size() == Trail::kWaitingMax + 1);
  const auto entries = last_entries(directory.path(), 1000);
  REQUIRE(entries);
  CHECK(entries->front().detail["entries"] == Trail::kWaitingMax);
  CHECK(entries->front().detail["left_out"] == 5);
  CHECK(has(entries->front().detail["reason"], directory.file()));
}

/// A file size limit is a disk that is full in the middle of a line.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::size_t octets) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit limit{octets, former_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &former_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit former_{};
};

TEST_CASE("a disk that fills up in the middle of a line leaves none of it") {
  const LogDirectory directory;
  const auto trail = directory.trail();
  REQUIRE(trail->write("trapd", "one", Json::object()));
  const std::string before = directory.text();
  {
    const FileSizeLimit limit(before.size() + 20);
    CHECK_FALSE(trail->write("trapd", "two", Json::object()));
  }
  CHECK(directory.text() == before);
  REQUIRE(trail->write("trapd", "three", Json::object()));
  CHECK(directory.actions() == Actions{"one", "late", "three"});
  CHECK(directory.fault().empty());
}

TEST_CASE("two processes never write one log") {
  const LogDirectory directory;
  const auto first = directory.trail();
  REQUIRE(first->write("trapd", "one", Json::object()));
  const auto second = directory.trail();
  const auto refused = second->write("trapd", "two", Json::object());
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().text, "in use by another process"));
}

TEST_CASE("a log that is a link or no file is refused") {
  const LogDirectory directory;
  directory.put("", "elsewhere");
  std::filesystem::create_symlink(directory.file("elsewhere"), directory.file());
  CHECK_FALSE(directory.trail()->write("trapd", "one", Json::object()));
  CHECK(directory.text("elsewhere").empty());
}

}  // namespace
}  // namespace trapd::audit
