// SPDX-License-Identifier: Apache-2.0
// The devices' side: from the words of a line to a datagram.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/scenario/object_words.h"
#include "tests/scenario/options.h"
#include "tests/scenario/packet.h"
#include "tests/scenario/receiver.h"

namespace trapd::scenario {

struct Sent {
  Bytes datagram;
  Endpoint source;
};

class Sender {
 public:
  explicit Sender(const Receiver& receiver);

  /// `sender key=value …`: what following lines need not say.
  void set_defaults(const std::vector<std::string>& words);
  ObjectWords& objects() { return objects_; }
  /// `trap v3 …`, `inform v2c …`, `get …`: the whole line. Throws Mistake.
  Sent send(const std::vector<std::string>& words);
  /// `from=` of a line, else of the sender.
  Endpoint source(Options* given) const;
  static bool sends(const std::string& verb);

 private:
  std::string say(Options* given, const std::string& key) const;
  Bytes engine(const std::string& word) const;
  std::int64_t moment(const std::string& word, std::int64_t own, std::int64_t learned) const;
  std::int64_t running_time() const;
  usm::User user(Options* given, const Bytes& engine) const;
  void fill_v3(Options* given, bool to_us, Packet* packet);
  void fill_notification(const std::vector<std::string>& words, std::size_t* at, Packet* packet);

  const Receiver& receiver_;
  ObjectWords objects_;
  std::map<std::string, std::string> defaults_;
  std::int64_t time_set_ns_ = 0;  // when the sender's engine time was defaults_["time"]
  std::int32_t next_request_ = 1000;
  std::int32_t next_msg_id_ = 1;
};

}  // namespace trapd::scenario
