// SPDX-License-Identifier: Apache-2.0
// All settings: the rows of the top level, and a walk over every section for whoever prints them.
#pragma once

#include <string_view>
#include <vector>

#include "trapd/config/agent_rows.h"
#include "trapd/config/config.h"
#include "trapd/config/destination_rows.h"
#include "trapd/config/inventory_rows.h"
#include "trapd/config/reading.h"
#include "trapd/config/security_rows.h"
#include "trapd/config/start_rows.h"
#include "trapd/config/user_rows.h"

namespace trapd::config {

/// What one run over a file has found, before its parts are checked against each other.
struct Draft {
  StartConfig start;
  LiveConfig live;
  SecurityDraft security;
  std::vector<UserDraft> users;
  std::vector<RelayDraft> relays;
  AgentDraft agent;
  std::vector<DestinationDraft> destinations;
  struct RuleGlob {
    std::string pattern;  // resolved
    Position at;
  };
  std::vector<RuleGlob> rules;
};

std::span<const Row<Draft>> top_rows();

/// One mapping and its keys. `path` is how it is reached: "listen[]", "destinations[].tls",
/// "destinations[] (type: syslog)".
struct Section {
  std::string_view path;
  std::vector<const Setting*> settings;
};
/// In the order of the reference page; the first is the top level.
std::vector<Section> sections();

}  // namespace trapd::config
