// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/schema.h"

#include "trapd/config/alarm_rows.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

template <auto Member, auto Rows>
void as_section(Reading& reading, const Setting& setting, const Node& node, Draft& draft) {
  read_mapping(reading, setting.key, node, Rows(), draft.*Member);
}
template <auto Member, auto Read>
void as_part(Reading& reading, const Setting& setting, const Node& node, Draft& draft) {
  Read(reading, setting, node, draft.*Member);
}

void read_rules(Reading& reading, const Setting& setting, const Node& node, Draft& draft) {
  read_list(reading, setting, node, [&](const Node& item) {
    if (const auto pattern = read_text(reading, setting, item)) {
      draft.rules.push_back({reading.resolve(*pattern), item.at});
    }
  });
}

void as_alarms(Reading& reading, const Setting& setting, const Node& node, Draft& draft) {
  read_mapping(reading, setting.key, node, alarm_rows(), draft.live.correlation);
}

constexpr std::array<Row<Draft>, 17> kTop = {{
    {{.key = "process",
      .form = Form::kMapping,
      .fallback = "{}",
      .scope = Scope::kStart,
      .doc = "what trapd runs as"},
     &as_section<&Draft::start, &process_rows>},
    {{.key = "engine",
      .form = Form::kMapping,
      .fallback = "{}",
      .scope = Scope::kStart,
      .doc = "trapd as an SNMP engine"},
     &as_section<&Draft::start, &engine_rows>},
    {{.key = "store",
      .form = Form::kMapping,
      .fallback = "{}",
      .scope = Scope::kStart,
      .doc = "the journal"},
     &as_section<&Draft::start, &store_rows>},
    {{.key = "listen",
      .form = Form::kList,
      .fallback = "[{udp: \"0.0.0.0:162\"}, {udp: \"[::]:162\"}, "
                  "{udp: \"0.0.0.0:1161\"}, {udp: \"[::]:1161\"}]",
      .scope = Scope::kStart,
      .doc = "where notifications are received; 1161 for devices behind NAT (keep-alive)"},
     &as_part<&Draft::start, &read_listeners>},
    {{.key = "workers",
      .form = Form::kWritten,
      .words = "auto or a whole number from 1 to 8",
      .fallback = "auto",
      .scope = Scope::kStart,
      .doc = "ingest threads; auto: processors - 1, at least 1, at most 8"},
     &as_part<&Draft::start, &read_workers>},
    {{.key = "security", .form = Form::kMapping, .fallback = "{}", .doc = "what is let in at all"},
     &as_section<&Draft::security, &security_rows>},
    {{.key = "snmp_users",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "USM users, for receiving and for sending"},
     &as_part<&Draft::users, &read_users>},
    {{.key = "limits",
      .form = Form::kMapping,
      .fallback = "{}",
      .scope = Scope::kStart,
      .doc = "bounds of the tables in memory"},
     &as_section<&Draft::start, &limit_rows>},
    {{.key = "rate",
      .form = Form::kMapping,
      .fallback = "{}",
      .doc = "how much of one sender is taken"},
     &as_section<&Draft::live, &rate_rows>},
    {{.key = "alarms",
      .form = Form::kMapping,
      .fallback = "{}",
      .doc = "what is done with alarms that come too often"},
     &as_alarms},
    {{.key = "devices",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "optional inventory: names a sender by engine ID or address"},
     &as_part<&Draft::live, &read_devices>},
    {{.key = "relays",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "senders trusted to name the true source in snmpTrapAddress.0"},
     &as_part<&Draft::relays, &read_relays>},
    {{.key = "mibs", .form = Form::kMapping, .fallback = "{}", .doc = "names of objects"},
     &as_section<&Draft::live, &mib_rows>},
    {{.key = "rules",
      .form = Form::kWritten,
      .words = "a list of paths, with * and ?",
      .fallback = "[rules/*.yaml]",
      .doc = "files that say what a notification means"},
     &read_rules},
    {{.key = "destinations",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "where notifications go"},
     &as_part<&Draft::destinations, &read_destinations>},
    {{.key = "agent",
      .form = Form::kMapping,
      .fallback = "{}",
      .doc = "the northbound SNMP agent: active alarms, counters, resynchronisation"},
     &as_section<&Draft::agent, &agent_rows>},
    {{.key = "metrics",
      .form = Form::kMapping,
      .fallback = "{}",
      .scope = Scope::kStart,
      .doc = "for Prometheus and health checks"},
     &as_section<&Draft::start, &metrics_rows>},
}};

template <typename T>
Section section(std::string_view path, std::span<const Row<T>> rows) {
  Section result{path, {}};
  for (const Row<T>& row : rows) result.settings.push_back(&row.setting);
  return result;
}

}  // namespace

std::span<const Row<Draft>> top_rows() { return kTop; }

std::vector<Section> sections() {
  return {
      section("", top_rows()),
      section("process", process_rows()),
      section("engine", engine_rows()),
      section("store", store_rows()),
      section("listen[]", listener_rows()),
      section("security", security_rows()),
      section("security.communities[]", community_rows()),
      section("security.tolerances[]", tolerance_rows()),
      section("snmp_users[]", user_rows()),
      section("snmp_users[].auth", auth_rows()),
      section("snmp_users[].priv", priv_rows()),
      section("limits", limit_rows()),
      section("rate", rate_rows()),
      section("alarms", alarm_rows()),
      section("alarms.flapping", flapping_rows()),
      section("alarms.suppression", suppression_rows()),
      section("devices[]", device_rows()),
      section("relays[]", relay_rows()),
      section("mibs", mib_rows()),
      section("destinations[]", destination_rows()),
      section("destinations[].select", match_rows()),
      section("destinations[] (type: syslog)", syslog_rows()),
      section("destinations[] (type: mail)", mail_rows()),
      section("destinations[].login", login_rows()),
      section("destinations[].digest", digest_rows()),
      section("destinations[] (type: snmp)", snmp_rows()),
      section("destinations[].tls", tls_rows()),
      section("agent", agent_rows()),
      section("metrics", metrics_rows()),
      section("(any secret)", secret_source_rows()),
  };
}

}  // namespace trapd::config
