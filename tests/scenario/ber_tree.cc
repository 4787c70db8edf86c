// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/ber_tree.h"

#include "tests/scenario/failure.h"
#include "trapd/ber/reader.h"

namespace trapd::scenario {
namespace {

constexpr std::size_t kShortFormMax = 0x7f;

void append(Bytes* to, const Bytes& more) { to->insert(to->end(), more.begin(), more.end()); }

}  // namespace

BerTree BerTree::leaf(std::string name, std::uint8_t tag, ByteView content) {
  BerTree tree;
  tree.name_ = std::move(name);
  tree.tag_ = tag;
  tree.content_.assign(content.begin(), content.end());
  return tree;
}

BerTree BerTree::of(std::string name, std::uint8_t tag, std::vector<BerTree> parts) {
  BerTree tree = leaf(std::move(name), tag, {});
  tree.parts_ = std::move(parts);
  return tree;
}

std::vector<BerTree> BerTree::parts_of(ByteView content, const std::vector<std::string>& names,
                                       const std::string& prefix) {
  std::vector<BerTree> parts;
  ber::Reader reader(content);
  while (reader.ok() && !reader.at_end()) {
    const std::size_t index = parts.size();
    const ber::Value value = reader.any();
    const std::string numbered = prefix + "." + std::to_string(index + 1);
    parts.push_back(leaf(index < names.size() ? names[index] : numbered, value.tag, value.content));
  }
  if (!reader.ok()) throw Mistake("what was made cannot be taken apart");
  return parts;
}

BerTree* BerTree::find(const std::string& name) {
  if (name == name_) return this;
  for (BerTree& part : parts_) {
    if (BerTree* found = part.find(name)) return found;
  }
  return nullptr;
}

Bytes BerTree::body() const {
  Bytes all = content_;
  for (const BerTree& part : parts_) append(&all, part.octets());
  append(&all, spare_);
  return all;
}

Bytes BerTree::header(std::size_t body_octets) const {
  std::size_t octets = length_octets_;
  if (octets == 0 && body_octets > kShortFormMax) {
    for (std::size_t left = body_octets; left > 0; left >>= 8) ++octets;
  }
  Bytes made{tag_};
  if (octets == 0) {
    made.push_back(static_cast<std::uint8_t>(body_octets));
    return made;
  }
  made.push_back(static_cast<std::uint8_t>(0x80 | octets));
  for (std::size_t i = octets; i-- > 0;) {
    made.push_back(i < sizeof body_octets ? static_cast<std::uint8_t>(body_octets >> (8 * i)) : 0);
  }
  return made;
}

Bytes BerTree::octets() const {
  if (instead_) return *instead_;
  const Bytes content = body();
  Bytes all = header(content.size());
  append(&all, content);
  return all;
}

std::optional<std::size_t> BerTree::content_offset(const std::string& name) const {
  if (instead_) return std::nullopt;
  const std::size_t before = header(body().size()).size();
  if (name == name_) return before;
  std::size_t at = before + content_.size();
  for (const BerTree& part : parts_) {
    if (const auto inside = part.content_offset(name)) return at + *inside;
    at += part.octets().size();
  }
  return std::nullopt;
}

}  // namespace trapd::scenario
