// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/table.h"

#include <doctest/doctest.h>

namespace trapd::ctl {
namespace {

TEST_CASE("nothing that a terminal would obey gets through") {
  CHECK(safe_text("plain") == "plain");
  CHECK(safe_text("\x1b[2Jboo") == "\\x1b[2Jboo");
  CHECK(safe_text("a\nb\tc\r") == "a\\x0ab\\x09c\\x0d");
  CHECK(safe_text(std::string_view("\0", 1)) == "\\x00");
  CHECK(safe_text("\x7f") == "\\x7f");
  CHECK(safe_text("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");  // CSI as one C1 character
  CHECK(safe_text("\xff\xc3") == "\\xff\\xc3");
  CHECK(safe_text("\xe2\x80\xaetxt") == "\\xe2\\x80\\xaetxt");  // right-to-left override
  CHECK(safe_text("\xe2\x81\xa6") == "\\xe2\\x81\\xa6");
  CHECK(safe_text("Gr\xc3\xbc\xc3\x9f"
                  "e \xe2\x82\xac \xf0\x9f\x9a\xa8") ==
        "Gr\xc3\xbc\xc3\x9f"
        "e \xe2\x82\xac \xf0\x9f\x9a\xa8");
}

TEST_CASE("columns are aligned by characters, numbers to the right") {
  Table table({"ID", "NAME", "TEXT"});
  table.add({"7",
             "Gr\xc3\xbc\xc3\x9f"
             "e",
             "a"});
  table.add({"123", "x", ""});
  CHECK(table.text() ==
        " ID  NAME   TEXT\n"
        "  7  Gr\xc3\xbc\xc3\x9f"
        "e  a\n"
        "123  x\n");
}

TEST_CASE("cells are safe and never too few") {
  Table table({"A", "B"});
  table.add({"\x1b"});
  CHECK(table.text() == "A     B\n\\x1b\n");
  CHECK(!table.empty());
}

TEST_CASE("values become cells") {
  CHECK(cell_text(nullptr).empty());
  CHECK(cell_text("a\n") == "a\\x0a");
  CHECK(cell_text(5) == "5");
  CHECK(cell_text(true) == "true");
  CHECK(cell_text(nlohmann::json::array({"a", 1})) == "a, 1");
}

}  // namespace
}  // namespace trapd::ctl
