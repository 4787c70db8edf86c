// SPDX-License-Identifier: Apache-2.0
// A small language for notifications: Trap("1.3.6…").number(oid, 3).text(oid, "x").
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/ber/tag.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/notification.h"

namespace trapd::alarm {

class Trap {
 public:
  explicit Trap(std::string_view oid) {
    if (!oid.empty()) oid_ = parsed(oid);
  }

  Trap& number(std::string_view name, std::int64_t value, std::uint8_t tag = ber::kInteger) {
    return varbind(name, [&](ber::Writer& writer) { writer.integer(value, tag); });
  }
  Trap& text(std::string_view name, std::string_view value, std::uint8_t tag = ber::kOctetString) {
    return varbind(name, [&](ber::Writer& writer) { writer.element(tag, as_bytes(value)); });
  }
  Trap& oid(std::string_view name, std::string_view value) {
    const snmp::Oid parsed_value = parsed(value);
    return varbind(name, [&](ber::Writer& writer) { writer.oid(parsed_value.view().content()); });
  }

  /// Borrows from this.
  snmp::Notification notification() const& {
    snmp::Notification notification;
    notification.trap_oid = oid_.view();
    notification.varbinds = varbinds_;
    notification.varbind_count = count_;
    return notification;
  }
  const std::vector<std::uint8_t>& varbinds() const& { return varbinds_; }

 private:
  static snmp::Oid parsed(std::string_view dotted) {
    auto oid = snmp::Oid::parse(dotted);
    REQUIRE(oid.has_value());
    return *oid;
  }
  template <typename Value>
  Trap& varbind(std::string_view name, Value&& value) {
    std::vector<std::uint8_t> buffer(70'000);
    ber::Writer writer(buffer);
    value(writer);
    const snmp::Oid parsed_name = parsed(name);
    writer.oid(parsed_name.view().content());
    writer.wrap(ber::kSequence, 0);
    const ByteView done = writer.done();
    REQUIRE(!done.empty());
    varbinds_.insert(varbinds_.end(), done.begin(), done.end());
    ++count_;
    return *this;
  }

  snmp::Oid oid_;
  std::vector<std::uint8_t> varbinds_;
  std::uint32_t count_ = 0;
};

}  // namespace trapd::alarm
