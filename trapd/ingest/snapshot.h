// SPDX-License-Identifier: Apache-2.0
// What a reload replaces for the workers besides users: rules, inventory, communities, relays,
// source lists, tolerances, rates. Immutable once published.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/base/hash.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/secret.h"
#include "trapd/snmp/tolerances.h"

namespace trapd::ingest {

struct SourceList {
  std::vector<Network> allow;  // empty = all
  std::vector<Network> deny;
  bool admits(const Endpoint& source) const;
};

struct CommunityRule {
  std::string name;  // for records; not the community itself
  std::shared_ptr<const Secret> text;
  SourceList from;
};

struct DeviceEntry {
  std::string name;
  std::vector<std::uint8_t> engine_id;  // empty = known by address only
  std::optional<Endpoint> address;
  std::string site;
  std::string tenant;
  std::vector<alarm::OidAlias> aliases = {};
};

struct RelayRule {
  Network from;
  std::string user;  // of SNMPv3; empty = any, and SNMPv1 and v2c too
};

/// The inventory, by engine ID and by address. Several devices may stand behind one address (NAT,
/// modules of one box): the address then means the entry that names no engine; without such a one,
/// or with several, it means none.
class DeviceDirectory {
 public:
  DeviceDirectory() = default;
  explicit DeviceDirectory(std::vector<DeviceEntry> devices);
  const DeviceEntry* by_engine(ByteView engine_id) const;
  const DeviceEntry* by_address(const Endpoint& endpoint) const;
  const std::vector<DeviceEntry>& all() const { return devices_; }

 private:
  std::vector<DeviceEntry> devices_;
  std::unordered_map<std::string, std::size_t, BytesHash, std::equal_to<>> engines_;
  struct AtAddress {
    std::size_t index = 0;
    bool ambiguous = false;
  };
  void add_address(std::size_t index);
  std::unordered_map<std::string, AtAddress, BytesHash, std::equal_to<>> addresses_;
};

struct Snapshot {
  std::shared_ptr<const alarm::Classifier> classifier;
  DeviceDirectory devices;
  std::vector<CommunityRule> communities;
  std::vector<RelayRule> relays;
  snmp::Tolerances tolerances;
  std::vector<SourceList> sources;  // by listener
  std::vector<Endpoint> listeners;  // by listener, as configured
  std::uint32_t refused_per_source = 200;
  std::uint32_t per_engine = 10'000;
};

}  // namespace trapd::ingest
