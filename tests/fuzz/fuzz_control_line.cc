// SPDX-License-Identifier: Apache-2.0
// Reaches run_command and read_filter with any request, and to_line, ok_line, error_line with what
// comes back. The handlers give answers that hold what was asked for.
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/fuzz/target.h"
#include "trapd/admin/commands.h"
#include "trapd/base/bytes.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

using admin::Json;

Json filter_json(const admin::RecordFilter& filter) {
  return {{"device", filter.device}, {"name", filter.name}};
}

admin::Handlers make_handlers() {
  admin::Handlers handlers;
  const auto array = [] { return Json::array({1, "two"}); };
  handlers.status = handlers.devices = handlers.destinations = handlers.rules = array;
  handlers.store_status = array;
  handlers.alarms = filter_json;
  handlers.acknowledge =
      handlers.clear = [](std::uint64_t id, const std::string&, const std::string& why) -> Status {
    return id % 2 == 0 ? failure("no alarm " + std::to_string(id) + ": " + why) : Status();
  };
  handlers.history = [](const admin::HistoryQuery& query) -> Result<Json> {
    CHECK(query.limit >= 1 && query.limit <= admin::kHistoryRecordsMax);
    return filter_json(query.filter);
  };
  handlers.subscribe_tail = [](const admin::RecordFilter&, admin::TailSink) {
    return admin::Unsubscribe([] {});
  };
  handlers.record = [](const std::string&, const std::string& action,
                       const Json&) -> Result<std::uint64_t> {
    return action == "ack" ? Result<std::uint64_t>(1) : Result<std::uint64_t>(failure("full"));
  };
  handlers.record_failure = [](const std::string&, std::uint64_t, const std::string&) {};
  handlers.send_test = [](const std::string& text) -> Result<Json> { return Json(text); };
  handlers.reload = [](const std::string&) {
    return std::vector<std::string>{"a.yaml:1:1: error: x"};
  };
  handlers.forget_engine = [](const std::vector<std::uint8_t>& engine_id,
                              const std::string& who) -> Status {
    return engine_id.empty() ? failure("nobody: " + who) : Status();
  };
  handlers.engine_clock = [](const std::vector<std::uint8_t>&) -> std::optional<Json> {
    return Json{{"boots", 1}};
  };
  return handlers;
}

void check_line(const std::string& line) {
  CHECK(line.ends_with('\n') && line.find('\n') == line.size() - 1);
  CHECK(Json::parse(line, nullptr, false).is_object());
}

void check_request(std::string_view line) {
  static const admin::Handlers handlers = make_handlers();
  const Json request = Json::parse(line, nullptr, false);
  if (!request.is_object() || !request.contains("command")) return;
  const Json& command = request["command"];
  if (!command.is_string()) return;
  const auto result = admin::run_command(
      handlers,
      {command.get<std::string>(), request,
       request.value("user", Json("x")).dump(-1, ' ', false, Json::error_handler_t::replace)});
  check_line(result ? admin::ok_line(*result) : admin::error_line(result.error().text));
  (void)admin::read_filter(request);
}

Seed seed(std::string_view text) {
  return {std::string(text.substr(13, 6)), {text.begin(), text.end()}};
}

}  // namespace

std::vector<Seed> seeds() {
  return {seed(R"({"command": "status", "user": "alice"})"),
          seed(R"({"command": "alarms", "severity": "major", "device": "a", "name": "b"})"),
          seed(R"({"command": "ack", "id": 7, "why": "known"})"),
          seed(R"({"command": "clear", "id": 8, "why": "\ud83d\ude00"})"),
          seed(R"({"command": "history", "before": 100, "limit": 10})"),
          seed(R"({"command": "forget-engine", "engine": "0x8000138b0500000001"})"),
          seed(R"({"command": "send", "text": "a\nb"})"),
          seed(R"({"command": "reload"})"),
          seed(R"({"command": "store", "x": [1, -1, 1e400, null, {}]})")};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::check_request(trapd::as_text({data, size}));
  return 0;
}
