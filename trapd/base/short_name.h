// SPDX-License-Identifier: Apache-2.0
// A name that is set once and mostly short: up to kInPlace octets stand in it, which takes two
// octets more; a longer one stands elsewhere. For rows of which there are a hundred thousand.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace trapd {

template <std::size_t kInPlace>
class ShortName {
  static_assert(kInPlace >= sizeof(char*));

 public:
  static constexpr std::size_t kOctetsMax = 0xffff;

  ShortName() = default;
  ~ShortName() { clear(); }
  ShortName(const ShortName&) = delete;
  ShortName& operator=(const ShortName&) = delete;

  void assign(std::string_view name) {
    if (name.size() > kOctetsMax) std::abort();  // no name of ours: records cut theirs at 1,024
    clear();
    char* place = octets_.data();
    if (name.size() > kInPlace) {
      place = std::make_unique_for_overwrite<char[]>(name.size()).release();
      std::memcpy(octets_.data(), &place, sizeof place);
    }
    std::copy(name.begin(), name.end(), place);
    size_ = static_cast<std::uint16_t>(name.size());
  }
  void clear() {
    if (size_ > kInPlace) const std::unique_ptr<char[]> given_up(elsewhere());
    size_ = 0;
  }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {size_ > kInPlace ? elsewhere() : octets_.data(), size_}; }

 private:
  char* elsewhere() const {  // two octets of alignment would cost six in a row
    char* place = nullptr;
    std::memcpy(&place, octets_.data(), sizeof place);
    return place;
  }

  std::array<char, kInPlace> octets_{};
  std::uint16_t size_ = 0;
};

}  // namespace trapd
