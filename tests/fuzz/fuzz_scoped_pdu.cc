// SPDX-License-Identifier: Apache-2.0
// Reaches decode_scoped_pdu as it sees the octets after a decryption: with padding, or with what a
// wrong key leaves. First octet: is there padding?
#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/pdu_checks.h"
#include "tests/fuzz/target.h"

namespace trapd::fuzz {

using test::operator+;

std::vector<Seed> seeds() {
  const test::Bytes link_down = test::hex(test::kLinkDownScopedPdu);
  const test::Bytes padding(7, 0xab);
  const test::Bytes report =
      test::tlv(0x30, test::hex("0405 8000000001 0403 637478 a80b 020101 020100 020100 3000"));
  const test::Bytes varbinds =
      test::hex("3007 06022b01 020180 3006 06022b01 8000 300d 06022b01 4607 01000000000000") +
      test::hex("300d 06022b01 4407 9f780441200000 300a 06022b01 4004 c0000201") +
      test::hex("3009 06022b01 0603 2b0601 3006 06022b01 0500 300b 06022b01 0405 ff0a410000");
  const test::Bytes values = test::tlv(
      0x30, test::hex("0400 0400") +
                test::tlv(0xa6, test::hex("020101 020100 020100") + test::tlv(0x30, varbinds)));
  return {{"plain", Output().u8(0).raw(link_down).done()},
          {"padded", Output().u8(1).raw(link_down).raw(padding).done()},
          {"report", Output().u8(0).raw(report).done()},
          {"values", Output().u8(0).raw(values).done()}};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  const bool padded = input.flag();
  trapd::fuzz::check_scoped_pdu(input.rest(), padded);
  return 0;
}
