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
#include "trapd/alarm/correlation.h"
#include "trapd/alarm/oid_alias.h"
#include "trapd/alarm/rule.h"
#include "trapd/base/expected.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/phase_times.h"
#include "trapd/base/secret.h"
#include "trapd/config/key_derivation.h"
#include "trapd/config/outline.h"
#include "trapd/snmp/tolerances.h"
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
  std::string user = "trapd";           // to run as, when started as root
  bool seccomp = true;                  // a filter of system calls
  bool landlock = true;                 // where the kernel has it
  std::vector<std::uint8_t> engine_id;  // empty = auto
  std::string store_directory = "/var/lib/trapd";
  std::uint64_t store_max_size_bytes = std::uint64_t{8} << 30;
  std::chrono::milliseconds commit_delay{0};
  bool key_cache = true;  // keys of passphrases are kept in the store directory
  std::vector<Listener> listeners;
  std::uint32_t workers = 1;              // auto resolved
  std::optional<Endpoint> metrics;        // nullopt = off
  std::optional<Endpoint> agent;          // agent.listen; nullopt = off
  std::optional<Endpoint> agent_answers;  // agent.answer_from; nullopt: from where it listens
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
  std::vector<alarm::OidAlias> aliases;  // at most alarm::kAliasesPerDeviceMax
};

struct Relay {
  Network from;
  std::string user;  // USM user that vouches; empty = any
};

/// Of the northbound agent, what may change while it runs.
struct AgentConfig {
  std::vector<Network> allow;  // sources that are answered
  struct Ports {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };
  std::optional<Ports> source_port;  // of resynchronisations; nullopt: their destination's
  std::string contact;
  std::string name;  // empty = the host's
  std::string location;
};

struct LiveConfig {
  usm::Policy policy;
  std::vector<usm::User> users;
  std::vector<Community> communities;
  std::vector<Device> devices;
  std::vector<Relay> relays;
  snmp::Tolerances tolerances;
  AgentConfig agent;
  std::uint32_t refused_per_source = 200;  // per second; 0 = off
  std::uint32_t per_engine = 10'000;       // per second; 0 = off
  alarm::Correlation correlation;
  std::vector<std::string> mib_directories;
  std::vector<std::string> mib_modules;  // empty = all
  std::vector<alarm::Rule> rules;
  std::vector<forwarders::Destination> destinations;
};

struct Config {
  StartConfig start;
  LiveConfig live;
  std::vector<std::string> warnings;  // exceptions in force: weak algorithms, communities, root …
  std::vector<std::string> files;     // itself, and all it names: rules, secrets, certificates
  // Of a reading with secrets, for the audit log:
  Outline outline;
  /// Of the file, as sha256sum gives it. Where passphrases stand in the file itself, of the outline
  /// instead: who knows the rest of the file could try passphrases on it.
  std::string sha256;
  bool sha256_is_of_outline = false;
  KeyFileChange key_file_change;  // of keys.cache in the store that is open
};

/// "conf/trapd.yaml:12:5: error: what is wrong, and what was expected", all of them: those of the
/// configuration by position, then those of rule files.
struct ConfigErrors {
  std::vector<std::string> lines;
  /// What could be read, so that wrong names in it can be told at once (gateway_compile.cc).
  std::vector<alarm::Rule> rules = {};
  std::vector<std::string> mib_directories = {};
  std::vector<std::string> mib_modules = {};
};

/// Reads the file and what it names, by the schema (schema.h). Secrets are read with the rights
/// that the process has now, and keys derived (half a millisecond per passphrase and processor).
/// read_secrets = false checks everything else (before privileges are dropped, and for --check by
/// somebody who may not read them); the users then have protocols but no keys, so no UserTable can
/// be built of them. Any thread; throws nothing. `times`, when there is one: gets the phases
/// "configuration", "rules" and "keys".
Expected<Config, ConfigErrors> load(const std::string& file, bool read_secrets,
                                    PhaseTimes* times = nullptr);
/// For the process that serves: with secrets, and with the keys of many passphrases from keys.cache
/// (key_derivation.h): that of `use`, or when it names none, that of the configuration's own store
/// directory. Writes nothing: Config::key_file_change is for who decides that it counts.
Expected<Config, ConfigErrors> load_with_kept_keys(const std::string& file, KeyUse use = {},
                                                   PhaseTimes* times = nullptr);

/// Keys of StartConfig that differ, as the user writes them ("store.max_size"): what a reload
/// refuses by name.
std::vector<std::string> changed_start_keys(const StartConfig& running, const StartConfig& next);

}  // namespace trapd::config
