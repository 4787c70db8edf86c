// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/send_command.h"

#include <doctest/doctest.h>

namespace trapd::ctl {
namespace {

using Json = nlohmann::json;

/// A trapd whose test ends when it has been asked about `rounds` times.
struct Trapd {
  int rounds = 3;
  int number = 5;
  int pauses = 0;
  Json sent = nullptr;

  Result<Json> run() {
    return send_to(
        "noc", "hello",
        [this](const std::string& command, const Json& arguments) -> Result<Json> {
          if (command == "send") {
            sent = arguments;
            return Json{{"destination", "noc"}, {"number", 5}};
          }
          CHECK(command == "send-result");
          CHECK(arguments == Json{{"destination", "noc"}});
          if (--rounds > 0) return Json{{"number", 5}, {"running", true}};
          return Json{{"destination", "noc"}, {"number", number}, {"running", false},
                      {"delivered", true},    {"answered", true}, {"detail", "250 ok"}};
        },
        [this] { ++pauses; });
  }
};

TEST_CASE("the end of a test event is waited for") {
  Trapd trapd;
  const auto result = trapd.run();
  REQUIRE(result.has_value());
  CHECK(trapd.sent == Json{{"destination", "noc"}, {"text", "hello"}});
  CHECK(trapd.pauses == 2);
  CHECK(send_text(*result) == "delivered to noc: 250 ok\n");
}

TEST_CASE("the end of another one is not taken for it") {
  Trapd trapd;
  trapd.number = 6;
  const auto result = trapd.run();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().text == "another test event to noc was sent meanwhile");
}

TEST_CASE("what trapd refuses is handed on") {
  const auto refused = send_to(
      "noc", "", [](const std::string&, const Json&) -> Result<Json> { return failure("no"); },
      [] {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().text == "no");
}

TEST_CASE("one line says what came of it, whatever the peer has said") {
  CHECK(send_text({{"destination", "noc"}, {"delivered", false}, {"detail", "550 \x1b[31m\nno"}}) ==
        "not delivered to noc: 550 \\x1b[31m\\x0ano\n");
  CHECK(send_text({{"destination", "log"},
                   {"delivered", true},
                   {"answered", false},
                   {"detail", "sending"}}) ==
        "sent to log, which does not say whether it has arrived: sending\n");
}

}  // namespace
}  // namespace trapd::ctl
