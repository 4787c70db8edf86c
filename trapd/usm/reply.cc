// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/reply.h"

#include <algorithm>

#include "trapd/snmp/encode.h"

namespace trapd::usm {

namespace {

/// The answer may be as long as the sender takes, and as a datagram can be.
ByteView fitting(ByteView message, std::int32_t sender_max) {
  const auto limit = std::min<std::size_t>(static_cast<std::size_t>(std::max(sender_max, 0)),
                                           snmp::kMessageOctetsMax);
  return message.size() <= limit ? message : ByteView();
}

}  // namespace

ReplyBuilder::ReplyBuilder(const OwnEngine& own)
    : own_(own),
      scoped_(std::make_unique<std::uint8_t[]>(kBufferOctets)),
      message_(std::make_unique<std::uint8_t[]>(kBufferOctets)) {}

OutboundParameters ReplyBuilder::parameters(const snmp::V3Message& request,
                                            std::int64_t monotonic_ns) const {
  OutboundParameters out;
  out.msg_id = request.msg_id;
  out.authoritative_engine_id = own_.engine_id();
  out.authoritative_engine_boots = own_.boots();
  out.authoritative_engine_time = own_.time(monotonic_ns);
  out.user_name = request.user_name;
  return out;
}

ByteView ReplyBuilder::report(const snmp::V3Message& request, std::int32_t request_id,
                              snmp::OidView counter, std::uint32_t value, const CachedKeys* keys,
                              std::int64_t monotonic_ns) {
  ber::Writer writer({scoped_.get(), kBufferOctets});
  const std::size_t mark = writer.mark();
  snmp::write_varbind_unsigned(writer, counter, ber::kCounter32, value);
  snmp::wrap_pdu(writer, mark, ber::kReport, request_id, 0, 0);
  snmp::wrap_scoped_pdu(writer, mark, own_.engine_id(), {});
  OutboundParameters out = parameters(request, monotonic_ns);
  if (keys != nullptr) {
    out.level = snmp::SecurityLevel::kAuthNoPriv;
    out.auth = &keys->auth;
  }
  return fitting(builder_.build(out, writer.done(), {message_.get(), kBufferOctets}),
                 request.max_size);
}

ByteView ReplyBuilder::response_v3(const snmp::V3Message& request, const Inbound& inbound,
                                   const snmp::ScopedPdu& scoped, const snmp::Pdu& pdu,
                                   std::int32_t error_status, std::int64_t monotonic_ns) {
  const Response response{pdu.request_id, error_status, 0,
                          error_status == 0 ? pdu.varbinds : ByteView()};
  return response_v3(request, inbound, scoped, response, monotonic_ns);
}

ByteView ReplyBuilder::response_v3(const snmp::V3Message& request, const Inbound& inbound,
                                   const snmp::ScopedPdu& scoped, const Response& response,
                                   std::int64_t monotonic_ns) {
  ber::Writer writer({scoped_.get(), kBufferOctets});
  const std::size_t mark = writer.mark();
  snmp::write_pdu(writer, ber::kResponse, response.request_id, response.error_status,
                  response.error_index, response.varbinds);
  snmp::wrap_scoped_pdu(writer, mark, scoped.context_engine_id, scoped.context_name);
  if (!writer.ok()) return {};
  OutboundParameters out = parameters(request, monotonic_ns);
  out.level = request.level();
  if (inbound.keys != nullptr && inbound.user != nullptr) {
    out.auth = &inbound.keys->auth;
    out.priv = &inbound.keys->priv;
    out.priv_protocol = inbound.user->priv;
  }
  return fitting(builder_.build(out, writer.done(), {message_.get(), kBufferOctets}),
                 request.max_size);
}

ByteView ReplyBuilder::response_v2c(const snmp::CommunityMessage& request, const snmp::Pdu& pdu,
                                    std::int32_t error_status) {
  ber::Writer writer({message_.get(), kBufferOctets});
  const std::size_t mark = writer.mark();
  snmp::write_pdu(writer, ber::kResponse, pdu.request_id, error_status, 0,
                  error_status == 0 ? pdu.varbinds : ByteView());
  snmp::wrap_community_message(writer, mark, snmp::Version::kV2c, request.community);
  return fitting(writer.done(), static_cast<std::int32_t>(snmp::kMessageOctetsMax));
}

}  // namespace trapd::usm
