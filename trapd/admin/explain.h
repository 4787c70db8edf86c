// SPDX-License-Identifier: Apache-2.0
// `trapctl explain`: one packet layer by layer in words, and what trapd would do with it if it
// came now: accepted, or refused at which step, by which clause, and what to change.
//
// Works on the configuration alone; what only a running trapd knows (its own engine, the clocks of
// engines) is handed in when it could be asked. Nothing is changed anywhere, no secret is shown.
// One thread; allocates freely.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/published.h"
#include "trapd/config/config.h"
#include "trapd/snmp/oid_names.h"
#include "trapd/usm/inbound.h"

namespace trapd::admin {

/// What trapd knows of the clock of a sender.
struct EngineFacts {
  std::uint32_t boots = 0;
  std::uint32_t latest_time = 0;
  std::int64_t received_ago_s = 0;
  bool moved_on = false;  // by a message that came after the packet in question
};

struct OwnEngineFacts {
  std::vector<std::uint8_t> engine_id;
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
};

struct ExplainContext {
  const config::Config& config;  // with its secrets
  const snmp::OidNames& names;
  std::shared_ptr<const alarm::Classifier> classifier;  // null: `no_classifier` says why
  std::string no_classifier;
  /// As of now. Both empty when no trapd could be asked.
  std::function<std::optional<OwnEngineFacts>()> own;
  std::function<std::optional<EngineFacts>(ByteView engine_id)> engine;
};

struct Packet {
  ByteView payload;  // of the UDP datagram
  std::optional<Endpoint> source;
  /// How long ago it came: it is judged by the clocks as they were then.
  std::int64_t received_ago_s = 0;
  /// What trapd said when it came, if it has refused it.
  std::optional<snmp::DropReason> refused_as{};
};

struct Explanation {
  bool accepted = false;
  /// "stored", or the label of trapd_dropped_total / trapd_suppressed_total it would count under.
  std::string verdict;
  /// What was read, layer by layer; inner layers are indented by two blanks each.
  std::vector<std::string> layers;
  /// Why, and what to change; whole sentences.
  std::vector<std::string> reasons;
};

class Explainer {
 public:
  explicit Explainer(ExplainContext context);

  Explanation explain(const Packet& packet);

 private:
  struct Work;  // one packet's
  struct MalformedPart;
  void explain_version(Work& work);
  void explain_refused_before(Work& work);
  void explain_community(Work& work);
  void explain_tolerated(Work& work, snmp::Deviations deviations);
  void explain_malformed(Work& work, const snmp::DecodeFault& fault, const MalformedPart& part,
                         snmp::Deviations could_pass);
  void explain_v3(Work& work);
  void explain_scoped(Work& work, const usm::Inbound& inbound);
  void explain_pdu(Work& work, ByteView pdu, bool for_us);
  void explain_v1_trap(Work& work, ByteView pdu);
  void explain_notification(Work& work, const snmp::Notification& notification);
  void explain_destinations(Work& work, const alarm::Classification& said);

  void refuse(Work& work, snmp::DropReason reason);
  OwnEngineFacts own_facts(const Work& work) const;
  std::optional<EngineFacts> facts_of(const Work& work) const;
  void explain_usm_refusal(Work& work, const usm::Inbound& inbound);
  void explain_unknown_user(Work& work);
  void explain_wrong_digest(Work& work, const usm::User& user);
  void explain_window(Work& work, const usm::Inbound& inbound);
  void explain_undecipherable(Work& work, const usm::User& user);

  const ExplainContext context_;
  Published<usm::SecurityConfig> security_;
};

}  // namespace trapd::admin
