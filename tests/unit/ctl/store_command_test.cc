// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/store_command.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "trapd/journal/own_state.h"
#include "trapd/journal/store.h"

// After trapd's headers: its CHECK is the tests' CHECK from here on.
#include <doctest/doctest.h>

namespace trapd::ctl {
namespace {

std::vector<std::uint8_t> engine_id() { return {0x80, 0, 0x1f, 0x88, 5, 1, 2, 3}; }

struct StoreFixture {
  StoreFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-ctl-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    place = name;
    store = place + "/store";
    auto opened = journal::Store::open({store, 64 << 20});
    REQUIRE(opened.has_value());
    REQUIRE(journal::raise_own_boots(**opened, {}, &engine_id));
  }
  ~StoreFixture() {
    std::error_code ignored;
    std::filesystem::remove_all(place, ignored);
  }
  std::string place;
  std::string store;
};

TEST_CASE_FIXTURE(StoreFixture, "a good store is called good, and who read it how is said") {
  const auto answer = verify_store(store);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 0);
  CHECK(answer->json["good"] == true);
  CHECK(answer->json["running"] == false);
  CHECK(answer->json["findings"].empty());
  CHECK(answer->text.find("no trapd runs; the store was held") != std::string::npos);
  CHECK(answer->text.find("\ngood: ") != std::string::npos);
}

TEST_CASE_FIXTURE(StoreFixture, "what is wrong is a line each, and the exit status 1") {
  std::ofstream(store + "/engine.state") << "nonsense";
  const auto answer = verify_store(store);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 1);
  CHECK(answer->json["good"] == false);
  CHECK(answer->json["findings"][0]["where"] == "engine.state");
  CHECK(answer->json["findings"][0]["sequence"].is_null());
  CHECK(answer->text.find("\nwrong: engine.state: it is damaged") != std::string::npos);
  CHECK(answer->text.find("good: ") == std::string::npos);
}

TEST_CASE_FIXTURE(StoreFixture, "backup, set-aside and restore say what is where") {
  const std::string backup = place + "/backup";
  auto answer = back_up_store(store, backup);
  REQUIRE(answer.has_value());
  CHECK(answer->json["directory"] == backup);
  CHECK(answer->json["octets"].get<std::uint64_t>() ==
        std::filesystem::file_size(backup + "/data.mdb"));
  CHECK(answer->text.starts_with(backup + ": "));

  answer = set_store_aside(store);
  REQUIRE(answer.has_value());
  const auto aside = answer->json["set_aside"].get<std::string>();
  CHECK(answer->text.find(aside) != std::string::npos);
  CHECK(std::filesystem::exists(aside + "/data.mdb"));

  answer = restore_store(store, backup, true);
  REQUIRE(answer.has_value());
  CHECK(answer->json["set_aside"].is_null());
  answer = restore_store(store, aside, true);
  REQUIRE(answer.has_value());
  CHECK(answer->text.find("the old store is in " + store + "/set-aside-") != std::string::npos);
  CHECK_FALSE(restore_store(store, place + "/nowhere", true).has_value());
}

}  // namespace
}  // namespace trapd::ctl
