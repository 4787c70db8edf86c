// SPDX-License-Identifier: Apache-2.0
// agent: the northbound SNMP agent.
#pragma once

#include "trapd/config/config.h"
#include "trapd/config/reading.h"
#include "trapd/config/user_rows.h"

namespace trapd::config {

struct AgentDraft {
  std::optional<Endpoint> listen;
  Position listen_at;
  AgentConfig config;
};

std::span<const Row<AgentDraft>> agent_rows();

/// An agent needs sources that it answers and users of its own, all of them authPriv.
void check_agent(Reading& reading, const AgentDraft& agent, const std::vector<UserDraft>& users);

}  // namespace trapd::config
