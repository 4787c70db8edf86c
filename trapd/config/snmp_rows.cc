// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "trapd/config/destination_rows.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

using forwarders::SnmpSettings;

constexpr std::array<Word<SnmpSettings::Version>, 2> kVersions = {
    {{"v2c", SnmpSettings::Version::kV2c}, {"v3", SnmpSettings::Version::kV3}}};
constexpr std::array<Word<bool>, 2> kPdus = {{{"trap", false}, {"inform", true}}};
constexpr std::array<Word<SnmpSettings::Format>, 2> kFormats = {
    {{"original", SnmpSettings::Format::kOriginal}, {"alarm", SnmpSettings::Format::kAlarm}}};

void read_to(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft) {
  const auto peer = node.is_scalar() ? parse_host_port(node.text) : std::nullopt;
  if (!peer) {
    reading.unexpected(setting, node);
    return;
  }
  draft.snmp.peer = {peer->host, peer->port != 0 ? peer->port : std::uint16_t{162}};
}

void read_source_port(Reading& reading, const Setting& setting, const Node& node,
                      DestinationDraft& draft) {
  const auto range = node.is_scalar() ? parse_port_range(node.text) : std::nullopt;
  if (!range) {
    reading.unexpected(setting, node);
    return;
  }
  draft.snmp.source_port_first = range->first;
  draft.snmp.source_port_last = range->second;
}

void read_version(Reading& reading, const Setting& setting, const Node& node,
                  DestinationDraft& draft) {
  as_choice<&SnmpSettings::version, kVersions>(reading, setting, node, draft.snmp);
}
void read_user(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  as_text<&DestinationDraft::user>(reading, setting, node, draft);
  draft.user_at = node.at;
}
void read_pdu(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft) {
  as_choice<&SnmpSettings::inform, kPdus>(reading, setting, node, draft.snmp);
}
void read_format(Reading& reading, const Setting& setting, const Node& node,
                 DestinationDraft& draft) {
  as_choice<&SnmpSettings::format, kFormats>(reading, setting, node, draft.snmp);
}
template <auto Member>
void as_snmp_number(Reading& reading, const Setting& setting, const Node& node,
                    DestinationDraft& draft) {
  as_number<Member>(reading, setting, node, draft.snmp);
}
template <auto Member>
void as_snmp_duration(Reading& reading, const Setting& setting, const Node& node,
                      DestinationDraft& draft) {
  as_duration<Member>(reading, setting, node, draft.snmp);
}

constexpr std::array<Row<DestinationDraft>, 11> kSnmp = {{
    {{.key = "to",
      .form = Form::kWritten,
      .words = "HOST[:162]",
      .required = true,
      .doc = "receiver",
      .example = "oss.example.net:162"},
     &read_to},
    {{.key = "source_port",
      .form = Form::kWritten,
      .words = "a port or a range like 1180-1220",
      .fallback = "1180-1220",
      .doc = "sent from one port of these, which is kept; shared only when there are more "
             "destinations than ports, and never by two with one peer"},
     &read_source_port},
    {{.key = "version",
      .form = Form::kChoice,
      .words = "v2c | v3",
      .fallback = "v3",
      .doc = "v3 needs user, v2c needs community"},
     &read_version},
    {{.key = "user",
      .words = "the name of one of snmp_users",
      .max = 32,
      .doc = "who sends (v3)",
      .example = "oss"},
     &read_user},
    {{.key = "community",
      .form = Form::kSecret,
      .instead = true,
      .doc = "community string (v2c), which is a secret",
      .example = "{file: secrets/oss.community}"},
     &as_secret<DestinationDraft, &DestinationDraft::community>},
    {{.key = "pdu",
      .form = Form::kChoice,
      .words = "trap | inform",
      .fallback = "trap",
      .doc = "an inform awaits its Response; one outstanding per device"},
     &read_pdu},
    {{.key = "format",
      .form = Form::kChoice,
      .words = "original | alarm",
      .fallback = "alarm",
      .doc =
          "original: the device's own trap with the proxy varbinds of RFC 3584; alarm: TRAPD-MIB"},
     &read_format},
    {{.key = "timeout",
      .form = Form::kDuration,
      .fallback = "15s",
      .min = 100,
      .max = 300'000,
      .doc = "of an inform, until it is sent again"},
     &as_snmp_duration<&SnmpSettings::timeout>},
    {{.key = "retries",
      .form = Form::kInteger,
      .fallback = "3",
      .min = 0,
      .max = 20,
      .doc = "of an inform, before the destination counts as down"},
     &as_snmp_number<&SnmpSettings::retries>},
    {{.key = "window",
      .form = Form::kInteger,
      .fallback = "64",
      .min = 1,
      .max = 4096,
      .doc = "informs outstanding over all devices"},
     &as_snmp_number<&SnmpSettings::window>},
    {{.key = "heartbeat",
      .form = Form::kDuration,
      .fallback = "0s",
      .min = 0,
      .max = 24 * 3'600'000,
      .doc = "a heartbeat notification this often; 0s: none",
      .example = "60s"},
     &as_snmp_duration<&SnmpSettings::heartbeat>},
}};

}  // namespace

std::span<const Row<DestinationDraft>> snmp_rows() { return kSnmp; }

void finish_snmp(Reading& reading, const Node& node, DestinationDraft& draft) {
  SnmpSettings& settings = draft.snmp;
  const bool v3 = settings.version == SnmpSettings::Version::kV3;
  const char* needed = v3 ? "user" : "community";
  const char* wrong = v3 ? "community" : "user";
  if (node.find(needed) == nullptr) {
    reading.error(node.at, fmt::format("an snmp destination of version {} lacks the key {}",
                                       v3 ? "v3" : "v2c", needed));
  }
  if (node.find(wrong) != nullptr) {
    reading.error(node.place_of(wrong),
                  fmt::format("{}: expected {} with version {}", wrong, needed, v3 ? "v3" : "v2c"));
  }
  if (!v3) {
    reading.warning(node.place_of("version"),
                    fmt::format("exception: destination {} is sent SNMPv2c, which is not protected",
                                draft.destination.name));
  }
  if (draft.community.secret != nullptr) {
    settings.community = trapd::as_text(draft.community.secret->expose());
  }
  draft.destination.settings = std::move(settings);
}

}  // namespace trapd::config
