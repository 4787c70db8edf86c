// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/own_engine.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "trapd/base/check.h"
#include "trapd/usm/engine_clock.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kEngineIdOctetsMin = 5;
constexpr std::size_t kFormatOctet = 4;
constexpr std::uint8_t kFirstEnterpriseFormat = 128;

/// RFC 3411 5, SnmpEngineID: formats with a fixed length have it in whole.
bool legal_format(ByteView engine_id) {
  const std::uint8_t format = engine_id[kFormatOctet];
  switch (format) {
    case 1:
      return engine_id.size() == kEngineIdOctetsMin + 4;  // IPv4 address
    case 2:
      return engine_id.size() == kEngineIdOctetsMin + 16;  // IPv6 address
    case 3:
      return engine_id.size() == kEngineIdOctetsMin + 6;  // MAC address
    case 4:                                               // text
    case 5:
      return true;  // octets
    default:
      return format >= kFirstEnterpriseFormat;
  }
}

}  // namespace

bool legal_engine_id(ByteView engine_id) {
  if (engine_id.size() < kEngineIdOctetsMin || engine_id.size() > kEngineIdOctetsMax) return false;
  const auto is = [](std::uint8_t value) { return [value](std::uint8_t o) { return o == value; }; };
  return !std::all_of(engine_id.begin(), engine_id.end(), is(0x00)) &&
         !std::all_of(engine_id.begin(), engine_id.end(), is(0xff));
}

bool legal_own_engine_id(ByteView engine_id) {
  return legal_engine_id(engine_id) && (engine_id[0] & 0x80U) != 0 && legal_format(engine_id);
}

std::vector<std::uint8_t> make_engine_id() {
  std::vector<std::uint8_t> engine_id = {0x80, 0x00, 0x1f, 0x88, 0x05};
  std::array<std::uint8_t, 12> random;
  CHECK(::getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  engine_id.insert(engine_id.end(), random.begin(), random.end());
  return engine_id;
}

bool OwnEngine::in_window(std::uint32_t boots, std::uint32_t time_s,
                          std::int64_t monotonic_ns) const {
  if (boots_ >= kBootsMax || boots != boots_) return false;
  const std::int64_t difference = std::int64_t{time_s} - std::int64_t{time(monotonic_ns)};
  return std::abs(difference) <= kTimeWindowSeconds;
}

}  // namespace trapd::usm
