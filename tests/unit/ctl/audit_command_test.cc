// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/audit_command.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/unit/audit/log_directory.h"

namespace trapd::ctl {
namespace {

using audit::has;
using Json = nlohmann::json;
using Actions = std::vector<std::string>;

/// An audit log of three entries.
struct Fixture : audit::LogDirectory {
  Fixture() { write({"one", "two", "three"}); }
  AuditRequest request() const {
    AuditRequest request;
    request.directory = path();
    request.socket = path() + "/no.sock";
    return request;
  }
  StoreAnswer verified(const AuditRequest& request) const {
    const auto answer = verify_audit(request);
    if (!answer) FAIL(answer.error().text);
    return *answer;
  }
  void change_second() const {
    auto all = lines();
    all[1].replace(all[1].find("\"two\""), 5, "\"six\"");
    put_lines(all);
  }
};

TEST_CASE_FIXTURE(Fixture, "the newest entries are shown, oldest first, as many as are asked for") {
  AuditRequest two = request();
  two.limit = 2;
  const auto answer = show_audit(two);
  REQUIRE(answer);
  CHECK(answer->status == 0);
  REQUIRE(answer->json.size() == 2);
  CHECK(answer->json[0]["action"] == "two");
  CHECK(answer->json[1]["seq"] == 3);
  CHECK(answer->text ==
        "2 2026-11-23T06:15:15.123Z alice (uid 7) two {\"why\":\"two\"}\n"
        "3 2026-11-23T06:15:15.123Z alice (uid 7) three {\"why\":\"three\"}\n");
}

TEST_CASE_FIXTURE(Fixture, "what an entry holds cannot move the cursor of a terminal") {
  REQUIRE(trail()->write("eve\x1b[2J (uid 9)", "send", {{"text", "\x1b]0;x\x07"}}));
  const auto answer = show_audit(request());
  REQUIRE(answer);
  CHECK(answer->text.find('\x1b') == std::string::npos);
  CHECK(answer->text.find('\x07') == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a good chain is called good, with its last hash to write down") {
  const StoreAnswer answer = verified(request());
  CHECK(answer.status == 0);
  CHECK(answer.json["good"] == true);
  CHECK(answer.json["entries"] == 3);
  CHECK(answer.json["running"] == false);
  CHECK(answer.json["fault"].is_null());
  const std::string hash = answer.json["last_hash"];
  CHECK(has(answer.text, "entries 1 to 3\nlast hash " + hash + "\ngood: the chain holds\n"));
  CHECK(has(answer.text, "--expect HASH"));
}

TEST_CASE_FIXTURE(Fixture, "what is wrong is told with its line, and the exit status is 1") {
  change_second();
  const StoreAnswer answer = verified(request());
  CHECK(answer.status == 1);
  CHECK(answer.json["good"] == false);
  CHECK(answer.json["fault"]["file"] == "audit.log");
  CHECK(answer.json["fault"]["line"] == 2);
  CHECK(answer.json["fault"]["places"] == 1);
  CHECK(has(answer.text, "wrong: audit.log, line 2: entry 2 is not what it was"));
  CHECK_FALSE(has(answer.text, "good"));
  CHECK_FALSE(has(answer.text, "behind it\n"));
}

TEST_CASE_FIXTURE(Fixture, "of several places the first is told, and how many there are") {
  auto all = lines();
  all.push_back(all[0]);
  all.erase(all.begin() + 1);
  put_lines(all);
  const StoreAnswer answer = verified(request());
  CHECK(answer.status == 1);
  CHECK(has(answer.text, "wrong: audit.log, line 2: entry 2 is missing before entry 3"));
  CHECK(has(answer.text, "and 1 place behind it"));
}

TEST_CASE_FIXTURE(Fixture, "--expect finds an end that was cut off, and wants a hash") {
  AuditRequest expecting = request();
  expecting.expect = verified(request()).json["last_hash"];
  CHECK(verified(expecting).status == 0);
  auto all = lines();
  all.pop_back();
  put_lines(all);
  CHECK(verified(request()).status == 0);
  CHECK(verified(expecting).status == 1);
  CHECK(has(verified(expecting).text, "no line has the hash " + expecting.expect));
  for (const std::string& wrong :
       {std::string("abc"), std::string(64, 'g'), std::string(64, 'A'), std::string(65, '0')}) {
    expecting.expect = wrong;
    const auto answer = verify_audit(expecting);
    REQUIRE(!answer);
    CHECK(answer.error().text == "--expect: a hash has 64 digits 0 to 9 and a to f");
  }
}

TEST_CASE_FIXTURE(Fixture, "a line that a crash tore is a note, not a fault") {
  put(text() + "half a li");
  CHECK(verified(request()).status == 1);
  write({"four"});
  const StoreAnswer answer = verified(request());
  CHECK(answer.status == 0);
  CHECK(answer.json["torn_lines"] == 1);
  CHECK(has(answer.text, "note: a line was torn by a crash; the entry behind says so"));
}

TEST_CASE_FIXTURE(Fixture, "one file is verified alone, wherever it begins") {
  auto all = lines();
  all.erase(all.begin());
  put_lines(all);
  CHECK(verified(request()).status == 1);
  AuditRequest alone = request();
  alone.file = file();
  const StoreAnswer answer = verified(alone);
  CHECK(answer.status == 0);
  CHECK(answer.json["first_sequence"] == 2);
}

TEST_CASE_FIXTURE(Fixture, "what is not there is an error that names it") {
  AuditRequest elsewhere = request();
  elsewhere.directory = path() + "/none";
  CHECK(has(show_audit(elsewhere).error().text, elsewhere.directory));
  CHECK(has(verify_audit(elsewhere).error().text, elsewhere.directory));
  std::filesystem::remove(file());
  CHECK(show_audit(request()).error().text == "there is no audit log in " + path());
  CHECK(verify_audit(request()).error().text == "there is no audit log in " + path());
  AuditRequest alone = request();
  alone.file = file();
  CHECK(has(verify_audit(alone).error().text, "cannot read " + file()));
}

TEST_CASE_FIXTURE(Fixture, "work stands in the log before it is done, and its failure behind it") {
  const auto done = recorded(path(), "store-set-aside", Json::object(), [&] {
    CHECK(actions() == Actions{"one", "two", "three", "store-set-aside"});
    return Result<StoreAnswer>(StoreAnswer{});
  });
  CHECK(done);
  const auto failed = recorded(path(), "store-restore", {{"from", "x"}},
                               [] { return Result<StoreAnswer>(failure("no room")); });
  CHECK(failed.error().text == "no room");
  CHECK(actions() == Actions{"one", "two", "three", "store-set-aside", "store-restore", "failed"});
  const auto last = audit::last_entries(path(), 1);
  CHECK(last->front().detail["entry"] == 5);
  CHECK(last->front().detail["reason"] == "no room");
  CHECK(has(last->front().who, "(uid " + std::to_string(::getuid()) + ")"));
  CHECK(fault().empty());
}

TEST_CASE_FIXTURE(Fixture, "what the log cannot tell of is not done") {
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  bool worked = false;
  const auto answer = recorded(path(), "store-restore", Json::object(), [&] {
    worked = true;
    return Result<StoreAnswer>(StoreAnswer{});
  });
  CHECK_FALSE(worked);
  REQUIRE(!answer);
  CHECK(has(answer.error().text, "not done, because the audit log cannot tell of it: "));
}

TEST_CASE("where there is no directory no log is made, and the work says what it says") {
  const audit::LogDirectory directory;
  const std::string none = directory.path() + "/none";
  const auto answer = recorded(none, "store-restore", Json::object(),
                               [] { return Result<StoreAnswer>(failure("there is no store")); });
  CHECK(answer.error().text == "there is no store");
  CHECK_FALSE(std::filesystem::exists(none));
}

}  // namespace
}  // namespace trapd::ctl
