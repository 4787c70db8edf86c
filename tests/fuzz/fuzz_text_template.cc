// SPDX-License-Identifier: Apache-2.0
// Reaches TextTemplate::parse and render with any template over any record.
//
// An input: the template, then a record (made_record.h).
#include <vector>

#include "forwarders/text_template.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/made_record.h"
#include "tests/fuzz/target.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

void check_template(Input& input) {
  static const auto index = mib::MibIndex::empty();
  const std::string_view text = input.text();
  const auto made = forwarders::TextTemplate::parse(text);
  if (!made) return CHECK(!made.error().text.empty());
  const MadeRecord record(input);
  std::string out = "before";
  made->render(record.view(), *index, &out);
  CHECK(out.starts_with("before"));
  if (is_clean_text(text)) CHECK(is_clean_text(out));
  const std::string once = out;
  made->render(record.view(), *index, &out);
  CHECK(out == once + once.substr(6));  // it appends, and keeps nothing
}

}  // namespace

std::vector<Seed> seeds() {
  std::string all;
  for (const auto& field : forwarders::TextTemplate::fields()) {
    all += "{" + std::string(field.name) + "} ";
  }
  std::vector<Seed> seeds;
  for (const std::string& text :
       {all, std::string("{{x}} {name}"), std::string("{nothing}"), std::string("open {name")}) {
    const std::string name = "template" + std::to_string(seeds.size());
    seeds.push_back({name, Output().text(text).raw(sample_record_input()).done()});
    seeds.push_back({name + " hostile", Output().text(text).raw(hostile_record_input()).done()});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  trapd::fuzz::check_template(input);
  return 0;
}
