// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/inventory_rows.h"

#include <fmt/format.h>

#include <set>

#include "trapd/config/value_rows.h"
#include "trapd/usm/own_engine.h"

namespace trapd::config {
namespace {

constexpr std::array<Word<usm::TimeWindow>, 3> kTimeWindows = {
    {{"enforce", usm::TimeWindow::kEnforce},
     {"report", usm::TimeWindow::kReport},
     {"off", usm::TimeWindow::kOff}}};

template <auto Member>
void as_device_text(Reading& reading, const Setting& setting, const Node& node,
                    DeviceDraft& draft) {
  as_text<Member>(reading, setting, node, draft.device);
}

void read_engine(Reading& reading, const Setting& setting, const Node& node, DeviceDraft& draft) {
  auto id = read_hex(reading, setting, node);
  if (!id) return;
  if (!usm::legal_engine_id(*id)) {
    reading.error(node.at,
                  "engine: not a legal engine ID; expected 5 to 32 octets, neither all "
                  "00 nor all FF");
    return;
  }
  draft.device.engine_id = std::move(*id);
}

void read_address(Reading& reading, const Setting& setting, const Node& node, DeviceDraft& draft) {
  draft.device.address = node.is_scalar() ? Endpoint::parse_address(node.text) : std::nullopt;
  if (!draft.device.address) reading.unexpected(setting, node);
}

void read_keepalive(Reading& reading, const Setting& setting, const Node& node,
                    DeviceDraft& draft) {
  as_duration<&Device::keepalive>(reading, setting, node, draft.device);
}

void read_time_window(Reading& reading, const Setting& setting, const Node& node,
                      DeviceDraft& draft) {
  as_choice<&Device::time_window, kTimeWindows>(reading, setting, node, draft.device);
}

std::optional<snmp::Oid> read_oid(Reading& reading, const Node& alias, const char* key) {
  const Node* node = alias.find(key);
  auto oid = node != nullptr && node->is_scalar() ? snmp::Oid::parse(node->text) : std::nullopt;
  if (!oid) {
    reading.error(node == nullptr ? alias.at : node->at,
                  fmt::format("aliases: {}: expected a dotted OID", key));
  }
  return oid;
}

void read_aliases(Reading& reading, const Setting& setting, const Node& node, DeviceDraft& draft) {
  read_list(reading, setting, node, [&](const Node& item) {
    if (!item.is_mapping()) return reading.unexpected(setting, item);
    for (const Node& key : item.keys) {
      if (key.text == "prefix" || key.text == "stands_for") continue;
      reading.error(key.at, fmt::format("unknown key \"{}\" in an alias; expected one of prefix, "
                                        "stands_for",
                                        key.text));
    }
    auto prefix = read_oid(reading, item, "prefix");
    auto stands_for = read_oid(reading, item, "stands_for");
    if (prefix && stands_for) {
      draft.device.aliases.push_back({std::move(*prefix), std::move(*stands_for)});
    }
    if (draft.device.aliases.size() == alarm::kAliasesPerDeviceMax + 1) {
      reading.error(item.at,
                    fmt::format("aliases: expected at most {}", alarm::kAliasesPerDeviceMax));
    }
  });
}

constexpr std::array<Row<DeviceDraft>, 8> kDevice = {{
    {{.key = "name",
      .words = "a name",
      .required = true,
      .max = 255,
      .doc = "what people call it",
      .example = "sbc-1"},
     &as_device_text<&Device::name>},
    {{.key = "engine",
      .form = Form::kWritten,
      .words = "an engine ID like 0x8000138b0500000001",
      .doc = "its snmpEngineID; this or address is needed",
      .example = "0x8000138b0500000001"},
     &read_engine},
    {{.key = "address",
      .form = Form::kWritten,
      .words = "an IP address without a port",
      .doc = "where it sends from",
      .example = "192.0.2.7"},
     &read_address},
    {{.key = "site", .words = "a name", .max = 255, .doc = "for select", .example = "tlv"},
     &as_device_text<&Device::site>},
    {{.key = "tenant", .words = "a name", .max = 255, .doc = "for select", .example = "acme"},
     &as_device_text<&Device::tenant>},
    {{.key = "keepalive",
      .form = Form::kDuration,
      .fallback = "0s",
      .min = 0,
      .max = 7 * 24 * 3'600'000,
      .doc = "it sends at least this often; 0s: not expected to",
      .example = "90s"},
     &read_keepalive},
    {{.key = "time_window",
      .form = Form::kChoice,
      .words = "enforce | report | off",
      .fallback = "enforce",
      .doc = "report and off take messages outside the window of 150 s, for a device that forgets "
             "its boots; needs engine; logged and shown"},
     &read_time_window},
    {{.key = "aliases",
      .form = Form::kWritten,
      .words = "a list of {prefix: OID, stands_for: OID}",
      .doc =
          "its traps and varbinds below prefix are for the rules what stands_for has in the MIB; "
          "at most 8; the record keeps what came",
      .example = "[{prefix: 1.3.6.1.4.1.9999.1, stands_for: 1.3.6.1.4.1.5003.9.10.1.21}]"},
     &read_aliases},
}};

void read_relay_from(Reading& reading, const Setting& setting, const Node& node,
                     RelayDraft& draft) {
  const auto network = node.is_scalar() ? Network::parse(node.text) : std::nullopt;
  if (network) {
    draft.relay.from = *network;
  } else {
    reading.unexpected(setting, node);
  }
}

void read_relay_user(Reading& reading, const Setting& setting, const Node& node,
                     RelayDraft& draft) {
  as_text<&Relay::user>(reading, setting, node, draft.relay);
  draft.user_at = node.at;
}

constexpr std::array<Row<RelayDraft>, 2> kRelay = {{
    {{.key = "from",
      .form = Form::kWritten,
      .words = "a network like 192.0.2.0/28",
      .required = true,
      .doc = "source addresses that may name another sender in snmpTrapAddress.0",
      .example = "192.0.2.0/28"},
     &read_relay_from},
    {{.key = "user",
      .words = "the name of one of snmp_users",
      .max = 32,
      .doc = "and only with this user; without it with any",
      .example = "noc"},
     &read_relay_user},
}};

constexpr std::array<Row<LiveConfig>, 2> kRate = {{
    {{.key = "refused_per_source",
      .form = Form::kRate,
      .fallback = "200/s",
      .min = 1,
      .max = 1'000'000,
      .doc = "bucket of a source address that only refused packets drain"},
     &as_number<&LiveConfig::refused_per_source>},
    {{.key = "per_engine",
      .form = Form::kRate,
      .fallback = "10000/s",
      .min = 1,
      .max = 10'000'000,
      .doc = "authenticated notifications of one engine; beyond it they are suppressed (storm)"},
     &as_number<&LiveConfig::per_engine>},
}};

void read_modules(Reading& reading, const Setting& setting, const Node& node, LiveConfig& live) {
  live.mib_modules.clear();
  if (node.is_scalar() && node.text == "all") return;
  if (!node.is_sequence()) {
    reading.unexpected(setting, node);
    return;
  }
  live.mib_modules = read_texts(reading, setting, node);
}

void read_directories(Reading& reading, const Setting& setting, const Node& node,
                      LiveConfig& live) {
  live.mib_directories.clear();
  read_list(reading, setting, node, [&](const Node& item) {
    const auto name = read_text(reading, setting, item);
    if (!name) return;
    std::string path = reading.resolve(*name);
    std::error_code ignored;
    // A machine without Net-SNMP's MIBs is no mistake: ours carry the base.
    if (item.at.line > 0 && !std::filesystem::is_directory(path, ignored)) {
      reading.warning(item.at, fmt::format("directories: {} is no directory", path));
    }
    live.mib_directories.push_back(std::move(path));
  });
}

constexpr std::array<Row<LiveConfig>, 2> kMibs = {{
    {{.key = "directories",
      .form = Form::kWritten,
      .words = "a list of paths",
      .fallback = "[/usr/share/snmp/mibs]",
      .doc = "where MIB files are; trapd's own base modules come with it"},
     &read_directories},
    {{.key = "modules",
      .form = Form::kWritten,
      .words = "all or a list of module names",
      .fallback = "all",
      .doc = "MIB modules to read"},
     &read_modules},
}};

}  // namespace

std::span<const Row<DeviceDraft>> device_rows() { return kDevice; }
std::span<const Row<RelayDraft>> relay_rows() { return kRelay; }
std::span<const Row<LiveConfig>> rate_rows() { return kRate; }
std::span<const Row<LiveConfig>> mib_rows() { return kMibs; }

void read_devices(Reading& reading, const Setting& setting, const Node& node, LiveConfig& live) {
  std::set<std::string> names;
  std::set<std::vector<std::uint8_t>> engines;
  std::set<std::array<std::uint8_t, 16>> addresses;
  read_list(reading, setting, node, [&](const Node& item) {
    DeviceDraft draft{.device = {}, .at = item.at};
    if (!read_mapping(reading, "a device", item, device_rows(), draft)) return;
    const Device& device = draft.device;
    if (item.find("engine") == nullptr && item.find("address") == nullptr) {
      reading.error(item.at, "a device lacks engine and address; expected one of them");
    }
    if (device.time_window != usm::TimeWindow::kEnforce) {
      if (item.find("engine") == nullptr) {
        reading.error(item.place_of("time_window"),
                      "time_window: expected engine: beside it; another window is for one engine");
      } else {
        reading.warning(item.place_of("time_window"),
                        fmt::format("exception: device {} is let in outside the time window; its "
                                    "messages can be replayed",
                                    device.name));
      }
    }
    const auto once = [&](bool added, const char* key) {
      if (added) return;
      reading.error(item.place_of(key),
                    fmt::format("{}: another device has the same; expected one device each", key));
    };
    if (!device.name.empty()) once(names.insert(device.name).second, "name");
    if (!device.engine_id.empty()) once(engines.insert(device.engine_id).second, "engine");
    // Behind one address there may be many engines; only what has no engine must differ in it.
    if (device.address && device.engine_id.empty()) {
      once(addresses.insert(device.address->address).second, "address");
    }
    live.devices.push_back(std::move(draft.device));
  });
}

void read_relays(Reading& reading, const Setting& setting, const Node& node,
                 std::vector<RelayDraft>& relays) {
  read_list(reading, setting, node, [&](const Node& item) {
    RelayDraft draft;
    if (read_mapping(reading, "a relay", item, relay_rows(), draft)) {
      relays.push_back(std::move(draft));
    }
  });
}

}  // namespace trapd::config
