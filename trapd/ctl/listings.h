// SPDX-License-Identifier: Apache-2.0
// trapd's answers as text for people. The JSON shapes are in trapd/admin/PROTOCOL.md; a missing
// member leaves its cell empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace trapd::ctl {

using Json = nlohmann::json;

std::string status_text(const Json& status);
std::string alarms_text(const Json& alarms);
/// A page of `history`, or pages that were put together.
std::string history_text(const Json& page);
std::string devices_text(const Json& devices);
std::string destinations_text(const Json& destinations);
/// Answers of `dead-retry` and `dead-drop`.
std::string resync_text(const Json& begun);
std::string retry_text(const Json& answer);
std::string drop_text(const Json& answer);
std::string rules_text(const Json& rules);
std::string rule_text(const Json& rule);
std::string unmatched_text(const Json& answer);
std::string store_text(const Json& store);
/// One line for one record, as `trapctl tail` shows it.
std::string record_line(const Json& record);

}  // namespace trapd::ctl
