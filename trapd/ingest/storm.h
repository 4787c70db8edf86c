// SPDX-License-Identifier: Apache-2.0
// The rate of authenticated notifications of one device (`rate.per_engine`): beyond it they are
// suppressed{storm}, counted. Devices stand in a fixed table by hash; two that share all their
// places share a bucket only when the table is full of devices that sent within the last second.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace trapd::ingest {

class StormGuard {
 public:
  static constexpr std::size_t kDevices = 65536;

  StormGuard();
  /// 0 = off.
  void set_rate(std::uint32_t per_second) { rate_ = per_second; }
  enum class Verdict : std::uint8_t {
    kWithin,
    kFirstBeyond,  // of this second
    kBeyond,
  };
  Verdict take(std::string_view device, std::int64_t now_ns);

 private:
  struct Bucket {
    std::uint64_t device = 0;
    std::int64_t second = 0;  // the window
    std::uint32_t count = 0;
    bool told = false;  // beyond, in this window
  };
  std::uint32_t rate_ = 0;
  std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace trapd::ingest
