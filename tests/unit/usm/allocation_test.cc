// SPDX-License-Identifier: Apache-2.0
// The packet path allocates nothing once an engine is known, nor for strangers.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/unit/usm/usm_fixture.h"

namespace {
std::atomic<std::uint64_t> g_allocations{0};
}

// Weak: ThreadSanitizer brings its own, and then nothing is counted.
[[gnu::weak]] void* operator new(std::size_t octets) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const room = std::malloc(octets > 0 ? octets : 1); room != nullptr) return room;
  throw std::bad_alloc();
}
[[gnu::weak]] void operator delete(void* room) noexcept { std::free(room); }
[[gnu::weak]] void operator delete(void* room, std::size_t) noexcept { std::free(room); }

namespace trapd::usm {
namespace {

std::uint64_t allocations_of(Receiver* receiver, const Bytes& datagram, Step expected) {
  REQUIRE(receiver->decode(datagram) == snmp::DecodeStatus::kOk);
  const std::int64_t now = receiver->clock.monotonic_ns();
  const std::uint64_t before = g_allocations;
  const std::size_t heap_before = ::mallinfo2().uordblks;  // OpenSSL's too; 0 under sanitizers
  bool as_expected = true;
  for (int i = 0; i < 100; ++i) {
    const Inbound inbound =
        receiver->processor.process(receiver->message.v3, now, receiver->scratch);
    as_expected = as_expected && inbound.step == expected;
  }
  const std::size_t heap_after = ::mallinfo2().uordblks;
  const std::uint64_t after = g_allocations;
  CHECK(as_expected);
  CHECK(heap_after == heap_before);
  return after - before;
}

TEST_CASE("a trap of a known engine costs no allocation") {
  for (const PrivProtocol priv : {PrivProtocol::kAes128, PrivProtocol::kAes256Reeder}) {
    const User user = make_user("ops", AuthProtocol::kSha1, priv);
    Receiver receiver({user});
    Device device(user);
    const Bytes trap = device.send();
    REQUIRE(receiver.accepts(trap));
    CHECK(allocations_of(&receiver, trap, Step::kAccepted) == 0);
  }
}

TEST_CASE("a stranger with a forged digest costs no allocation") {
  const User user = make_user("ops", AuthProtocol::kSha512, PrivProtocol::kAes256Reeder);
  Receiver receiver({user});
  Device device(user);
  Bytes forged = device.send();
  forged.back() ^= 1;
  CHECK(allocations_of(&receiver, forged, Step::kDigest) == 0);
}

}  // namespace
}  // namespace trapd::usm
