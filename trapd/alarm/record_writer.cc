// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/record_writer.h"

#include <algorithm>

namespace trapd::alarm {
namespace {

constexpr bool is_text(Field field) {
  switch (field) {
    case Field::kContextName:
    case Field::kSecurityName:
    case Field::kDevice:
    case Field::kDeviceName:
    case Field::kSite:
    case Field::kTenant:
    case Field::kRule:
    case Field::kAlarmName:
    case Field::kResource:
    case Field::kText:
    case Field::kOperator:
    case Field::kLabels:
    case Field::kReason:
      return true;
    case Field::kAuthoritativeEngineId:
    case Field::kContextEngineId:
    case Field::kTrapOid:
    case Field::kEnterprise:
    case Field::kAgentAddress:
    case Field::kReserved2:
    case Field::kReserved3:
    case Field::kVarbinds:
    case Field::kCount:
      return false;
  }
  return false;
}

}  // namespace

ByteView cut_longer_field(Field field, ByteView bytes) {
  std::size_t end = kFieldOctetsMax;
  if (is_text(field)) {
    // At most three steps: a character of UTF-8 has at most three continuation octets, and what
    // is not UTF-8 is cut anywhere.
    std::size_t start = end;
    while (start > end - 3 && (bytes[start] & 0xc0) == 0x80) --start;
    if ((bytes[start] & 0xc0) != 0x80) end = start;
  }
  return bytes.first(end);
}

std::size_t RecordWriter::finish(const RecordExtension& extension, ByteView varbinds,
                                 RecordHeader* header) {
  copy_few(at_, varbinds);
  at_ += varbinds.size();
  // Or a stranger's memory would go to disk.
  const std::size_t size = padded_record_octets(static_cast<std::size_t>(at_ - out_));
  std::fill(at_, out_ + size, std::uint8_t{0});

  header->size = static_cast<std::uint32_t>(size);
  header->version = kRecordVersion;
  header->varbind_octets = static_cast<std::uint32_t>(varbinds.size());
  std::memcpy(out_, header, sizeof *header);
  std::memcpy(out_ + sizeof *header, &extension, sizeof extension);
  return size;
}

}  // namespace trapd::alarm
