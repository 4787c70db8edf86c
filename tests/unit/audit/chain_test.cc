// SPDX-License-Identifier: Apache-2.0
// Whatever is done to the lines of a log: found, and where; or not, and then for a known reason.
#include "trapd/audit/chain.h"

#include <doctest/doctest.h>

#include "tests/unit/audit/log_directory.h"

namespace trapd::audit {
namespace {

class Fixture : public LogDirectory {
 protected:
  Fixture() {
    write({"one", "two", "three", "four", "five"});
    good = lines();
    REQUIRE(good.size() == 5);
    REQUIRE(fault().empty());
  }
  std::string fault_of(const std::vector<std::string>& changed) {
    put_lines(changed);
    return fault();
  }
  std::vector<std::string> good;
};

TEST_CASE("an entry is a line of six members, and any other line is none") {
  const Entry entry{3,          "2026-11-23T06:15:15.123Z", "trapd", "start",
                    {{"n", 1}}, std::string(kNoPrevious)};
  const std::string line = encode(entry);
  CHECK(line ==
        "{\"seq\":3,\"time\":\"2026-11-23T06:15:15.123Z\",\"who\":\"trapd\",\"action\":\"start\","
        "\"detail\":{\"n\":1},\"previous\":\"" +
            std::string(kNoPrevious) + "\"}");
  REQUIRE(decode(line));
  CHECK(decode(line)->sequence == 3);
  CHECK(decode(line)->detail["n"] == 1);
  for (const char* name : {"seq", "time", "who", "action", "detail", "previous"}) {
    Json less = Json::parse(line);
    less.erase(name);
    CHECK_FALSE(decode(less.dump()));
    Json wrong = Json::parse(line);
    wrong[name] = Json::array();
    CHECK_FALSE(decode(wrong.dump()));
  }
  Json more = Json::parse(line);
  more["further"] = 1;
  CHECK_FALSE(decode(more.dump()));
  Json none = Json::parse(line);
  none["seq"] = 0;
  CHECK_FALSE(decode(none.dump()));
  none["seq"] = -1;
  CHECK_FALSE(decode(none.dump()));
  CHECK_FALSE(decode(line.substr(0, line.size() - 1)));
  CHECK_FALSE(decode(""));
}

TEST_CASE(
    "octets that are not UTF-8, line feeds and a long detail stay one line within the bound") {
  Entry entry{1, "t", "a\nb\xff", "x", {{"text", "c\nd\xfe"}}, std::string(kNoPrevious)};
  CHECK(encode(entry).find('\n') == std::string::npos);
  REQUIRE(decode(encode(entry)));
  entry.detail["text"] = std::string(kLineOctetsMax, 'x');
  CHECK(encode(entry).size() <= kLineOctetsMax);
  REQUIRE(decode(encode(entry)));
  CHECK(decode(encode(entry))->detail["left_out_octets"] > kLineOctetsMax);
}

TEST_CASE("the hash is SHA-256 (FIPS 180-4, \"abc\")") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE_FIXTURE(Fixture, "every octet that is changed is found, but in the last line") {
  const std::string whole = text();
  const std::size_t last_begins = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t at = 0; at < last_begins; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    put(changed);
    CAPTURE(at);
    REQUIRE_FALSE(fault().empty());
  }
}

TEST_CASE_FIXTURE(Fixture, "a line that is changed and still an entry is named") {
  auto changed = good;
  changed[2].replace(changed[2].find("\"three\""), 7, "\"thief\"");
  CHECK(has(fault_of(changed), "audit.log:3: entry 3 is not what it was when entry 4 was written"));
}

TEST_CASE_FIXTURE(Fixture, "a line that was made unreadable is named") {
  auto changed = good;
  changed[2][0] = '[';
  CHECK(has(fault_of(changed),
            "audit.log:3: is no entry: it was changed, cut or put in, behind "
            "entry 2"));
  changed[2] = "";
  CHECK(has(fault_of(changed), "audit.log:3: is no entry"));
}

TEST_CASE_FIXTURE(Fixture, "each line that is removed is found, but the last") {
  for (std::size_t i = 0; i + 1 < good.size(); ++i) {
    auto changed = good;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    CAPTURE(i);
    const std::string said = fault_of(changed);
    CHECK(has(said, i == 0 ? "audit.log:1: entries 1 to 1 are missing, and no entry tells"
                           : "audit.log:" + std::to_string(i + 1) + ": entry " +
                                 std::to_string(i + 1) + " is missing before entry " +
                                 std::to_string(i + 2)));
  }
  auto two = good;
  two.erase(two.begin() + 1, two.begin() + 3);
  CHECK(has(fault_of(two), "audit.log:2: entries 2 to 3 are missing before entry 4"));
}

TEST_CASE_FIXTURE(Fixture, "any two lines that change places are found") {
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (std::size_t j = i + 1; j < good.size(); ++j) {
      auto changed = good;
      std::swap(changed[i], changed[j]);
      CHECK_FALSE(fault_of(changed).empty());
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "a line that is repeated or put in is found") {
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto changed = good;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    CHECK(has(fault_of(changed), "it was moved, repeated or put in"));
  }
  auto entry = *decode(good[2]);
  entry.action = "forged";
  auto changed = good;
  changed.insert(changed.begin() + 2, encode(entry));
  CHECK_FALSE(fault_of(changed).empty());
}

TEST_CASE_FIXTURE(Fixture, "what follows a forged line has to be written anew up to the end") {
  auto changed = good;
  auto entry = *decode(changed[2]);
  entry.action = "forged";
  changed[2] = encode(entry);
  auto next = *decode(changed[3]);
  next.previous = sha256_hex(changed[2]);
  changed[3] = encode(next);
  CHECK(has(fault_of(changed), "audit.log:4: entry 4 is not what it was when entry 5 was written"));
}

TEST_CASE_FIXTURE(Fixture, "a cut end is found by a hash that was written down, and only by it") {
  const std::string remembered = verify().last_hash();
  for (std::size_t keep = 4; keep >= 1; --keep) {
    auto changed = good;
    changed.resize(keep);
    put_lines(changed);
    CHECK(fault().empty());
    CHECK(has(fault({remembered}), "what had it was changed, or cut from the end"));
  }
  auto changed = good;
  changed[4].replace(changed[4].find("\"five\""), 6, "\"fine\"");
  put_lines(changed);
  CHECK(fault().empty());
  CHECK_FALSE(fault({remembered}).empty());
  put_lines(good);
  CHECK(fault({remembered}).empty());
  write({"six"});
  CHECK(fault({remembered}).empty());  // it may stand in the middle by now
}

TEST_CASE_FIXTURE(Fixture, "a file that is cut within a line is found") {
  const std::string whole = text();
  for (const std::size_t less : {1U, 2U, 50U}) {
    put(whole.substr(0, whole.size() - less));
    CHECK(has(fault(), "audit.log:5: is not whole"));
  }
}

TEST_CASE_FIXTURE(Fixture, "the whole chain written anew holds: a chain has no secret") {
  std::string previous(kNoPrevious);
  auto changed = good;
  for (std::string& line : changed) {
    auto entry = *decode(line);
    entry.who = "mallory (uid 0)";
    entry.previous = previous;
    line = encode(entry);
    previous = sha256_hex(line);
  }
  CHECK(fault_of(changed).empty());
}

}  // namespace
}  // namespace trapd::audit
