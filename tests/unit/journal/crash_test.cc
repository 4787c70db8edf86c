// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments: every answer that was given has its record, once.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <random>
#include <set>

#include "tests/unit/journal/fixtures.h"

namespace trapd::journal {
namespace {

constexpr int kRounds = 20;

/// The child: informs as fast as they are answered; each answer's number goes into the pipe.
[[noreturn]] void serve(const std::string& directory, int pipe, std::uint64_t first) {
  RunningLedger running(directory);
  running.options.batch_records_max = 64;
  running.run();
  for (std::uint64_t next = first;; ++next) {
    running.put({.action = next % 3 == 0 ? alarm::Action::kClear : alarm::Action::kRaise,
                 .engine_id = "engine-" + std::to_string(next % 17),
                 .device = "device-" + std::to_string(next % 17),
                 .resource = std::to_string(next % 5),
                 .time = static_cast<std::uint32_t>(next),
                 .request_id = static_cast<std::int32_t>(next),
                 .retransmission_hash = next},
                std::to_string(next));
    for (const std::string& answer : running.worker().take_answers()) {
      const std::uint64_t number = std::stoull(answer);
      if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(1);
    }
  }
}

/// Reads what was answered until the child, killed after `answers`, is gone.
std::vector<std::uint64_t> run_and_kill(const std::string& directory, std::uint64_t first,
                                        std::size_t answers) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(pipe[0]);
    serve(directory, pipe[1], first);
  }
  ::close(pipe[1]);
  std::vector<std::uint64_t> answered;
  std::uint64_t number = 0;
  while (::read(pipe[0], &number, sizeof number) == sizeof number) {
    answered.push_back(number);
    if (answered.size() == answers) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  return answered;
}

TEST_CASE("after kill -9 every answered inform is in the journal, once, and so are the tables") {
  const TemporaryDirectory directory;
  std::mt19937 random(11);
  std::set<std::uint64_t> answered;
  std::uint64_t first = 1;
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    for (const std::uint64_t number : run_and_kill(directory.path(), first, 1 + random() % 1'500)) {
      answered.insert(number);
    }
    RunningLedger running(directory.path());
    running.open();
    std::map<std::uint64_t, int> stored;
    std::uint64_t expected = 1;
    REQUIRE(scan(running.store(), 1, [&](const alarm::RecordView& record) {
      CHECK(record.header().sequence == expected++);
      ++stored[record.header().retransmission_hash];
      return true;
    }));
    for (const std::uint64_t number : answered) CHECK(stored[number] == 1);
    for (const auto& [number, times] : stored) CHECK(times == 1);
    const FullReplay replay(running.store());
    CHECK(alarm_rows(running.ledger()) == replay.alarms);
    CHECK(engine_map(running.ledger()) == replay.engines);
    // The senders repeat what was not answered: from the last answer on.
    first = answered.empty() ? 1 : *answered.rbegin() + 1;
  }
  CHECK(answered.size() > kRounds);
}

}  // namespace
}  // namespace trapd::journal
