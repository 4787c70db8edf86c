// SPDX-License-Identifier: Apache-2.0
// What is known of the datagram in Pipeline::process(), step by step; lives during that call only,
// and so do the views in it.
#pragma once

#include "trapd/ingest/pipeline.h"

namespace trapd::ingest {

struct Pipeline::Context {
  const net::Datagram& datagram;
  const Arrival& arrival;
  std::int64_t monotonic_ns;

  snmp::Deviations tolerated{};
  snmp::Message message{};
  usm::Inbound inbound{};
  bool v3_readable = false;
  snmp::Notification notification{};
  std::uint8_t snmp_version = 0;
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  ByteView security_name{};
  ByteView context_engine_id{};
  ByteView context_name{};
  std::int32_t request_id = 0;
  std::uint64_t retransmission_hash = 0;
  std::uint64_t duplicate_hash = 0;
  ByteView answer{};  // of an inform; to be sent after the commit
  bool inform = false;
  bool relayed = false;
  Endpoint device_address{};
  std::string_view device{};
  std::string_view device_name{};
  std::string_view site{};
  std::string_view tenant{};
  std::string_view source{};
  std::span<const alarm::OidAlias> aliases{};
};

}  // namespace trapd::ingest
