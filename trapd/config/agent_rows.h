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
  std::optional<std::uint16_t> answer_from;
  Position answer_from_at;
  Position source_port_at;
  AgentConfig config;
  /// Where answers leave from; nullopt: from the socket that listens.
  std::optional<Endpoint> answers() const;
};

std::span<const Row<AgentDraft>> agent_rows();

/// An agent needs sources that it answers and users of its own, all of them authPriv.
void check_agent(Reading& reading, const AgentDraft& agent, const std::vector<UserDraft>& users);
/// Its sockets are its own: neither a listener's, nor all that resynchronisations may use.
void check_agent_ports(Reading& reading, const AgentDraft& agent,
                       const std::vector<Listener>& listeners);

}  // namespace trapd::config
