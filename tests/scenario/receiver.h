// SPDX-License-Identifier: Apache-2.0
// trapd without sockets and without waiting: the configuration as trapd compiles it, a pipeline,
// a ledger with its store in a directory of its own, the watch over refusals; on a clock that
// only the scenario moves.
//
//   datagram -> Pipeline -> ring -> Ledger (its own thread) -> store
//                  |                   '-> answers of informs
//                  '-> Reports, refusals -> SecurityWatch -> own conditions -> Ledger
//
// Each call returns when the ledger has committed all that follows from it, so that a scenario is
// the same on every machine. Whatever breaks the conservation law throws Disappointment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mib/index.h"
#include "tests/scenario/answer.h"
#include "tests/scenario/counts.h"
#include "tests/scenario/facts.h"
#include "trapd/base/clock.h"
#include "trapd/base/ip_address.h"
#include "trapd/usm/user.h"

namespace trapd::scenario {

using Bytes = std::vector<std::uint8_t>;

class Receiver {
 public:
  struct Places {
    std::string directory;  // empty, ours
    std::string conf;       // the source tree's conf/
    std::string here;       // where the scenario lies, for rule files of its own
    std::string mib_index;  // of mib/modules, ready made
  };
  explicit Receiver(const Places& places);
  ~Receiver();

  /// yaml: keys of trapd.yaml; those that it leaves out are made to fit a test. A running trapd
  /// reloads, or stays as it is and throws Mistake with the lines of errors.
  void configure(const std::string& yaml);
  void start();
  /// The last commit, then the store is closed.
  void stop();
  bool running() const { return process_ != nullptr; }

  void receive(ByteView datagram, const Endpoint& source);
  /// Time passes, for a trapd that is stopped too.
  void wait(std::int64_t ns);
  /// The wall clock is set; the monotonic one is not.
  void step_wall_clock(std::int64_t ns) { clock_.step_wall_ns(ns); }
  void forget_engine(const Bytes& engine_id);
  void acknowledge(std::uint64_t alarm_id);
  void clear_alarm(std::uint64_t alarm_id);

  // --- what has become of it ---
  std::int64_t now_ns() const { return clock_.monotonic_ns(); }
  Counts counts() const;  // of the running process
  /// Everything that the journal took since this scenario began, oldest first.
  const std::vector<Facts>& records() const { return records_; }
  std::uint64_t notifications() const { return notifications_; }
  /// Reports and Responses since the scenario began.
  const std::vector<Answer>& answers() const { return answers_; }
  /// The last answer in SNMPv3: what a device knows of our engine. Empty before there is one.
  const Answer& learned() const { return learned_; }
  std::vector<alarm::AlarmState> alarms() const;
  std::size_t engines() const;
  const std::vector<std::string>& warnings() const;  // of the configuration
  const usm::UserTable& users() const;
  std::shared_ptr<const mib::MibIndex> mib() const;
  Bytes own_engine() const;
  std::uint32_t own_boots() const;
  std::uint32_t own_time() const;

 private:
  struct Process;
  void load(const std::string& yaml);
  void make_pipeline();
  void resume_own_alarms();
  void settle();
  void take_answer(ByteView bytes);
  void collect();
  void check_law() const;

  const Places places_;
  std::string yaml_;
  VirtualClock clock_;
  std::unique_ptr<Process> process_;
  std::vector<Facts> records_;
  std::vector<Answer> answers_;
  Answer learned_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t notifications_ = 0;
};

}  // namespace trapd::scenario
