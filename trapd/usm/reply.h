// SPDX-License-Identifier: Apache-2.0
// Reports and Responses of an authoritative engine, receiver of informs or agent: RFC 3412 7.1 (3),
// 3414 3.2, 3416 4.2.
#pragma once

#include <cstdint>
#include <memory>

#include "trapd/snmp/drop_reason.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/pdu.h"
#include "trapd/usm/inbound.h"
#include "trapd/usm/outbound.h"

namespace trapd::usm {

/// One worker's builder; every result lives until the next call.
class ReplyBuilder {
 public:
  explicit ReplyBuilder(const OwnEngine& own);

  /// MP-12. request_id: of the request when it could be read, else 0. `keys` sign it (INF-07:
  /// authNoPriv); null = noAuthNoPriv.
  ByteView report(const snmp::V3Message& request, std::int32_t request_id, snmp::OidView counter,
                  std::uint32_t value, const CachedKeys* keys, std::int64_t monotonic_ns);

  /// INF-12: the Response to an inform, same level; empty when it does not fit the sender.
  /// error_status: 0, or tooBig with an empty list (INF-13). SNMPv2c knows no limit of the sender.
  ByteView response_v3(const snmp::V3Message& request, const Inbound& inbound,
                       const snmp::ScopedPdu& scoped, const snmp::Pdu& pdu,
                       std::int32_t error_status, std::int64_t monotonic_ns);
  /// What else a Response may say (RFC 3416 4.2): any status, any list.
  struct Response {
    std::int32_t request_id = 0;
    std::int32_t error_status = 0;
    std::int32_t error_index = 0;
    ByteView varbinds;  // content of the list
  };
  ByteView response_v3(const snmp::V3Message& request, const Inbound& inbound,
                       const snmp::ScopedPdu& scoped, const Response& response,
                       std::int64_t monotonic_ns);
  ByteView response_v2c(const snmp::CommunityMessage& request, const snmp::Pdu& pdu,
                        std::int32_t error_status);

  /// Users have changed: the key of the last answer must not stay.
  void forget_keys() { builder_.forget_keys(); }

 private:
  OutboundParameters parameters(const snmp::V3Message& request, std::int64_t monotonic_ns) const;

  static constexpr std::size_t kBufferOctets = 68 * 1024;
  const OwnEngine& own_;
  MessageBuilder builder_;
  std::unique_ptr<std::uint8_t[]> scoped_;
  std::unique_ptr<std::uint8_t[]> message_;
};

}  // namespace trapd::usm
