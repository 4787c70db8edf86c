// SPDX-License-Identifier: Apache-2.0
// What a decoder made of a packet, in a form in which two decoders can be compared: a list of
// fields, each as octets. It also crosses a socket (the other decoder runs in a process of its
// own).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::differential {

using Bytes = std::vector<std::uint8_t>;

// X(enumerator, name in the report of a disagreement)
#define TRAPD_FIELDS(X)                    \
  X(kVersion, "version")                   \
  X(kCommunity, "community")               \
  X(kMessageId, "msgID")                   \
  X(kLevel, "security level")              \
  X(kEngineId, "msgAuthoritativeEngineID") \
  X(kUser, "msgUserName")                  \
  X(kClockBoots, "engine's clock: boots")  \
  X(kClockTime, "engine's clock: time")    \
  X(kContextEngineId, "contextEngineID")   \
  X(kContextName, "contextName")           \
  X(kPduType, "PDU type")                  \
  X(kRequestId, "request-id")              \
  X(kErrorStatus, "error-status")          \
  X(kErrorIndex, "error-index")            \
  X(kEnterprise, "enterprise")             \
  X(kAgentAddress, "agent-addr")           \
  X(kGenericTrap, "generic-trap")          \
  X(kSpecificTrap, "specific-trap")        \
  X(kTimeStamp, "time-stamp")              \
  X(kTrapOid, "trap OID")                  \
  X(kVarbindName, "varbind's name")        \
  X(kVarbindType, "varbind's type")        \
  X(kVarbindValue, "varbind's value")

enum class Field : std::uint8_t {
#define X(name, text) name,
  TRAPD_FIELDS(X)
#undef X
      kCount
};
const char* name(Field field);

/// Numbers are eight octets, sub-identifiers eight each, everything else as it stands.
struct Item {
  Field field = Field::kVersion;
  std::uint16_t varbind = 0;  // which one, from 0
  Bytes octets;
  friend bool operator==(const Item&, const Item&) = default;
};

struct Decoded {
  bool accepted = false;
  std::int32_t status = 0;     // the decoder's own number for what it said
  std::string words;           // what it said
  std::uint32_t own_time = 0;  // of the receiver's engine, when it decoded
  std::vector<Item> items;     // accepted only

  void add(Field field, ByteView octets, std::size_t varbind = 0);
  void add_number(Field field, std::uint64_t number, std::size_t varbind = 0);
  template <typename Arcs>
  void add_oid(Field field, const Arcs& arcs, std::size_t varbind = 0) {
    Bytes octets;
    for (const auto arc : arcs) append_arc(static_cast<std::uint64_t>(arc), &octets);
    add(field, octets, varbind);
  }
  const Item* find(Field field) const;
  /// A line per field.
  std::string text() const;

  Bytes packed() const;
  static Decoded unpack(ByteView octets);

 private:
  // Eight octets: Net-SNMP's sub-identifiers may be beyond 2^32-1.
  static void append_arc(std::uint64_t arc, Bytes* octets);
};

void append_u32(std::uint32_t value, Bytes* to);
void append_sized(ByteView octets, Bytes* to);
/// Takes them off the front; what is missing ends the program: both ends are ours.
std::uint32_t take_u32(ByteView* from);
ByteView take_sized(ByteView* from);

}  // namespace trapd::differential
