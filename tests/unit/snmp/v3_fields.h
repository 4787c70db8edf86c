// SPDX-License-Identifier: Apache-2.0
// An SNMPv3 message put together from its fields, so that a test changes one of them.
#pragma once

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"

namespace trapd::test {

struct V3Fields {
  Bytes version = hex("020103");
  Bytes msg_id = hex("02021234");
  Bytes max_size = hex("020300ffe3");
  Bytes flags = hex("040100");
  Bytes model = hex("020103");
  Bytes behind_header;  // spare octets at the end of a structure
  Bytes engine_id = hex("040c000000000000000000000002");
  Bytes boots = hex("020107");
  Bytes time = hex("020203e9");
  Bytes user = hex("0403") + text("noa");
  Bytes authentication = hex("0400");
  Bytes privacy = hex("0400");
  Bytes behind_usm;
  Bytes behind_usm_sequence;
  Bytes data = hex(kLinkDownScopedPdu);
  Bytes behind_data;
  Bytes behind_message;

  Bytes header() const { return tlv(0x30, msg_id + max_size + flags + model + behind_header); }
  Bytes usm() const {
    return tlv(0x30, engine_id + boots + time + user + authentication + privacy + behind_usm);
  }
  Bytes build() const {
    return tlv(0x30,
               version + header() + tlv(0x04, usm() + behind_usm_sequence) + data + behind_data) +
           behind_message;
  }
};

}  // namespace trapd::test
