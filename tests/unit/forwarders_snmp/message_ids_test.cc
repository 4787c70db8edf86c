// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/message_ids.h"

#include <doctest/doctest.h>

#include <set>

namespace trapd::forwarders {

TEST_CASE("NBS-01 message ids go up by one and never leave 1..2147483647") {
  MessageIds ids(0x7ffffffe);
  CHECK(ids.next() == 0x7ffffffe);
  CHECK(ids.next() == 0x7fffffff);
  CHECK(ids.next() == 1);
  CHECK(ids.next() == 2);
}

TEST_CASE("NBS-01 the highest bit of a random start is not sent") {
  MessageIds ids(0x80000005);
  CHECK(ids.next() == 5);
}

TEST_CASE("NBS-01 two starts of the process do not begin at a constant") {
  std::set<std::int32_t> starts;
  for (int i = 0; i < 16; ++i) starts.insert(MessageIds().next());
  CHECK(starts.size() == 16);
}

}  // namespace trapd::forwarders
