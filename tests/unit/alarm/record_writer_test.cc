// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/record_writer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trapd;
using namespace trapd::alarm;

TEST_CASE("a record written field by field is the one that is encoded as a whole") {
  RecordFields fields;
  fields.header.sequence = 7;
  fields.extension.timeout_s = 90;
  const std::string longer(kFieldOctetsMax + 1, 'x');
  fields.set(Field::kDevice, "80001f88");
  fields.set(Field::kText, longer);
  fields[Field::kVarbinds] = as_bytes("octets");
  std::vector<std::uint64_t> whole(encoded_size(fields) / sizeof(std::uint64_t));
  const MutableBytes encoded(reinterpret_cast<std::uint8_t*>(whole.data()), encoded_size(fields));
  REQUIRE(encode(fields, encoded) == encoded.size());

  std::vector<std::uint64_t> room(kRecordOctetsMax / sizeof(std::uint64_t), ~std::uint64_t{0});
  auto* const at = reinterpret_cast<std::uint8_t*>(room.data());
  RecordWriter writer(at);
  writer.add(Field::kDevice, "80001f88");
  writer.add(Field::kSite, std::string_view());
  writer.add(Field::kText, longer);
  RecordHeader header = fields.header;
  const std::size_t size = writer.finish(fields.extension, as_bytes("octets"), &header);
  CHECK(header.size == size);
  CHECK(equal({at, size}, encoded));
  const RecordView view(ByteView(at, size));
  REQUIRE(view.valid());
  CHECK(view.field(Field::kText).size() == kFieldOctetsMax);
  CHECK(view.text(Field::kVarbinds) == "octets");
}
