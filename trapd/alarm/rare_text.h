// SPDX-License-Identifier: Apache-2.0
// A text that most alarms do not have: 8 octets while it is empty, where std::string takes 32.
// A value; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace trapd::alarm {

class RareText {
 public:
  RareText() = default;
  ~RareText() = default;
  RareText(const RareText& other) { assign(other); }
  RareText(RareText&&) noexcept = default;
  RareText& operator=(const RareText& other) {
    assign(other);
    return *this;
  }
  RareText& operator=(RareText&&) noexcept = default;

  /// Lasts until the next change.
  operator std::string_view() const { return text_ ? *text_ : std::string_view(); }
  friend bool operator==(const RareText& a, std::string_view b) { return std::string_view(a) == b; }
  friend bool operator==(const RareText& a, const RareText& b) { return a == std::string_view(b); }
  bool empty() const { return !text_; }
  void clear() { text_.reset(); }
  void assign(std::string_view text) {
    text_ = text.empty() ? nullptr : std::make_unique<std::string>(text);
  }

 private:
  std::unique_ptr<std::string> text_;
};

}  // namespace trapd::alarm
