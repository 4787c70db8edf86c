// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/configuration.h"

namespace trapd::scenario {
namespace {

struct Default {
  const char* key;
  const char* yaml;
};
// Policy, rates and limits are left to trapd's own defaults: they are what is tested.
constexpr Default kDefaults[] = {
    {"engine:", "engine: {id: 0x80001f8805aabbccdd}"},
    {"store:", "store: {directory: store, max_size: 64MiB}"},
    {"listen:", "listen: [{udp: \"192.0.2.100:162\"}]"},
    {"mibs:", "mibs: {directories: []}"},
    {"rules:", "rules: [conf/rules/ietf.yaml, conf/rules/audiocodes.yaml]"},
    {"metrics:", "metrics: {listen: off}"},
    {"snmp_users:",
     "snmp_users: [{name: ops, auth: {protocol: SHA-1, passphrase: maplesyrup}, "
     "priv: {protocol: AES-128, passphrase: maplesyrup}}]"},
};

}  // namespace

std::string completed_configuration(const std::string& yaml) {
  std::string whole = yaml;
  for (const Default& given : kDefaults) {
    const bool said = yaml.starts_with(given.key) ||
                      yaml.find(std::string("\n") + given.key) != std::string::npos;
    if (!said) whole += std::string(given.yaml) + "\n";
  }
  return whole;
}

}  // namespace trapd::scenario
