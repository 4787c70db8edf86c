// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/snapshot.h"

#include <doctest/doctest.h>

namespace trapd::ingest {
namespace {

DeviceEntry device(const char* name, const char* engine, const char* address) {
  DeviceEntry entry;
  entry.name = name;
  if (*engine != '\0') entry.engine_id = *from_hex(engine);
  entry.address = Endpoint::parse_address(address);
  return entry;
}

std::string name_at(const DeviceDirectory& directory, const char* address) {
  const DeviceEntry* const entry = directory.by_address(*Endpoint::parse_address(address));
  return entry != nullptr ? entry->name : "";
}

}  // namespace

TEST_CASE("an address means its only device, with or without an engine") {
  const DeviceDirectory directory(
      {device("a", "8000138b0501", "192.0.2.1"), device("b", "", "192.0.2.2")});
  CHECK(name_at(directory, "192.0.2.1") == "a");
  CHECK(name_at(directory, "192.0.2.2") == "b");
  CHECK(name_at(directory, "192.0.2.3").empty());
}

TEST_CASE("of several devices behind one address it means the one that names no engine") {
  const DeviceEntry first = device("first", "8000138b0501", "192.0.2.1");
  const DeviceEntry second = device("second", "8000138b0502", "192.0.2.1");
  const DeviceEntry box = device("box", "", "192.0.2.1");
  CHECK(name_at(DeviceDirectory({first, second, box}), "192.0.2.1") == "box");
  CHECK(name_at(DeviceDirectory({box, first, second}), "192.0.2.1") == "box");
  CHECK(name_at(DeviceDirectory({first, box, second}), "192.0.2.1") == "box");
}

TEST_CASE("an address that could be several devices means none of them") {
  const DeviceEntry first = device("first", "8000138b0501", "192.0.2.1");
  const DeviceEntry second = device("second", "8000138b0502", "192.0.2.1");
  const DeviceDirectory modules({first, second});
  CHECK(name_at(modules, "192.0.2.1").empty());
  CHECK(modules.by_engine(*from_hex("8000138b0502"))->name == "second");
  const DeviceEntry box = device("box", "", "192.0.2.1");
  const DeviceEntry other = device("other", "", "192.0.2.1");
  CHECK(name_at(DeviceDirectory({box, first, other}), "192.0.2.1").empty());
  CHECK(name_at(DeviceDirectory({box, other, first}), "192.0.2.1").empty());
}

}  // namespace trapd::ingest
