// SPDX-License-Identifier: Apache-2.0
// Prints conf/reference.md or conf/trapd.yaml from the schema, for whoever changes a setting.
#include <iostream>
#include <string_view>

#include "trapd/config/reference.h"

int main(int count, char** arguments) {
  const std::string_view what = count == 2 ? arguments[1] : "";
  if (what == "reference") {
    std::cout << trapd::config::reference_page();
  } else if (what == "sample") {
    std::cout << trapd::config::sample_file();
  } else {
    std::cerr << "usage: trapd_schema reference | sample\n";
    return 2;
  }
  return 0;
}
