// SPDX-License-Identifier: Apache-2.0
// Test events to one destination: what they say, and what came of them.
#include <algorithm>

#include "forwarders/kinds.h"
#include "mib/trapd_mib.h"
#include "trapd/gateway_parts.h"
#include "trapd/journal/own_record.h"

namespace trapd {

/// Behind update_destinations(): what it renders with is there then.
void Gateway::Parts::start_test_events() {
  forwarders::TestEvents::Sources sources;
  sources.record = [this](const std::string& resource, const std::string& text) {
    const ByteView engine_id = own_engine->engine_id();
    const journal::OwnIdentity identity{
        .engine_id = {engine_id.begin(), engine_id.end()},
        .device = to_hex(engine_id),
        .device_name = host_name,
        .trap_prefix = snmp::Oid(trapd::mib::kTrapdNotifications.view())};
    const std::int64_t now = clock.wall_ns();
    const std::int64_t up_ns = std::max<std::int64_t>(now - started_wall_ns, 0);
    std::vector<std::uint8_t> record;
    journal::encode_own_condition({.condition = alarm::OwnCondition::kTest,
                                   .resource = resource,
                                   .text = text.empty() ? "test event" : "test event: " + text,
                                   .wall_ns = now},
                                  identity, static_cast<std::uint32_t>(up_ns / (10 * kNsPerMs)),
                                  &record);
    return record;
  };
  sources.last_number = [this](const std::string& name) {
    return dispatchers.with([&](const auto& all) {
      const auto found = all.find(name);
      return found == all.end() ? std::uint64_t{0} : found->second->status().last_number;
    });
  };
  sources.make = [this](const forwarders::Destination& destination) {
    return forwarders::make_forwarder(destination, *render);
  };
  test_events = std::make_unique<forwarders::TestEvents>(std::move(sources), clock);
}

Result<admin::Json> Gateway::Parts::begin_test_event(const std::string& destination,
                                                     const std::string& text,
                                                     const std::string& who) {
  using Begin = forwarders::TestEvents::Begin;
  switch (test_events->begin(destination, text)) {
    case Begin::kStarted:
      log::info("a test event to destination {} is sent by {}", destination, who);
      return admin::Json{{"destination", destination},
                         {"number", test_events->status_of(destination).number}};
    case Begin::kUnknownDestination:
      return failure("no destination is called " + destination);
    case Begin::kRunning:
      return failure("a test event to " + destination + " is under way");
    case Begin::kTooMany:
      return failure(std::to_string(forwarders::TestEvents::kRunningMax) +
                     " test events are under way; no more at once");
    case Begin::kStopped:
      break;
  }
  return failure("trapd is stopping");
}

Result<admin::Json> Gateway::Parts::test_event_result(const std::string& destination) {
  const forwarders::TestEvents::Status status = test_events->status_of(destination);
  if (status.number == 0) return failure("no test event has been sent to " + destination);
  admin::Json result = {{"destination", destination}, {"number", status.number}};
  result["running"] = status.running;
  if (status.running) return result;
  result["delivered"] = status.delivered;
  result["answered"] = status.answered;
  result["detail"] = status.detail;
  return result;
}

void Gateway::Parts::add_tests(admin::Handlers* handlers) {
  handlers->send_test = [this](const std::string& text) -> Result<admin::Json> {
    const bool taken = ledger->raise(alarm::OwnCondition::kTest, "test",
                                     text.empty() ? "test notification" : text);
    if (!taken) return failure("too many reports wait for the store: try again");
    return admin::Json{{"sent", true}};
  };
  handlers->begin_test_event = [this](const std::string& destination, const std::string& text,
                                      const std::string& who) {
    return begin_test_event(destination, text, who);
  };
  handlers->test_event_result = [this](const std::string& destination) {
    return test_event_result(destination);
  };
}

}  // namespace trapd
