// SPDX-License-Identifier: Apache-2.0
#include "mib/display_hint.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "mib/escape.h"

namespace trapd::mib {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string in_base(std::uint64_t value, int base) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  return {static_cast<const char*>(digits), static_cast<const char*>(end)};
}

// 1234 with "d-2" is 12.34.
std::string with_point(std::uint64_t magnitude, std::size_t decimals) {
  std::string digits = std::to_string(magnitude);
  if (decimals == 0) return digits;
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return digits.insert(digits.size() - decimals, ".");
}

constexpr std::size_t kDecimalsMax = 20;

/// One octet-format specification.
struct Spec {
  bool repeat = false;     // the first octet says how often
  std::size_t length = 0;  // octets; 0 only puts the separator
  char format = 'x';
  char separator = '\0';
  char terminator = '\0';  // after the last repetition
};

constexpr std::size_t kSpecsMax = 64;
constexpr std::size_t kSpecOctetsMax = 65535;

std::optional<Spec> take_spec(std::string_view* hint) {
  Spec spec;
  const auto peek = [&] { return hint->empty() ? '\0' : hint->front(); };
  const auto is_separator = [&] { return !hint->empty() && !is_digit(peek()) && peek() != '*'; };
  if (peek() == '*') {
    spec.repeat = true;
    hint->remove_prefix(1);
  }
  if (!is_digit(peek())) return std::nullopt;
  while (is_digit(peek())) {
    spec.length = spec.length * 10 + static_cast<std::size_t>(peek() - '0');
    if (spec.length > kSpecOctetsMax) return std::nullopt;
    hint->remove_prefix(1);
  }
  spec.format = peek();
  if (std::string_view("xdoat").find(spec.format) == std::string_view::npos) return std::nullopt;
  hint->remove_prefix(1);
  if (!is_separator()) return spec;
  spec.separator = peek();
  hint->remove_prefix(1);
  if (!spec.repeat || !is_separator()) return spec;
  spec.terminator = peek();
  hint->remove_prefix(1);
  return spec;
}

std::optional<std::vector<Spec>> parse(std::string_view hint) {
  std::vector<Spec> specs;
  while (!hint.empty()) {
    auto spec = take_spec(&hint);
    if (!spec || specs.size() == kSpecsMax) return std::nullopt;
    specs.push_back(*spec);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

bool is_text(const Spec& spec) { return spec.format == 'a' || spec.format == 't'; }

// A field of UTF-8 is cut between characters, so that the rest still is UTF-8.
std::size_t text_cut(ByteView octets, std::size_t length) {
  if (octets.size() <= length) return octets.size();
  std::size_t cut = length;
  while (cut > 0 && length - cut < 3 && (octets[cut] & 0xc0) == 0x80) --cut;
  return cut == 0 ? length : cut;
}

class OctetsFormat {
 public:
  OctetsFormat(const std::vector<Spec>& specs, ByteView octets, std::size_t text_max)
      : specs_(specs), rest_(octets), text_max_(text_max) {}

  std::optional<std::string> run() {
    for (std::size_t i = 0; !rest_.empty() && text_.size() < text_max_; ++i) {
      const std::size_t before = rest_.size();
      if (!apply(specs_[std::min(i, specs_.size() - 1)])) return std::nullopt;
      // A last specification of no length would go on for ever.
      if (i >= specs_.size() && rest_.size() == before) break;
    }
    return std::move(text_);
  }

 private:
  bool apply(const Spec& spec) {
    std::size_t times = 1;
    if (spec.repeat) {
      times = rest_[0];
      rest_ = rest_.subspan(1);
    }
    for (std::size_t i = 0; i < times; ++i) {
      if (spec.length > 0 && rest_.empty()) break;
      if (!field(spec)) return false;
      pending_ = spec.separator;
    }
    if (spec.terminator != '\0') pending_ = spec.terminator;
    return true;
  }

  bool field(const Spec& spec) {
    // A separator is written only when something follows (RFC 2579 3.1).
    if (pending_ != '\0') text_ += pending_;
    pending_ = '\0';
    const std::size_t size =
        spec.format == 't' ? text_cut(rest_, spec.length) : std::min(spec.length, rest_.size());
    const ByteView octets = rest_.first(size);
    rest_ = rest_.subspan(size);
    if (octets.empty()) return true;
    if (is_text(spec)) {
      text_ += escape_text(as_text(octets));
      return true;
    }
    if (spec.format == 'x') {
      text_ += to_hex(octets);
      return true;
    }
    if (octets.size() > sizeof(std::uint64_t)) return false;
    std::uint64_t number = 0;
    for (const std::uint8_t octet : octets) number = number << 8 | octet;
    text_ += in_base(number, spec.format == 'o' ? 8 : 10);
    return true;
  }

  const std::vector<Spec>& specs_;
  ByteView rest_;
  std::size_t text_max_;
  std::string text_;
  char pending_ = '\0';
};

ByteView without_final_nuls(ByteView octets) {
  std::size_t size = octets.size();
  while (size > 0 && octets[size - 1] == 0) --size;
  return octets.first(size);
}

}  // namespace

std::optional<std::string> format_integer(std::string_view hint, std::int64_t value) {
  if (hint.empty()) return std::nullopt;
  const bool negative = value < 0;
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = negative ? ~bits + 1 : bits;
  const std::string sign = negative ? "-" : "";
  if (hint == "d") return sign + std::to_string(magnitude);
  if (hint == "x") return sign + in_base(magnitude, 16);
  if (hint == "o") return sign + in_base(magnitude, 8);
  if (hint == "b") return sign + in_base(magnitude, 2);
  if (!hint.starts_with("d-")) return std::nullopt;
  std::size_t decimals = 0;
  const char* const end = hint.data() + hint.size();
  const auto [after, error] = std::from_chars(hint.data() + 2, end, decimals);
  if (error != std::errc() || after != end || decimals > kDecimalsMax) return std::nullopt;
  return sign + with_point(magnitude, decimals);
}

std::optional<std::string> format_octets(std::string_view hint, ByteView octets,
                                         std::size_t text_max) {
  const auto specs = parse(hint);
  if (!specs) return std::nullopt;
  if (specs->size() == 1 && is_text(specs->front())) octets = without_final_nuls(octets);
  return OctetsFormat(*specs, octets, text_max).run();
}

}  // namespace trapd::mib
