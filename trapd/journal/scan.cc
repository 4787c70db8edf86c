// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/scan.h"

#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {
constexpr std::size_t kChunkOctets = std::size_t{1} << 20;
}

Status scan(const Store& store, std::uint64_t from,
            const std::function<bool(const alarm::RecordView&)>& visit) {
  Passage passage;
  for (;;) {
    if (Status read = store.read(from, kChunkOctets, &passage); !read) return read;
    if (passage.through < from) return {};
    alarm::RecordSequence records(passage.records);
    alarm::RecordView record;
    while (records.next(&record)) {
      const std::uint64_t sequence = record.header().sequence;
      if (sequence < from) continue;
      if (passage.unreadable > 0 && sequence > passage.unreadable_from) break;
      if (!visit(record)) return {};
    }
    if (passage.unreadable > 0) {
      return failure("the store " + store.directory() + " is damaged: the record of sequence " +
                     std::to_string(passage.unreadable_from) + " is not readable" +
                     ways_out(store.directory()));
    }
    from = passage.through + 1;
  }
}

}  // namespace trapd::journal
