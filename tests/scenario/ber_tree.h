// SPDX-License-Identifier: Apache-2.0
// BER elements with names, so that a scenario can write one of them as it should not be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::scenario {

using Bytes = std::vector<std::uint8_t>;

class BerTree {
 public:
  static BerTree leaf(std::string name, std::uint8_t tag, ByteView content);
  static BerTree of(std::string name, std::uint8_t tag, std::vector<BerTree> parts);
  /// The elements of a list, as they stand: `names` for the first, PREFIX.N (from 1) for all when
  /// there are no names.
  static std::vector<BerTree> parts_of(ByteView content, const std::vector<std::string>& names,
                                       const std::string& prefix = "");

  const std::string& name() const { return name_; }
  ByteView content() const { return content_; }
  /// Itself or a part of it, at any depth; nullptr when there is none.
  BerTree* find(const std::string& name);
  Bytes octets() const;
  /// Where the content of a part lies in octets(); nullopt when it is not written.
  std::optional<std::size_t> content_offset(const std::string& name) const;

  // --- what is wrong with it ---
  void replace(Bytes whole) { instead_ = std::move(whole); }  // header included; may be empty
  void add_spare(Bytes spare) { spare_ = std::move(spare); }  // behind the content, inside it
  /// The length takes so many octets behind its first one, however short it could be.
  void set_length_octets(std::size_t octets) { length_octets_ = octets; }
  void set_content(Bytes content) { content_ = std::move(content); }

 private:
  Bytes body() const;
  Bytes header(std::size_t body_octets) const;

  std::string name_;
  std::uint8_t tag_ = 0;
  Bytes content_;  // of one without parts
  std::vector<BerTree> parts_;
  std::optional<Bytes> instead_;
  Bytes spare_;
  std::size_t length_octets_ = 0;
};

}  // namespace trapd::scenario
