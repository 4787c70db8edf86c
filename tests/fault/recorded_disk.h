// SPDX-License-Identifier: Apache-2.0
// This program's own write calls stand between LMDB and the kernel: they record what is done to one
// store's data.mdb, and fail on demand as Linux does. One thread writes at a time; the rest of the
// program goes through unhindered, without waiting for the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace trapd::fault {

struct DiskEvent {
  enum class Kind : std::uint8_t {
    kWrite,         // into the page cache
    kDurableWrite,  // O_DSYNC, succeeded for the disk
    kFailedWrite,   // O_DSYNC, failed: in the page cache, on disk perhaps
    kSync,          // fdatasync or fsync that succeeded
    kFailedSync,
    kRename,  // data.mdb.new became data.mdb
    kMark,    // the test's own: `offset` is its number
  };
  Kind kind = Kind::kWrite;
  std::uint64_t offset = 0;
  std::vector<std::uint8_t> bytes;
};

/// How many of the next calls fail, then it works again. Any thread.
struct Faults {
  std::atomic<int> data_writes{0};     // ENOSPC, nothing written
  std::atomic<int> syncs{0};           // EIO; the other descriptor then reports the error once more
  std::atomic<int> meta_writes{0};     // EIO of the write that waits for the disk
  std::atomic<int> meta_put_backs{0};  // EIO of LMDB's attempt to put the former meta page back
  std::atomic<bool> echo{false};       // an error that the other descriptor has not reported yet
  void reset() {
    data_writes = syncs = meta_writes = meta_put_backs = 0;
    echo = false;
  }
};

class RecordedDisk {
 public:
  enum class Keep : std::uint8_t { kEvents, kNothing };
  /// Records data.mdb and data.mdb.new of this directory from now on, or only lets them fail;
  /// nothing before or after. While no store is open.
  void begin(const std::string& directory, Keep keep = Keep::kEvents);
  std::vector<DiskEvent> end();
  void mark(std::uint64_t number);
  Faults faults;

  // --- for the calls ---
  bool records(int fd) const;
  void add(DiskEvent::Kind kind, std::uint64_t offset, const void* bytes, std::size_t size);

 private:
  std::string directory_;
  Keep keep_ = Keep::kEvents;
  std::vector<DiskEvent> events_;
};
RecordedDisk& recorded_disk();

}  // namespace trapd::fault
