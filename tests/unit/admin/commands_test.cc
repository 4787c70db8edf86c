// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/commands.h"

#include <doctest/doctest.h>

#include "tests/unit/admin/canned_handlers.h"

namespace trapd::admin {
namespace {

struct Fixture {
  Asked asked;
  Handlers handlers = canned_handlers(asked);
  Result<Json> run(const std::string& command, Json arguments = Json::object()) {
    return run_command(handlers, {command, std::move(arguments), "alice (uid 0)"});
  }
  std::string error(const std::string& command, Json arguments) {
    const auto result = run(command, std::move(arguments));
    return result ? "no error" : result.error().text;
  }
};

TEST_CASE_FIXTURE(Fixture, "a command reaches its handler with its arguments") {
  CHECK((*run("status"))["version"] == "1");
  CHECK(run("alarms", {{"severity", "major"}, {"device", "sbc"}, {"name", "x"}})->size() == 1);
  CHECK(asked.filter.severities == std::vector{alarm::Severity::kMajor});
  CHECK(asked.filter.device == "sbc");
  CHECK(asked.filter.name == "x");
  CHECK(run("ack", {{"id", 7}, {"why", "on it"}}));
  CHECK(asked.alarm_id == 7);
  CHECK(asked.who == "alice (uid 0)");
  CHECK(asked.why == "on it");
  CHECK(run("history", {{"before", 9}, {"limit", 5}}));
  CHECK(asked.history.before_sequence == 9);
  CHECK(asked.history.limit == 5);
  CHECK(run("history", {{"since", "1970-01-01T00:00:01Z"}, {"until", "1970-01-01T00:00:02Z"}}));
  CHECK(asked.history.since_wall_ns == 1'000'000'000);
  CHECK(asked.history.until_wall_ns == 2'000'000'000);
  CHECK(run("alarms", {{"severity", "major,critical"}, {"alarm", 9}}));
  CHECK(asked.filter.severities ==
        std::vector{alarm::Severity::kMajor, alarm::Severity::kCritical});
  CHECK(asked.filter.alarm_id == 9);
  CHECK(run("send", {{"text", "hello"}}));
  CHECK(asked.text == "hello");
  CHECK(run("forget-engine", {{"engine", "0x8000138b05"}}));
  CHECK(asked.engine_id.size() == 5);
  CHECK((*run("engine-clock", {{"engine", "8000138b05"}}))["boots"] == 3);
  CHECK(run("engine-clock", {{"engine", "80"}})->is_null());
}

TEST_CASE_FIXTURE(Fixture, "refused datagrams are asked for by the label of a reason, or all") {
  CHECK(run("refused")->size() == 1);
  CHECK(!asked.reason);
  CHECK(run("refused", {{"reason", "wrong_digest"}}));
  CHECK(asked.reason == snmp::DropReason::kWrongDigest);
  CHECK(error("refused", {{"reason", "bad"}})
            .starts_with("reason must be one of kernel, source_acl"));
  CHECK(error("refused", {{"reason", 3}}) == "reason must be text");
}

TEST_CASE_FIXTURE(Fixture, "a test event goes to one destination when one is named") {
  CHECK(run("send", {{"text", "all"}})->value("sent", false));
  const auto begun = run("send", {{"text", "one"}, {"destination", "noc"}});
  REQUIRE(begun.has_value());
  CHECK((*begun)["number"] == 1);
  CHECK(asked.text == "one");
  CHECK(asked.who == "alice (uid 0)");
  CHECK((*run("send-result", {{"destination", "noc"}}))["running"] == true);
  CHECK(run("send", {{"destination", "nobody"}}).error().text == "no destination is called nobody");
  CHECK(run("send", {{"destination", ""}}).error().text == "destination is missing");
  CHECK(run("send", {{"destination", 5}}).error().text == "destination must be text");
  CHECK(run("send-result").error().text == "destination is missing");
}

TEST_CASE_FIXTURE(Fixture, "dead letters are named by destination and sequences") {
  CHECK((*run("dead-retry", {{"destination", "noc"}, {"sequences", {4, 7}}}))["retrying"] == 2);
  CHECK((*run("dead-drop", {{"destination", "noc"}}))["dropped"] == 0);
  CHECK(error("dead-retry", {{"destination", "x"}}) == "no destination is called x");
  CHECK(error("dead-retry", Json::object()) == "destination is missing");
  CHECK(error("dead-drop", {{"destination", "noc"}, {"sequences", 4}}).starts_with("sequences"));
  CHECK(error("dead-drop", {{"destination", "noc"}, {"sequences", {-4}}}) ==
        "a sequence must be a whole number");
  CHECK(error("dead-drop", {{"destination", "noc"}, {"sequences", std::vector<int>(1001, 1)}}) ==
        "sequences must be an array of at most 1000");
}

TEST_CASE_FIXTURE(Fixture,
                  "what changes something is recorded before it is done, and nothing else") {
  for (const char* asks : {"status", "alarms", "history", "devices", "destinations", "rules",
                           "unmatched", "engine-clock"}) {
    static_cast<void>(run(asks, {{"engine", "8000138b05"}}));
  }
  CHECK(asked.recorded.empty());
  CHECK(run("ack", {{"id", 7}, {"why", "on it"}}));
  CHECK(run("clear", {{"id", 7}}));
  CHECK_FALSE(run("clear", {{"id", 9}}));
  CHECK(run("dead-retry", {{"destination", "noc"}, {"sequences", {4, 7}}}));
  CHECK(run("dead-drop", {{"destination", "noc"}}));
  CHECK(run("send", {{"text", "all"}}));
  CHECK(run("send", {{"text", "one"}, {"destination", "noc"}}));
  CHECK(run("resync", {{"destination", "noc"}}));
  CHECK_FALSE(run("resync-stop", {{"destination", "noc"}}));
  CHECK(run("forget-engine", {{"engine", "0x8000138b05"}}));
  CHECK(asked.recorded ==
        std::vector<std::string>{
            "alice (uid 0) ack {\"id\":7,\"why\":\"on it\"}",
            "alice (uid 0) clear {\"id\":7,\"why\":\"\"}",
            "alice (uid 0) clear {\"id\":9,\"why\":\"\"}",
            "alice (uid 0) failed 3: no active alarm has the id 9",
            "alice (uid 0) dead-retry {\"destination\":\"noc\",\"sequences\":[4,7]}",
            "alice (uid 0) dead-drop {\"destination\":\"noc\",\"sequences\":\"all\"}",
            "alice (uid 0) send {\"text\":\"all\"}",
            "alice (uid 0) send {\"destination\":\"noc\",\"text\":\"one\"}",
            "alice (uid 0) resync {\"destination\":\"noc\"}",
            "alice (uid 0) resync-stop {\"destination\":\"noc\"}",
            "alice (uid 0) failed 10: no resynchronisation of noc is running",
            "alice (uid 0) forget-engine {\"engine\":\"8000138b05\"}"});
  CHECK(run("reload"));  // records itself
  CHECK(asked.who == "alice (uid 0)");
}

TEST_CASE_FIXTURE(Fixture, "what cannot be recorded is not done") {
  asked.record_error = "cannot write audit.log";
  CHECK(error("ack", {{"id", 7}}) ==
        "not done, because the audit log cannot tell of it: cannot write audit.log");
  CHECK(asked.alarm_id == 0);
  CHECK(error("send", {{"text", "x"}}).starts_with("not done"));
  CHECK(error("send", {{"text", "x"}, {"destination", "noc"}}).starts_with("not done"));
  CHECK(asked.text.empty());
  CHECK(error("forget-engine", {{"engine", "8000138b05"}}).starts_with("not done"));
  CHECK(asked.engine_id.empty());
  CHECK(error("resync", {{"destination", "noc"}}).starts_with("not done"));
  CHECK(error("dead-drop", {{"destination", "noc"}}).starts_with("not done"));
  CHECK(run("alarms"));
}

TEST_CASE_FIXTURE(Fixture, "what is wrong with a request is said") {
  CHECK(error("destroy", Json::object()) == "unknown command \"destroy\"");
  CHECK(error("alarms", {{"severity", "bad"}}).starts_with("severity must be critical"));
  CHECK(error("alarms", {{"severity", "major,,minor"}}).starts_with("severity must be critical"));
  CHECK(error("history", {{"since", "noon"}}).starts_with("since must be a time like"));
  CHECK(error("history", {{"alarm", "x"}}) == "alarm must be a whole number");
  CHECK(error("alarms", {{"device", 5}}) == "device must be text");
  CHECK(error("alarms", {{"device", std::string(2000, 'x')}}) == "device is too long");
  CHECK(error("ack", Json::object()) == "id of the alarm is missing");
  CHECK(error("ack", {{"id", -1}}) == "id must be a whole number");
  CHECK(error("ack", {{"id", 8}}) == "no active alarm has the id 8");
  CHECK(error("history", {{"limit", 1001}}) == "limit must be from 1 to 1000");
  CHECK(error("history", {{"limit", 0}}) == "limit must be from 1 to 1000");
  CHECK(error("forget-engine", {{"engine", "xyz"}}).starts_with("engine must be an engine ID"));
  CHECK(error("forget-engine", {{"engine", std::string(66, '0')}}).starts_with("engine must"));
}

TEST_CASE_FIXTURE(Fixture, "a reload that fails tells every error") {
  CHECK((*run("reload"))["done"] == "reloaded");
  asked.reload_errors = {"t.yaml:1:1: error: a", "t.yaml:2:1: error: b"};
  CHECK(error("reload", Json::object()) ==
        "the configuration in force stays:\nt.yaml:1:1: error: a\nt.yaml:2:1: error: b");
}

TEST_CASE_FIXTURE(Fixture, "a handler that throws ends as an error, not the process") {
  CHECK(error("store", Json::object()) == "store failed: the disk is gone");
}

TEST_CASE("a line of the protocol is one line, whatever is in it") {
  const std::string line = ok_line({{"text", "a\nb\xff"}});
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(Json::parse(line)["ok"] == true);
}

}  // namespace
}  // namespace trapd::admin
