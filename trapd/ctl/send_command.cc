// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/send_command.h"

#include "trapd/ctl/table.h"

namespace trapd::ctl {

using Json = nlohmann::json;

Result<Json> send_to(const std::string& destination, const std::string& text, const Call& call,
                     const std::function<void()>& pause) {
  auto begun = call("send", {{"destination", destination}, {"text", text}});
  if (!begun) return begun;
  for (;;) {
    auto result = call("send-result", {{"destination", destination}});
    if (!result) return result;
    if (result->value("number", Json()) != begun->value("number", Json())) {
      return failure("another test event to " + destination + " was sent meanwhile");
    }
    if (!result->value("running", false)) return result;
    pause();
  }
}

std::string send_text(const Json& result) {
  const std::string to = result.value("destination", std::string());
  const std::string detail = result.value("detail", std::string());
  std::string line;
  if (!result.value("delivered", false)) {
    line = "not delivered to " + to;
  } else if (result.value("answered", false)) {
    line = "delivered to " + to;
  } else {
    line = "sent to " + to + ", which does not say whether it has arrived";
  }
  if (!detail.empty()) line += ": " + detail;
  return safe_text(line) + "\n";
}

}  // namespace trapd::ctl
