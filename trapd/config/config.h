// SPDX-License-Identifier: Apache-2.0
// The configuration as typed values. What may change while trapd runs and what may not are two
// types, so that a reload cannot touch the second by accident.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "forwarders/destination.h"
#include "trapd/alarm/rule.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/secret.h"
#include "trapd/usm/engine_clock.h"
#include "trapd/usm/user.h"

namespace trapd::config {

struct Listener {
  std::string text;  // as written: label in metrics and messages
  Endpoint udp;
  std::uint64_t receive_buffer_bytes = 64 << 20;
  std::vector<Network> allow;  // empty = all
  std::vector<Network> deny;
  friend bool operator==(const Listener&, const Listener&) = default;
};

/// Fixed for the life of the process; a change on reload is refused by the key's name.
struct StartConfig {
  std::string user;  // to run as; empty = stay who we are
  std::vector<std::uint8_t> engine_id;  // empty = auto
  std::string store_directory;
  std::uint64_t store_max_size_bytes = std::uint64_t{8} << 30;
  std::chrono::milliseconds commit_delay{0};
  std::vector<Listener> listeners;
  std::uint32_t workers = 1;  // auto resolved
  std::optional<Endpoint> metrics;  // nullopt = off
  std::uint32_t engines_max = 100'000;
  std::uint32_t alarms_max = 1'000'000;
  std::uint32_t duplicates_max = 1'000'000;
  friend bool operator==(const StartConfig&, const StartConfig&) = default;
};

/// A configured community of v1/v2c. Immutable.
struct Community {
  std::string name;  // for people and records; never the community itself
  std::shared_ptr<const Secret> text;
  std::vector<Network> from;  // empty = any source
};

/// One line of the inventory.
struct Device {
  std::string name;
  std::vector<std::uint8_t> engine_id;  // empty = by address
  std::optional<Endpoint> address;
  std::string site;
  std::string tenant;
  std::chrono::seconds keepalive{0};
  usm::TimeWindow time_window = usm::TimeWindow::kEnforce;
};

struct Relay {
  Network from;
  std::string user;  // USM user that vouches; empty = any
};

struct LiveConfig {
  usm::Policy policy;
  std::vector<usm::User> users;
  std::vector<Community> communities;
  std::vector<Device> devices;
  std::vector<Relay> relays;
  std::uint32_t refused_per_source = 200;  // per second; 0 = off
  std::uint32_t per_engine = 10'000;       // per second; 0 = off
  std::vector<std::string> mib_directories;
  std::vector<std::string> mib_modules;  // empty = all
  std::vector<alarm::Rule> rules;
  std::vector<forwarders::Destination> destinations;
};

struct Config {
  StartConfig start;
  LiveConfig live;
  std::vector<std::string> warnings;  // exceptions in force: weak algorithms, communities, root …
};

/// "conf/trapd.yaml:12:5: error: …" lines, all of them.
struct ConfigErrors {
  std::vector<std::string> lines;
};

/// Secrets are read with the rights the process has when this is called; read_secrets = false
/// checks everything else (before privileges are dropped, and for --check of somebody else).
Expected<Config, ConfigErrors> load(const std::string& file, bool read_secrets);

}  // namespace trapd::config
