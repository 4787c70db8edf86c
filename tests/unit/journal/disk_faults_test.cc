// SPDX-License-Identifier: Apache-2.0
// The faulty disk, and what store and ledger make of it.
#include "tests/unit/journal/disk_faults.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/journal/damage.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {

DiskFaults& disk_faults() {
  static DiskFaults faults;
  return faults;
}

}  // namespace trapd::journal

// LMDB's calls are bound to these, because the program comes before the C library.
extern "C" {

int fdatasync(int fd) {
  auto& faults = trapd::journal::disk_faults();
  faults.sync_entered = true;
  while (faults.hold_sync) ::usleep(100);
  if (faults.sync_errno != 0) {
    errno = faults.sync_errno;
    return -1;
  }
  ++faults.syncs;
  return faults.skip_sync ? 0 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  auto& faults = trapd::journal::disk_faults();
  const int fault = offset < 8192 ? faults.meta_errno : faults.data_errno;
  if (fault != 0) {
    if (offset < 8192 && faults.meta_lies.exchange(false)) {
      ::syscall(SYS_pwrite64, fd, bytes, size, offset);
    }
    errno = fault;
    return -1;
  }
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  auto& faults = trapd::journal::disk_faults();
  if (fd > 2 && faults.data_errno != 0) {
    errno = faults.data_errno;
    return -1;
  }
  return ::syscall(SYS_writev, fd, parts, count);
}

}  // extern "C"

namespace trapd::journal {
namespace {

TEST_CASE("an inform is answered only after fdatasync has returned") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  RunningLedger running(directory.path());
  running.run();
  disk_faults().sync_entered = false;
  disk_faults().hold_sync = true;
  running.put({.retransmission_hash = 7}, "answer");
  REQUIRE(wait_until([] { return disk_faults().sync_entered.load(); }));
  CHECK(running.worker().take_answers().empty());
  CHECK(running.ledger().committed() == 0);
  CHECK(running.ledger().counters().stored.get() == 0);
  const std::uint64_t syncs = disk_faults().syncs;
  disk_faults().hold_sync = false;
  CHECK(running.answers(1) == std::vector<std::string>{"answer"});
  CHECK(disk_faults().syncs > syncs);
  CHECK(running.wait_committed(1));
}

void check_recovers_from(std::atomic<int>* fault, int errno_value) {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  RunningLedger running(directory.path());
  running.run();
  running.put({.retransmission_hash = 1}, "first");
  REQUIRE(running.answers(1).size() == 1);

  *fault = errno_value;
  running.put({.action = alarm::Action::kRaise, .retransmission_hash = 2}, "second");
  REQUIRE(wait_until([&] { return running.ledger().counters().commit_failures.get() >= 3; }));
  CHECK(running.ledger().commit_error().find(directory.path()) != std::string::npos);
  CHECK(running.ledger().commit_error().find(std::strerror(errno_value)) != std::string::npos);
  CHECK(running.worker().take_answers().empty());
  CHECK(running.ledger().committed() == 1);
  CHECK(running.ledger().counters().stored.get() == 1);
  const Status refused = running.ledger().acknowledge(2, "noc", "seen");
  CHECK(!refused);

  *fault = 0;
  CHECK(running.answers(1) == std::vector<std::string>{"second"});
  CHECK(wait_until([&] { return running.ledger().commit_error().empty(); }));
  // The failure is told afterwards: raised and cleared.
  REQUIRE(running.wait_committed(4));
  const std::vector<alarm::RecordHeader> all = headers(running.store());
  REQUIRE(all.size() == 4);
  CHECK(all[1].outcome == alarm::Outcome::kRaise);
  CHECK(all[2].kind == alarm::Kind::kOwn);
  CHECK(all[2].outcome == alarm::Outcome::kRaise);
  CHECK(all[3].outcome == alarm::Outcome::kClear);
  CHECK(running.ledger().counters().stored.get() == 2);

  running.restart();
  CHECK(headers(running.store()).size() == 4);
  CHECK(alarm_rows(running.ledger()) == FullReplay(running.store()).alarms);
}

TEST_CASE("a failing fdatasync holds answers back until the disk works again") {
  check_recovers_from(&disk_faults().sync_errno, EIO);
}
TEST_CASE("a full disk holds answers back until it has room again") {
  check_recovers_from(&disk_faults().data_errno, ENOSPC);
}
TEST_CASE("a failing write of the meta page, after which LMDB gives up, is recovered from") {
  check_recovers_from(&disk_faults().meta_errno, EIO);
}

TEST_CASE("a commit that reached the disk although it was reported as failed is not doubled") {
  disk_faults().meta_lies = true;
  check_recovers_from(&disk_faults().meta_errno, EIO);
}

TEST_CASE("a store that cannot be opened again says of its use what it knew") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  const auto store = std::move(*Store::open({directory.path(), 64 << 20}));
  Batch batch(1 << 20);
  batch.add(make_record({}), 1);
  batch.add(make_record({}), 2);
  REQUIRE(store->commit(batch.entries(), {}));
  REQUIRE(damage_record(directory.path(), make_record({}).size(), 2) > 0);
  disk_faults().meta_errno = EIO;
  REQUIRE_FALSE(store->commit({}, {{Table::kFacts, "some", "value", false}}));
  CHECK(store->usage().entries == 1);
  CHECK(store->usage().oldest_sequence == 1);
  CHECK(store->usage().newest_sequence == 2);
}

TEST_CASE("stopping while the disk fails gives up the batch and does not count it") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  RunningLedger running(directory.path());
  running.run();
  disk_faults().sync_errno = EIO;
  running.put({.retransmission_hash = 1}, "never");
  REQUIRE(wait_until([&] { return running.ledger().counters().commit_failures.get() >= 1; }));
  running.ledger().stop();
  CHECK(running.worker().take_answers().empty());
  CHECK(running.ledger().counters().stored.get() == 0);
  disk_faults().sync_errno = 0;
  running.stop();
  running.run();
  CHECK(running.store().usage().newest_sequence == 0);
}

}  // namespace
}  // namespace trapd::journal
