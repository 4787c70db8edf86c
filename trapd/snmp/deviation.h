// SPDX-License-Identifier: Apache-2.0
// What devices in the field do that the standards forbid or leave open, and that may be let pass:
// by default or for some sources (configuration `security.tolerate`). Each time it is let pass it
// counts under its label.
#pragma once

#include <cstdint>

#include "trapd/ber/reader.h"

namespace trapd::snmp {

// X(enumerator, label of configuration and metric, what is let pass)
#define TRAPD_DEVIATIONS(X)                                                                   \
  X(kPaddedNumbers, "padded_numbers", "numbers in more octets than they need (X.690 8.3.2)")  \
  X(kUnsignedWithoutZero, "unsigned_without_zero",                                            \
    "unsigned numbers without the zero octet that keeps them from being negative")            \
  X(kEmptyNumbers, "empty_numbers", "values that are numbers of no octets: read as 0")        \
  X(kEmptyOids, "empty_oids", "values that are OBJECT IDENTIFIERs of no octets: read as 0.0") \
  X(kOldTypes, "old_types", "values of types of old, such as NsapAddress: kept as octets")    \
  X(kTrailingOctets, "trailing_octets",                                                       \
    "octets behind the message: no part of it, nor of what is signed")                        \
  X(kPrivacyPadding, "privacy_padding",                                                       \
    "octets behind the ScopedPDU that was encrypted with AES, which needs no padding")        \
  X(kForeignRequests, "foreign_requests",                                                     \
    "requests under another engine than ours: told ours, where RFC 3412 7.2 (13) ignores them")

enum class Deviation : std::uint8_t {
#define X(name, label, text) name,
  TRAPD_DEVIATIONS(X)
#undef X
      kCount
};
const char* label(Deviation deviation);
const char* text(Deviation deviation);

/// A set of them.
class Deviations {
 public:
  constexpr Deviations() = default;
  template <typename... More>
  constexpr explicit Deviations(Deviation first, More... more)
      : bits_(static_cast<std::uint8_t>((bit(first) | ... | bit(more)))) {}
  /// Of the first three, as the reader of numbers tells them.
  static constexpr Deviations of_numbers(std::uint8_t forms) {
    Deviations these;
    these.bits_ = forms;
    return these;
  }
  constexpr std::uint8_t number_forms() const { return bits_ & ber::kAnyNumberForm; }
  /// Forms of numbers that are none of these.
  constexpr std::uint8_t refused_number_forms() const {
    return static_cast<std::uint8_t>(ber::kAnyNumberForm & ~bits_);
  }

  constexpr bool none() const { return bits_ == 0; }
  constexpr bool has(Deviation deviation) const { return (bits_ & bit(deviation)) != 0; }
  constexpr bool within(Deviations others) const { return (bits_ & ~others.bits_) == 0; }
  constexpr void add(Deviations others) { bits_ = static_cast<std::uint8_t>(bits_ | others.bits_); }
  friend constexpr bool operator==(Deviations, Deviations) = default;

 private:
  static constexpr unsigned bit(Deviation deviation) {
    return 1U << static_cast<unsigned>(deviation);
  }
  std::uint8_t bits_ = 0;
};
static_assert(static_cast<unsigned>(Deviation::kCount) <= 8);
static_assert(Deviations(Deviation::kPaddedNumbers).number_forms() == ber::kPaddedNumber);
static_assert(Deviations(Deviation::kUnsignedWithoutZero).number_forms() ==
              ber::kUnsignedWithoutZero);
static_assert(Deviations(Deviation::kEmptyNumbers).number_forms() == ber::kEmptyNumber);

/// What is let pass where nothing else is said.
inline constexpr Deviations kUsualTolerance{
    Deviation::kPaddedNumbers, Deviation::kUnsignedWithoutZero, Deviation::kPrivacyPadding,
    Deviation::kForeignRequests};
/// Of answers to our own requests, whose digest or community and request-id are compared, and of
/// requests to the agent: `security: tolerate` is about notifications.
inline constexpr Deviations kToleranceOfPeers{
    Deviation::kPaddedNumbers, Deviation::kUnsignedWithoutZero, Deviation::kPrivacyPadding,
    Deviation::kForeignRequests, Deviation::kTrailingOctets};

}  // namespace trapd::snmp
