// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/message_cache.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <set>

#include "forwarders/syslog/message.h"
#include "tests/unit/forwarders/sample_record.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::syslog;
using alarm::Field;
using test::SampleRecord;

namespace {

struct Rendering {
  SystemClock clock;
  Published<mib::MibIndex> names{test::sample_index()};
  RenderContext context{clock, names, "gw.example.net", {}, nullptr};
  SyslogSettings settings;

  std::string anew(const Item& item) const {
    MessageRenderer renderer(settings, context);
    std::string out;
    renderer.render(item, &out);
    return out;
  }
};

/// The record of `sample` with one octet of its fixed part changed, if that is a record.
struct Changed {
  std::vector<std::uint64_t> storage;
  Item item;
  bool valid = false;

  Changed(const Item& of, std::size_t at, std::uint8_t flipped) {
    const ByteView bytes = of.record.bytes();
    storage.resize(bytes.size() / 8);
    auto* const copy = reinterpret_cast<std::uint8_t*>(storage.data());
    std::memcpy(copy, bytes.data(), bytes.size());
    copy[at] = static_cast<std::uint8_t>(copy[at] ^ flipped);
    item = {alarm::RecordView(ByteView(copy, bytes.size())), of.sequence, of.destination_sequence};
    valid = item.record.valid();
  }
};

SampleRecord& with_interface(SampleRecord& sample) {
  return sample.integer("1.3.6.1.2.1.2.2.1.1.3", 3).integer("1.3.6.1.2.1.2.2.1.8.3", 2);
}

}  // namespace

TEST_CASE("a known message differs from none that is rendered anew, whatever header differs") {
  Rendering r;
  SampleRecord sample;
  with_interface(sample);
  const Item base = sample.item();
  std::size_t tried = 0;
  for (std::size_t at = 0; at < sizeof(alarm::RecordHeader) + sizeof(alarm::RecordExtension);
       ++at) {
    for (const unsigned flipped : {0x01U, 0x02U, 0x10U, 0x80U, 0xffU}) {
      const Changed changed(base, at, static_cast<std::uint8_t>(flipped));
      if (!changed.valid) continue;
      ++tried;
      MessageRenderer renderer(r.settings, r.context);
      std::string out;
      renderer.render(base, &out);
      renderer.render(base, &out);
      renderer.render(changed.item, &out);
      CAPTURE(at);
      CHECK(out == r.anew(changed.item));
    }
  }
  CHECK(tried > 300);
}

TEST_CASE("a known message differs from none that is rendered anew, whatever field differs") {
  Rendering r;
  MessageRenderer renderer(r.settings, r.context);
  std::set<std::string> messages;
  for (std::size_t field = 0; field + 1 < alarm::kFieldCount; ++field) {
    for (const char* text : {"", "a", "b", "longer than before", "x=y"}) {
      if (static_cast<Field>(field) == Field::kTrapOid && *text != '\0') continue;
      SampleRecord sample;
      with_interface(sample).set(static_cast<Field>(field), text);
      std::string out;
      for (int turn = 0; turn < 3; ++turn) {
        const Item item = sample.item();
        renderer.render(item, &out);
        CHECK(out == r.anew(item));
      }
      messages.insert(out);
    }
  }
  CHECK(messages.size() > 30);
}

TEST_CASE("time, ticks and number are those of the record, however long they are") {
  Rendering r;
  MessageRenderer renderer(r.settings, r.context);
  SampleRecord sample;
  with_interface(sample);
  const std::int64_t far = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t wall_ns :
       {std::int64_t{0}, std::int64_t{999}, std::int64_t{-5}, far,
        std::int64_t{1'795'414'515'999'999'999}, std::int64_t{1'795'414'516'000'001'000}}) {
    for (const std::uint32_t ticks : {0U, 7U, 4294967295U}) {
      for (const std::uint64_t number : {1ULL, 10ULL, 2147483647ULL, 2147483648ULL}) {
        sample.header().received_wall_ns = wall_ns;
        sample.header().sys_up_time = ticks;
        const Item item = sample.item(number);
        std::string out;
        renderer.render(item, &out);
        CHECK(out == r.anew(item));
      }
    }
  }
}

TEST_CASE("a known message that has grown too long is shortened as any other") {
  Rendering r;
  SampleRecord sample;
  with_interface(sample);
  sample.header().sys_up_time = 1;
  r.settings.message_octets_max = static_cast<std::uint32_t>(r.anew(sample.item()).size());
  MessageRenderer renderer(r.settings, r.context);
  std::string out;
  for (int turn = 0; turn < 2; ++turn) renderer.render(sample.item(), &out);
  CHECK(out.size() == r.settings.message_octets_max);
  sample.header().sys_up_time = 4294967295U;
  renderer.render(sample.item(), &out);
  CHECK(out.size() <= r.settings.message_octets_max);
  CHECK(out == r.anew(sample.item()));
}

TEST_CASE("other names make other messages") {
  Rendering r;
  MessageRenderer renderer(r.settings, r.context);
  SampleRecord sample;
  with_interface(sample);
  std::string before;
  for (int turn = 0; turn < 2; ++turn) renderer.render(sample.item(), &before);
  r.names.publish(mib::MibIndex::empty());
  std::string behind;
  renderer.render(sample.item(), &behind);
  CHECK(before != behind);
  CHECK(behind == r.anew(sample.item()));
}

TEST_CASE("records without end take no more room than the bound, and none that is too large") {
  MessageCache cache;
  Varying varying;
  varying.known = true;
  const std::string message(900, 'm');
  for (int i = 0; i < 20'000; ++i) {
    SampleRecord sample;
    sample.set(Field::kResource, std::to_string(i));
    const Item item = sample.item();
    cache.put(item, message, varying);
    cache.put(item, message, varying);
    REQUIRE(cache.octets() <= MessageCache::kOctetsMax);
  }
  CHECK(cache.octets() > MessageCache::kOctetsMax / 2);
  cache.clear();
  SampleRecord sample;
  const Item item = sample.item();
  for (int turn = 0; turn < 2; ++turn) {
    cache.put(item, std::string(MessageCache::kEntryOctetsMax, 'm'), varying);
  }
  CHECK(cache.octets() == 0);
}

TEST_CASE("a message is kept when its record comes for the second time") {
  MessageCache cache;
  Varying varying;
  varying.known = true;
  SampleRecord sample;
  const Item item = sample.item();
  cache.put(item, "message", varying);
  CHECK(cache.octets() == 0);
  cache.put(item, "message", varying);
  CHECK(cache.octets() > 0);
}
