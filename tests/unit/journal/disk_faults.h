// SPDX-License-Identifier: Apache-2.0
// A disk that fails on demand: this program's own write calls stand between LMDB and the kernel
// (disk_faults_test.cc).
#pragma once

#include <atomic>
#include <cstdint>

namespace trapd::journal {

struct DiskFaults {
  std::atomic<int> sync_errno{0};      // fdatasync fails with it
  std::atomic<int> data_errno{0};      // writes of data pages
  std::atomic<int> meta_errno{0};      // writes of LMDB's two first pages
  std::atomic<bool> meta_lies{false};  // with meta_errno: the first such write happens all the same
  std::atomic<bool> hold_sync{false};  // fdatasync does not return while it is set
  std::atomic<bool> skip_sync{false};  // fdatasync does nothing: for tests of logic, in numbers
  std::atomic<std::uint64_t> syncs{0};  // calls that succeeded
  std::atomic<bool> sync_entered{false};
};
DiskFaults& disk_faults();

/// Everything works again at the end of a test.
struct DiskFaultsReset {
  ~DiskFaultsReset() {
    DiskFaults& faults = disk_faults();
    faults.sync_errno = faults.data_errno = faults.meta_errno = 0;
    faults.meta_lies = faults.hold_sync = faults.skip_sync = faults.sync_entered = false;
  }
};

}  // namespace trapd::journal
