// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/listings.h"

#include <doctest/doctest.h>

namespace trapd::ctl {
namespace {

TEST_CASE("alarms are a table, and none is said") {
  const Json alarms = Json::array({{{"id", 12},
                                    {"severity", "major"},
                                    {"device", "80001f88"},
                                    {"device_name", "sbc-1"},
                                    {"name", "linkDown"},
                                    {"resource", "eth0\x1b[0m"},
                                    {"count", 3},
                                    {"last", "2026-01-02T03:04:05Z"},
                                    {"unsure", true},
                                    {"text", "down"}}});
  CHECK(alarms_text(alarms) ==
        "ID  SEVERITY  DEVICE  ALARM     RESOURCE     COUNT  LAST                  STATE   "
        "ACKNOWLEDGED BY  TEXT\n"
        "12  major     sbc-1   linkDown  eth0\\x1b[0m      3  2026-01-02T03:04:05Z  unsure"
        "                   down\n");
  CHECK(alarms_text(Json::array()) == "no active alarm\n");
}

TEST_CASE("an alarm that flaps says what is true meanwhile") {
  const auto state = [](const char* now) {
    return alarms_text(Json::array({{{"id", 1}, {"flapping", {{"changes", 6}, {"now", now}}}}}));
  };
  CHECK(state("cleared").find("flaps, now cleared") != std::string::npos);
  CHECK(state("raised").find("flaps, now raised") != std::string::npos);
}

TEST_CASE("status tells the conservation law in its parts") {
  const std::string text = status_text({{"version", "1"},
                                        {"ready", false},
                                        {"reasons", {"disk full"}},
                                        {"received", 10},
                                        {"received_by_listener", {{"[::]:162", 10}}},
                                        {"stored", 7},
                                        {"suppressed", {{"storm", 1}}},
                                        {"dropped", {{"wrong_digest", 2}}},
                                        {"in_flight", 0},
                                        {"exceptions", {"t.yaml:1:1: warning: MD5"}}});
  CHECK(text.find("ready              no: disk full\n") != std::string::npos);
  CHECK(text.find("dropped      wrong_digest") != std::string::npos);
  CHECK(text.find("suppressed   storm") != std::string::npos);
  CHECK(text.find("exception          t.yaml:1:1: warning: MD5\n") != std::string::npos);
}

TEST_CASE("status tells what the process has given up") {
  const std::string text = status_text({{"confinement",
                                         {{"user", "trapd"},
                                          {"capabilities", "none"},
                                          {"no_new_privs", true},
                                          {"seccomp", "on"},
                                          {"landlock", "on, ABI 7"},
                                          {"core_dumps", false},
                                          {"secrets_locked", 65536},
                                          {"secrets_not_locked", 0},
                                          {"refused_calls", {{"listen", 3}}}}}});
  CHECK(text.find("user               trapd, capabilities none\n") != std::string::npos);
  CHECK(text.find("no_new_privs       on\n") != std::string::npos);
  CHECK(text.find("refused call listen") != std::string::npos);
  CHECK(text.find("landlock           on, ABI 7\n") != std::string::npos);
  CHECK(text.find("core dumps         off\n") != std::string::npos);
  CHECK(text.find("secrets            65536 octets locked in memory, 0 not\n") !=
        std::string::npos);
}

TEST_CASE("dead letters stand below the destinations, the newest of them") {
  Json letters = Json::array();
  for (int n = 1; n <= 30; ++n) {
    letters.push_back({{"sequence", 1000 + n},
                       {"since", "2026-01-02T03:04:05Z"},
                       {"retrying", n == 30},
                       {"reason", "a@b: 550 no"}});
  }
  const std::string text = destinations_text(
      Json::array({{{"name", "duty"}, {"dead", 35}, {"dead_left", 5}, {"dead_letters", letters}},
                   {{"name", "fine"}, {"dead", 0}, {"dead_letters", Json::array()}}}));
  CHECK(text.find("\nduty: 30 dead letters, 35 ever, 5 of them gave way to newer ones\n"
                  "the newest 20:\n") != std::string::npos);
  CHECK(text.find("1010") == std::string::npos);
  CHECK(text.find("1011") != std::string::npos);
  CHECK(text.find("fine: ") == std::string::npos);
  CHECK(retry_text({{"retrying", 2}, {"gone", {5, 6}}}) ==
        "2 are being sent again\n"
        "not sent, since the store does not hold them any more: 5, 6\n");
  CHECK(drop_text({{"dropped", 3}}) == "3 are off the list\n");
}

TEST_CASE("answers without their members still make text") {
  for (const Json& odd : {Json(), Json::object(), Json::array({Json::object()}), Json(5)}) {
    if (odd.is_object() || odd.is_null()) {
      if (odd.is_object()) CHECK(!status_text(odd).empty());
      if (odd.is_object()) CHECK(!store_text(odd).empty());
    }
    CHECK(!alarms_text(odd).empty());
    CHECK(!history_text(odd).empty());
    CHECK(!devices_text(odd).empty());
    CHECK(!destinations_text(odd).empty());
    CHECK(!rules_text(odd).empty());
  }
}

TEST_CASE("a record is one line") {
  const Json unknown = {{"time", "T"},
                        {"sequence", 8},
                        {"severity", "indeterminate"},
                        {"device_name", "sbc-1"},
                        {"alarm", "1.3.6.1.4.1.99999.1"},
                        {"text", "1.3.6.1.4.1.99999.1"},
                        {"trap", {{"oid", "1.3.6.1.4.1.99999.1"}, {"name", "ACME-MIB::doorOpen"}}},
                        {"varbinds", {{{"name", "doorNumber.0"}, {"text", "4"}}}},
                        {"outcome", "event"}};
  CHECK(record_line(unknown) ==
        "T 8 indeterminate sbc-1 ACME-MIB::doorOpen doorNumber.0=4 (event)");
  CHECK(history_text({{"records", Json::array({unknown})}}).find("doorNumber.0=4") !=
        std::string::npos);
  const std::string line = record_line({{"time", "T"},
                                        {"sequence", 5},
                                        {"severity", "minor"},
                                        {"device_name", "d"},
                                        {"alarm", "a"},
                                        {"text", "two\nlines"},
                                        {"outcome", "raise"}});
  CHECK(line == "T 5 minor         d a two\\x0alines (raise)");
}

}  // namespace
}  // namespace trapd::ctl
