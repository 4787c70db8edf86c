// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/history_command.h"

#include <doctest/doctest.h>

#include "trapd/ctl/listings.h"

namespace trapd::ctl {
namespace {

/// Sequences 100 down to 1, at most ten looked at for a page, of which every fourth matches.
Result<Json> ask(const Json& arguments) {
  std::uint64_t at = arguments["before"].get<std::uint64_t>();
  if (at == 0) at = 101;
  Json page = {{"records", Json::array()}, {"next", nullptr}, {"gaps", Json::array()}};
  page["oldest_sequence"] = 1;
  for (int looked = 0; at > 1 && looked < 10; ++looked) {
    if (page["records"].size() == arguments["limit"]) break;
    if (--at % 4 == 0) page["records"].push_back({{"sequence", at}});
    if (at == 30) page["gaps"].push_back({{"from", 30}, {"through", 31}});
  }
  if (at > 1) page["next"] = at;
  return page;
}

TEST_CASE("pages are asked for until there are as many records as were wanted") {
  const auto some = collect_history(7, {{"before", 0}}, &ask);
  REQUIRE(some.has_value());
  CHECK((*some)["records"].size() == 7);
  CHECK((*some)["records"][6]["sequence"] == 76);
  CHECK((*some)["next"] == 76);
  const auto all = collect_history(1000, {{"before", 0}}, &ask);
  REQUIRE(all.has_value());
  CHECK((*all)["records"].size() == 25);
  CHECK((*all)["next"].is_null());
  CHECK((*all)["gaps"].size() == 1);
  const auto refused = collect_history(5, {{"before", 0}},
                                       [](const Json&) -> Result<Json> { return failure("no"); });
  CHECK_FALSE(refused.has_value());
}

TEST_CASE("what is not shown is said below the records") {
  Json page = {{"records", Json::array()},
               {"gaps", {{{"from", 30}, {"through", 31}}}},
               {"next", 12},
               {"complete", false},
               {"oldest_sequence", 5}};
  std::string text = history_text(page);
  CHECK(text.find("not readable (damaged): sequences 30 to 31\n") != std::string::npos);
  CHECK(text.ends_with("older ones: the same with --before 12\n"));
  page["next"] = nullptr;
  CHECK(history_text(page).ends_with("what was before sequence 5 has left the store\n"));
  page["complete"] = true;
  CHECK(history_text(page).ends_with("sequences 30 to 31\n"));
}

}  // namespace
}  // namespace trapd::ctl
