// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/agent_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

void read_listen(Reading& reading, const Setting& setting, const Node& node, AgentDraft& draft) {
  draft.listen.reset();
  draft.listen_at = node.at;
  if (node.is_scalar() && node.text == "off") return;
  const auto endpoint = node.is_scalar() ? Endpoint::parse(node.text) : std::nullopt;
  if (!endpoint || endpoint->port == 0) return reading.unexpected(setting, node);
  draft.listen = *endpoint;
}

void read_allow(Reading& reading, const Setting& setting, const Node& node, AgentDraft& draft) {
  as_networks<&AgentConfig::allow>(reading, setting, node, draft.config);
}

void read_source_port(Reading& reading, const Setting& setting, const Node& node,
                      AgentDraft& draft) {
  const auto range = node.is_scalar() ? parse_port_range(node.text) : std::nullopt;
  if (!range) return reading.unexpected(setting, node);
  draft.config.source_port = {range->first, range->second};
  draft.source_port_at = node.at;
}

void read_answer_from(Reading& reading, const Setting& setting, const Node& node,
                      AgentDraft& draft) {
  const auto range = node.is_scalar() ? parse_port_range(node.text) : std::nullopt;
  if (!range || range->first != range->second) return reading.unexpected(setting, node);
  draft.answer_from = range->first;
  draft.answer_from_at = node.at;
}

template <auto Member>
void read_words(Reading& reading, const Setting& setting, const Node& node, AgentDraft& draft) {
  as_text<Member>(reading, setting, node, draft.config);
}

constexpr std::array<Row<AgentDraft>, 7> kAgent = {{
    {{.key = "listen",
      .form = Form::kWritten,
      .words = "ADDRESS:PORT or off",
      .fallback = "off",
      .scope = Scope::kStart,
      .doc = "where requests are taken, such as \"0.0.0.0:161\"; SNMPv3 authPriv only, by users "
             "with use: [agent]"},
     &read_listen},
    {{.key = "allow",
      .form = Form::kWritten,
      .words = "a list of networks",
      .doc = "sources that are answered; required with listen, there is no default",
      .example = "[192.0.2.0/28]"},
     &read_allow},
    {{.key = "answer_from",
      .form = Form::kWritten,
      .words = "a port",
      .scope = Scope::kStart,
      .doc = "answers leave from this port, at the address that was asked; without it: from the "
             "port that was asked, which is what most managers expect",
      .example = "1164"},
     &read_answer_from},
    {{.key = "source_port",
      .form = Form::kWritten,
      .words = "a port or a range like 1164-1165",
      .doc = "resynchronisations are sent from these ports; without it: from those of their "
             "destination",
      .example = "1164-1165"},
     &read_source_port},
    {{.key = "contact", .max = 255, .doc = "sysContact", .example = "noc@example.net"},
     &read_words<&AgentConfig::contact>},
    {{.key = "name", .max = 255, .doc = "sysName; without it: the host's name", .example = "gw-1"},
     &read_words<&AgentConfig::name>},
    {{.key = "location", .max = 255, .doc = "sysLocation", .example = "rack 7"},
     &read_words<&AgentConfig::location>},
}};

}  // namespace

std::span<const Row<AgentDraft>> agent_rows() { return kAgent; }

std::optional<Endpoint> AgentDraft::answers() const {
  if (!listen || !answer_from || *answer_from == listen->port) return std::nullopt;
  Endpoint from = *listen;
  from.port = *answer_from;
  return from;
}

void check_agent(Reading& reading, const AgentDraft& agent, const std::vector<UserDraft>& users) {
  bool any = false;
  for (const UserDraft& user : users) {
    if (!user.use.agent) continue;
    any = true;
    if (user.user.level() == snmp::SecurityLevel::kAuthPriv) continue;
    reading.error(user.use.at, fmt::format("use: {} is no user for the agent, which is authPriv "
                                           "only; expected auth: and priv:",
                                           user.user.name));
  }
  if (!agent.listen) return;
  if (agent.config.allow.empty()) {
    reading.error(agent.listen_at,
                  "agent: expected allow: as well, the networks that are answered");
  }
  if (!any) {
    reading.error(agent.listen_at, "agent: expected one of snmp_users with use: [agent]");
  }
}

void check_agent_ports(Reading& reading, const AgentDraft& agent,
                       const std::vector<Listener>& listeners) {
  if (!agent.listen) return;
  const std::optional<Endpoint> answers = agent.answers();
  for (const Listener& listener : listeners) {
    if (listener.udp == *agent.listen) {
      reading.error(agent.listen_at,
                    fmt::format("agent: {} stands in listen: as well", listener.text));
    }
    if (listener.udp == answers) {
      reading.error(agent.answer_from_at,
                    fmt::format("answer_from: {} stands in listen: as well", listener.text));
    }
  }
  const auto& ports = agent.config.source_port;
  if (!ports) return;
  const auto taken = [&](unsigned port) {
    return port == agent.listen->port || (answers && port == answers->port);
  };
  for (unsigned port = ports->first; port <= ports->last; ++port) {
    if (!taken(port)) return;
  }
  reading.error(agent.source_port_at,
                "source_port: expected a port besides those of the agent's own sockets");
}

}  // namespace trapd::config
