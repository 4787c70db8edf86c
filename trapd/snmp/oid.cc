// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/oid.h"

#include <array>
#include <charconv>

#include "trapd/snmp/sub_identifier.h"

namespace trapd::snmp {

std::vector<std::uint32_t> decode_arcs(ByteView sub_identifiers) {
  std::vector<std::uint32_t> arcs;
  std::uint32_t arc = 0;
  while (next_sub_identifier(&sub_identifiers, &arc)) arcs.push_back(arc);
  return arcs;
}

namespace {

/// An arc, and the dot before it.
void append_dotted(std::uint32_t arc, std::string* text) {
  std::array<char, 10> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), arc).ptr;
  if (!text->empty()) text->push_back('.');
  text->append(digits.data(), end);
}
void append_dotted(ByteView sub_identifiers, std::string* text) {
  std::uint32_t arc = 0;
  while (next_sub_identifier(&sub_identifiers, &arc)) append_dotted(arc, text);
}

void append_arc(std::uint32_t arc, std::vector<std::uint8_t>* content) {
  std::uint8_t octets[kSubIdentifierOctetsMax];
  const std::size_t size = encode_sub_identifier(arc, octets);
  content->insert(content->end(), octets, octets + size);
}

}  // namespace

std::string arcs_text(ByteView sub_identifiers) {
  std::string text;
  append_dotted(sub_identifiers, &text);
  return text;
}

std::vector<std::uint32_t> OidView::arcs() const {
  std::vector<std::uint32_t> arcs = decode_arcs(content_);
  if (arcs.empty()) return arcs;
  const RootArcs root = split_root(arcs[0]);
  arcs[0] = root.second;
  arcs.insert(arcs.begin(), root.first);
  return arcs;
}

std::string OidView::text() const {
  std::string text;
  ByteView rest = content_;
  std::uint32_t first = 0;
  if (!next_sub_identifier(&rest, &first)) return text;
  const RootArcs root = split_root(first);
  text.reserve(3 * content_.size());  // most arcs have one octet and two digits
  append_dotted(root.first, &text);
  append_dotted(root.second, &text);
  append_dotted(rest, &text);
  return text;
}

std::optional<Oid> Oid::from_arcs(const std::vector<std::uint32_t>& arcs) {
  if (arcs.size() < 2 || arcs.size() > kOidArcsMax) return std::nullopt;
  if (arcs[0] > 2 || (arcs[0] < 2 && arcs[1] > 39)) return std::nullopt;
  const std::uint64_t root = std::uint64_t{40} * arcs[0] + arcs[1];
  if (root > 0xffffffff) return std::nullopt;  // the bound of ber::valid_oid
  Oid oid;
  append_arc(static_cast<std::uint32_t>(root), &oid.content_);
  for (std::size_t i = 2; i < arcs.size(); ++i) append_arc(arcs[i], &oid.content_);
  return oid;
}

std::optional<Oid> Oid::parse(std::string_view dotted_text) {
  if (dotted_text.starts_with('.')) dotted_text.remove_prefix(1);
  std::vector<std::uint32_t> arcs;
  const char* at = dotted_text.data();
  const char* const end = at + dotted_text.size();
  for (;;) {
    std::uint32_t arc = 0;
    const auto [after, error] = std::from_chars(at, end, arc);
    if (error != std::errc() || arcs.size() == kOidArcsMax) return std::nullopt;
    arcs.push_back(arc);
    if (after == end) return from_arcs(arcs);
    if (*after != '.') return std::nullopt;
    at = after + 1;
  }
}

Oid Oid::child(std::uint32_t arc) const {
  if (empty() || count_sub_identifiers(content_) + 1 >= kOidArcsMax) return Oid();
  Oid oid(*this);
  append_arc(arc, &oid.content_);
  return oid;
}

}  // namespace trapd::snmp
