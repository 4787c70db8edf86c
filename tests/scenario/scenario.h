// SPDX-License-Identifier: Apache-2.0
// Runs the lines of one scenario against one receiver.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/scenario/line.h"
#include "tests/scenario/receiver.h"
#include "tests/scenario/sender.h"
#include "tests/scenario/step.h"

namespace trapd::scenario {

class Scenario {
 public:
  /// verbose: each line and what it brought goes to standard output, each datagram as octets.
  Scenario(const Receiver::Places& places, bool verbose);

  /// Throws what the line throws.
  void run(const Line& line);
  /// Behind the last line: the last commit. Throws Mistake when nothing was expected.
  void finish();

 private:
  using Words = std::vector<std::string>;
  void start();
  void begin_step();
  void configure(const Line& line);
  void act(const Words& words);
  bool act_on_time(const Words& words);
  bool act_on_process(const Words& words);
  bool act_as_operator(const Words& words);
  bool act_as_sender(const Words& words);
  void send_again(const Words& words);
  void send_octets(const Words& words);
  void deliver(Sent sent);

  Receiver receiver_;
  Sender sender_;
  Step step_;
  std::map<std::string, Sent> kept_;
  Sent last_;
  const std::int64_t began_ns_;
  const bool verbose_;
  bool expecting_ = false;  // the last line was an expectation: the next action begins a step
  std::uint64_t expectations_ = 0;
};

}  // namespace trapd::scenario
