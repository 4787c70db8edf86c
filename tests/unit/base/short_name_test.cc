// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/short_name.h"

#include <doctest/doctest.h>

#include <string>

#include "trapd/base/chunks.h"

using namespace trapd;

TEST_CASE("short name: what fits stands in place, what does not stands elsewhere") {
  using Name = ShortName<10>;
  static_assert(sizeof(Name) == 12);
  Name name;
  CHECK(name.empty());
  for (const std::size_t size : {1U, 9U, 10U, 11U, 32U, 5000U, 10U, 65535U, 1U}) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    name.assign(text);
    CHECK(name.view() == text);
    const auto* const self = reinterpret_cast<const char*>(&name);
    const bool in_place = name.view().data() >= self && name.view().data() < self + sizeof name;
    CHECK(in_place == (size <= 10));
  }
  name.clear();
  CHECK(name.empty());
  CHECK(name.view().empty());
}

TEST_CASE("chunks: a row keeps its place while others are added") {
  Chunks<int, 4> rows;
  int* const first = &rows.add();
  *first = 7;
  for (int i = 1; i < 1000; ++i) rows.add() = i;
  CHECK(rows.size() == 1000);
  CHECK(&rows[0] == first);
  CHECK(rows[0] == 7);
  for (std::size_t i = 1; i < 1000; ++i) REQUIRE(rows[i] == static_cast<int>(i));
}
