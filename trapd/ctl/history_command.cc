// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/history_command.h"

namespace trapd::ctl {

using Json = nlohmann::json;

Result<Json> collect_history(std::uint32_t limit, Json arguments,
                             const std::function<Result<Json>(Json arguments)>& ask) {
  Json whole;
  Json records = Json::array();
  Json gaps = Json::array();
  do {
    arguments["limit"] = limit - records.size();
    auto page = ask(arguments);
    if (!page) return page;
    whole = std::move(*page);
    for (const auto& [name, all] : {std::pair{"records", &records}, std::pair{"gaps", &gaps}}) {
      const auto some = whole.find(name);
      if (some == whole.end() || !some->is_array()) continue;
      for (Json& one : *some) all->push_back(std::move(one));
    }
    arguments["before"] = whole.value("next", Json(nullptr));
  } while (arguments["before"].is_number() && records.size() < limit);
  whole["records"] = std::move(records);
  whole["gaps"] = std::move(gaps);
  return whole;
}

}  // namespace trapd::ctl
