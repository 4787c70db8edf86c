// SPDX-License-Identifier: Apache-2.0
// From a record to what is sent: the PDU in the destination's format (inside a ScopedPDU for
// SNMPv3), and the message around it. A PDU is made once; a message is made for every try, with a
// fresh msgID and the clock of that moment. One destination's; not shared.
#pragma once

#include <cstdint>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "forwarders/snmp/peer_engine.h"
#include "trapd/base/bytes.h"
#include "trapd/base/published.h"
#include "trapd/ber/writer.h"
#include "trapd/usm/outbound.h"

namespace trapd::forwarders {

/// Settings and context must outlive it. Results are views into `room`, at its end; empty when it
/// is too small (kMessageOctetsMax is the most that can ever be sent).
class NotificationWriter {
 public:
  NotificationWriter(const SnmpSettings& settings, const RenderContext& context);

  /// Is there anything to send in this destination's format?
  bool takes(const alarm::RecordView& record) const;
  /// The (Scoped)PDU of one record.
  ByteView write_record(const Item& item, std::int32_t request_id, MutableBytes room);
  /// The (Scoped)PDU of a heartbeat.
  ByteView write_heartbeat(std::uint64_t last_sequence, std::int32_t request_id,
                           MutableBytes room) const;

  /// The (Scoped)PDU of trapdListRebuilt.
  ByteView write_list_rebuilt(std::int32_t request_id, MutableBytes room) const;

  /// SNMPv2c.
  ByteView wrap_v2c(ByteView pdu, MutableBytes room) const;
  /// A trap: our engine is authoritative. Only with RenderContext::own_engine.
  ByteView wrap_v3_trap(ByteView scoped_pdu, std::int32_t msg_id, MutableBytes room);
  /// An inform: the peer's engine is.
  ByteView wrap_v3_inform(ByteView scoped_pdu, std::int32_t msg_id, const PeerEngine& peer,
                          std::int64_t now_s, MutableBytes room);
  /// Discovery (RFC 3414 4): a Get without engine, user and varbinds.
  ByteView write_discovery(std::int32_t msg_id, MutableBytes room);

 private:
  ByteView finish_pdu(ber::Writer& writer, std::int32_t request_id, ByteView context_engine_id,
                      ByteView context_name) const;
  std::uint32_t sys_up_time() const;

  const SnmpSettings& settings_;
  const RenderContext& context_;
  Subscription<mib::MibIndex> mib_;
  const std::int64_t started_ns_;
  usm::MessageBuilder builder_;
  usm::CachedKeys own_keys_;  // the user's, localised to our engine
};

}  // namespace trapd::forwarders
