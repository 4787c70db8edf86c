// SPDX-License-Identifier: Apache-2.0
// The packet path allocates nothing. Not under the thread sanitizer, whose operators new and delete
// cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TRAPD_KEEP_OPERATOR_NEW 1
#endif
#endif
#ifndef TRAPD_KEEP_OPERATOR_NEW

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"
#include "trapd/alarm/classifier.h"

namespace {

thread_local std::uint64_t allocations = 0;

void* try_allocate(std::size_t octets, std::size_t alignment) {
  ++allocations;
  return std::aligned_alloc(alignment, (octets + alignment - 1) / alignment * alignment);
}

void* allocate(std::size_t octets, std::size_t alignment) {
  void* room = try_allocate(octets, alignment);
  if (room == nullptr) throw std::bad_alloc();
  return room;
}

// Not inlined: GCC would see free() on what `new` returned, and take that for a mistake.
[[gnu::noinline]] void release(void* room) { std::free(room); }

constexpr std::size_t kAlignment = alignof(std::max_align_t);
std::size_t of(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

// For the whole test program: counts what the thread allocates. All forms, or the address
// sanitizer's own would meet ours.
void* operator new(std::size_t octets) { return allocate(octets, kAlignment); }
void* operator new[](std::size_t octets) { return allocate(octets, kAlignment); }
void* operator new(std::size_t octets, std::align_val_t a) { return allocate(octets, of(a)); }
void* operator new[](std::size_t octets, std::align_val_t a) { return allocate(octets, of(a)); }
void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
  return try_allocate(octets, kAlignment);
}
void* operator new[](std::size_t octets, const std::nothrow_t&) noexcept {
  return try_allocate(octets, kAlignment);
}
void operator delete(void* room) noexcept { release(room); }
void operator delete[](void* room) noexcept { release(room); }
void operator delete(void* room, std::size_t) noexcept { release(room); }
void operator delete[](void* room, std::size_t) noexcept { release(room); }
void operator delete(void* room, const std::nothrow_t&) noexcept { release(room); }
void operator delete[](void* room, const std::nothrow_t&) noexcept { release(room); }
void operator delete(void* room, std::align_val_t) noexcept { release(room); }
void operator delete[](void* room, std::align_val_t) noexcept { release(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { release(room); }
void operator delete[](void* room, std::size_t, std::align_val_t) noexcept { release(room); }

namespace trapd::alarm {

TEST_CASE("classifying and counting allocate nothing, whatever the notification holds") {
  Rule rule;
  rule.name = "r";
  rule.traps = {"IF-MIB::linkDown"};
  rule.where = {{"ifIndex", {"7"}, {}}, {"ifDescr", {}, {"eth"}}};
  rule.severity_from =
      FromVarbind<Severity>{"ifOperStatus", {{2, Severity::kMajor}}, Severity::kMinor};
  rule.alarm = "{trap}";
  rule.resource = "{ifIndex|ifIndex.index} of {device}";
  rule.text = "{ifDescr} {ifDescr.index} {1.3.6.1.4.1.99999} {device_name} {source} and more";
  Rule below = rule;
  below.name = "below";
  below.traps.clear();
  below.subtrees = {"1.3.6.1"};
  below.where = {{"1.3.6.1.4.1.99999", {"1.3.6.1.4"}, {}}};
  rule.goes_on = true;
  rule.labels = {{"a", "{ifDescr}"}, {"b", "{ifIndex}"}};
  Rule any = below;
  any.name = "any";
  any.subtrees.clear();
  any.where = {{"ifDescr", {}, {}}};
  any.where[0].matches = {"^eth[0-9]+ x*$", "no such.*text"};
  any.sender.emplace().devices = {"device"};
  any.sender->sources = {*Network::parse("0.0.0.0/0")};
  auto classifier = Classifier::build({rule, below, any}, FakeNames::standard());
  REQUIRE(classifier);

  const Trap traps[] = {
      Trap("1.3.6.1.6.3.1.1.5.3")
          .number("1.3.6.1.2.1.2.2.1.1.7", 7)
          .text("1.3.6.1.2.1.2.2.1.2.7", "eth0 " + std::string(3000, 'x'))
          .number("1.3.6.1.2.1.2.2.1.8.7", 2)
          .text("1.3.6.1.4.1.99999.0", std::string(500, '\xff')),
      Trap("1.3.6.1.6.3.1.1.5.9").oid("1.3.6.1.4.1.99999.0", "1.3.6.1.4"),
      Trap("1.3.6.1.6.3.1.1.5.9"),
      Trap(""),
  };
  auto result = std::make_unique<Classification>();
  std::vector<snmp::Notification> notifications;
  for (const Trap& trap : traps) notifications.push_back(trap.notification());
  const OidAlias aliases[] = {{*snmp::Oid::parse("1.3.6.1.6"), *snmp::Oid::parse("1.3.6.1.6")}};
  ClassifyContext context{"device", "name", "192.0.2.1"};
  context.address = *Endpoint::parse_address("192.0.2.1");
  context.aliases = aliases;
  // A regular expression builds its automaton when it meets a text of a new kind.
  for (const snmp::Notification& notification : notifications) {
    (*classifier)->classify(notification, context, result.get());
  }
  const std::uint64_t before = allocations;
  for (const snmp::Notification& notification : notifications) {
    (*classifier)->classify(notification, context, result.get());
    (*classifier)->count(*result, notification.trap_oid, 0);
  }
  CHECK(allocations == before);
  CHECK((*classifier)->rules()[0].hits == 1);
  CHECK((*classifier)->rules()[1].hits == 1);
  CHECK((*classifier)->unmatched() == 2);
  const auto probe = std::make_unique<int>(1);
  CHECK(allocations > before);  // the count works
}

}  // namespace trapd::alarm

#endif  // TRAPD_KEEP_OPERATOR_NEW
