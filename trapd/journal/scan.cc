// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/scan.h"

#include <vector>

namespace trapd::journal {

namespace {
constexpr std::size_t kChunkOctets = std::size_t{1} << 20;
}

Status scan(const Store& store, std::uint64_t from,
            const std::function<bool(const alarm::RecordView&)>& visit) {
  std::vector<std::uint8_t> chunk;
  for (;;) {
    if (Status read = store.read(from, kChunkOctets, &chunk); !read) return read;
    if (chunk.empty()) return {};
    alarm::RecordSequence records(chunk);
    alarm::RecordView record;
    while (records.next(&record)) {
      const std::uint64_t sequence = record.header().sequence;
      if (sequence < from) continue;
      if (!visit(record)) return {};
      from = sequence + 1;
    }
    if (records.damaged()) {
      return failure("the store " + store.directory() + " is damaged: the record behind sequence " +
                     std::to_string(from - 1) + " is not readable");
    }
  }
}

}  // namespace trapd::journal
