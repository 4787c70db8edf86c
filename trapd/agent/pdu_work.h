// SPDX-License-Identifier: Apache-2.0
// Get, GetNext, GetBulk and Set (RFC 3416 4.2.1 to 4.2.3 and 4.2.5), from a decoded PDU to what
// its Response says. Pure but for what the readings read and a Set starts.
#pragma once

#include <cstdint>
#include <vector>

#include "trapd/agent/object_tree.h"
#include "trapd/agent/objects.h"
#include "trapd/agent/readings.h"
#include "trapd/agent/resync_control.h"
#include "trapd/snmp/pdu.h"

namespace trapd::agent {

/// RFC 3416 3, error-status.
enum class ErrorStatus : std::int32_t {
  kNoError = 0,
  kTooBig = 1,
  kGenErr = 5,
  kNoAccess = 6,
  kWrongType = 7,
  kWrongLength = 8,
  kWrongValue = 10,
  kNoCreation = 11,
  kInconsistentValue = 12,
  kResourceUnavailable = 13,
  kCommitFailed = 14,
  kAuthorizationError = 16,
  kNotWritable = 17,
};

/// What a GetBulk may ask for at most, whatever it says.
inline constexpr std::uint32_t kRepetitionsMax = 1000;

struct Answer {
  ErrorStatus status = ErrorStatus::kNoError;
  std::int32_t index = 0;
  /// Content of the list; with an error other than tooBig the request's own list stands instead.
  std::vector<std::uint8_t> varbinds;
};

/// list_octets_max: for the content of the list. One thread.
class PduWork {
 public:
  PduWork(const ObjectTree& objects, const Readings& readings, const WritableObjects& writable,
          ResyncControl& resync)
      : objects_(objects), readings_(readings), writable_(writable), resync_(resync) {}

  Answer get(const snmp::Pdu& pdu, std::size_t list_octets_max) const;
  Answer get_next(const snmp::Pdu& pdu, std::size_t list_octets_max) const;
  Answer get_bulk(const snmp::Pdu& pdu, std::size_t list_octets_max) const;
  /// Everything is checked before anything is done; what is done is at most one start and one stop
  /// of different targets, the start first, so that an error leaves nothing behind.
  Answer set(const snmp::Pdu& pdu, std::size_t list_octets_max, const Asker& asker) const;

 private:
  struct Wishes;
  ErrorStatus check_set(const snmp::Varbind& varbind, Wishes* wishes) const;
  ErrorStatus check_other(const Arcs& name) const;

  const ObjectTree& objects_;
  const Readings& readings_;
  const WritableObjects& writable_;
  ResyncControl& resync_;
};

}  // namespace trapd::agent
