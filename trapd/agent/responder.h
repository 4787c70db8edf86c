// SPDX-License-Identifier: Apache-2.0
// The command responder (RFC 3413 3.2) behind our own, authoritative engine: one datagram in, at
// most one out.
//
//   source list -> BER -> bucket of refusals -> USM -> user, level, context -> PduWork -> Response
//
// SNMPv3 authPriv alone is answered, whatever `security:` lets in elsewhere. What is refused is
// counted by reason, and leaves nothing behind: messages under a foreign engine do not reach USM,
// so no engine's clock is kept here. Reports go out at most kReportsPerSecond times a second, and
// as often to those whose digest was right; they are the only answers to the unauthenticated, and
// have less than 200 octets. What throws (memory, at most) leaves the responder as it was.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "trapd/agent/identity.h"
#include "trapd/agent/objects.h"
#include "trapd/agent/pdu_work.h"
#include "trapd/agent/refusal.h"
#include "trapd/net/admission.h"
#include "trapd/net/udp_batch.h"
#include "trapd/usm/reply.h"
#include "trapd/usm/report_rule.h"

namespace trapd::agent {

/// One thread's; everything referenced outlives it.
class Responder {
 public:
  static constexpr double kReportsPerSecond = 200;

  struct Options {
    snmp::Oid mib_arc;
    std::string description;
    RefusalSink refused = nullptr;
  };
  Responder(const Options& options, const Published<usm::SecurityConfig>& security,
            const Published<Settings>& settings, const usm::OwnEngine& own, Readings readings,
            ResyncControl& resync);

  /// Takes over what a reload has published.
  void refresh();
  std::uint64_t security_generation() const { return security_generation_; }
  std::uint64_t settings_generation() const { return settings_.generation(); }

  /// What to send back; empty = nothing. Until the next call.
  ByteView answer(const net::Datagram& datagram, std::int64_t monotonic_ns);

  const AgentCounters& counters() const { return counters_; }  // any thread
  /// The last call has thrown.
  void gave_up() { counters_.given_up.add(); }
  /// The answer of the last call could not be sent.
  void not_sent() { counters_.unsent.add(); }

 private:
  struct Context {
    const net::Datagram& datagram;
    std::int64_t monotonic_ns;
    bool is_v3 = false;
    snmp::V3Message message{};
    usm::Inbound inbound{};
    snmp::ScopedPdu scoped{};
    snmp::Pdu pdu{};
  };

  ByteView drop(const Context& context, snmp::DropReason reason);
  void tell(const Context& context, snmp::DropReason reason) const;
  ByteView take_v3(Context& context);
  ByteView refuse(const Context& context);
  ByteView dispatch(Context& context);
  ByteView perform(Context& context);
  Answer work(const Context& context);
  ByteView respond(const Context& context, const Answer& answer);
  ByteView report(const Context& context, const usm::ReportGate& gate, snmp::OidView counter,
                  std::uint64_t value, bool sign);
  bool take_report_token(bool authenticated, std::int64_t monotonic_ns);
  std::size_t list_octets_max(const Context& context) const;

  const Readings readings_;
  const RefusalSink refused_;
  const usm::OwnEngine& own_;
  Subscription<Settings> settings_;
  usm::EngineTable no_engines_{0};  // of others none is ever known here
  usm::InboundProcessor usm_;
  std::uint64_t security_generation_ = 0;
  usm::ReplyBuilder replies_;
  net::Admission admission_;
  AgentCounters counters_;
  const ObjectTree objects_;
  const WritableObjects writable_;
  const PduWork work_;
  struct ReportTokens {
    double left = kReportsPerSecond;
    std::int64_t updated_ns = 0;
  };
  std::array<ReportTokens, 2> report_tokens_;  // of strangers, of those whose digest was right
  std::unique_ptr<std::uint8_t[]> scratch_;
};

}  // namespace trapd::agent
