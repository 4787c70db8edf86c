// SPDX-License-Identifier: Apache-2.0
// Net-SNMP's decoder in a child: hostile packets may end it (that is one of the differences), and
// it keeps an entry for every engine ID it has ever met. A new child follows the one that has gone.
#pragma once

#include <sys/types.h>

#include <optional>

#include "tests/differential/decoded.h"
#include "tests/differential/parties.h"

namespace trapd::differential {

/// Single-threaded.
class NetSnmpProcess {
 public:
  NetSnmpProcess() { start(); }
  ~NetSnmpProcess() { stop(); }
  NetSnmpProcess(const NetSnmpProcess&) = delete;
  NetSnmpProcess& operator=(const NetSnmpProcess&) = delete;

  /// nullopt: this packet ended the child, or kept it busy for more than ten seconds.
  std::optional<Decoded> decode(ByteView packet, Clock known, std::uint8_t fill);
  /// How the last one ended: "signal 11".
  const std::string& last_words() const { return last_words_; }

 private:
  void start();
  void stop();
  pid_t child_ = -1;
  int socket_ = -1;
  unsigned packets_ = 0;
  std::string last_words_;
};

}  // namespace trapd::differential
