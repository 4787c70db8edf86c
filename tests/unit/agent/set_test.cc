// SPDX-License-Identifier: Apache-2.0
// Set: each error, and that an error leaves nothing behind.
#include "tests/unit/agent/snmp_asker.h"

namespace trapd::agent {
namespace {

Got set(Managed& managed, std::vector<std::string> names, std::vector<Value> values) {
  Asking asking;
  asking.pdu = ber::kSetRequest;
  asking.names = std::move(names);
  asking.values = std::move(values);
  return managed.ask(asking);
}
bool is(const Got& got, ErrorStatus status, std::int32_t index) {
  return got.any && got.status == static_cast<std::int32_t>(status) && got.index == index;
}

}  // namespace

TEST_CASE("writing the name of a destination starts its resynchronisation, and stops it") {
  Managed managed;
  const Got begun = set(managed, {kBegin0}, {Value::text("oss")});
  CHECK(is(begun, ErrorStatus::kNoError, 0));
  REQUIRE(begun.varbinds.size() == 1);
  CHECK(begun.varbinds[0].text() == "oss");
  CHECK(managed.resync.running == std::set<std::string>{"oss"});
  CHECK(managed.resync.asked_by.starts_with("nms at 192.0.2."));
  Asking state;
  state.names = {kBegin0, kCancel0, "1.3.6.1.4.1.8072.9999.9999.7331.1.3.3.0"};
  const Got got = managed.ask(state);
  CHECK(got.varbinds[0].text() == "oss");
  CHECK(got.varbinds[1].text().empty());
  CHECK(got.varbinds[2].number() == 2);
  CHECK(is(set(managed, {kCancel0}, {Value::text("oss")}), ErrorStatus::kNoError, 0));
  CHECK(managed.resync.running.empty());
}

TEST_CASE("a second start for the same target fails with commitFailed while one is running") {
  Managed managed;
  set(managed, {kBegin0}, {Value::text("oss")});
  CHECK(is(set(managed, {kBegin0}, {Value::text("oss")}), ErrorStatus::kCommitFailed, 1));
  CHECK(managed.resync.running.size() == 1);
  set(managed, {kBegin0}, {Value::text("noc")});
  CHECK(is(set(managed, {kBegin0}, {Value::text("third")}), ErrorStatus::kResourceUnavailable, 1));
}

TEST_CASE("what may not be written, and values that cannot be") {
  Managed managed;
  const auto one = [&](const std::string& name, const Value& value) {
    const Got got = set(managed, {name}, {value});
    CHECK(got.index == 1);
    REQUIRE(got.varbinds.size() == 1);  // the request's own
    CHECK(got.varbinds[0].name == name);
    return static_cast<ErrorStatus>(got.status);
  };
  const Value oss = Value::text("oss");
  CHECK(one("1.3.6.1.2.1.1.5.0", oss) == ErrorStatus::kNotWritable);
  CHECK(one(kActive + "6.1", oss) == ErrorStatus::kNotWritable);
  CHECK(one("1.3.6.1.2.1.99.1.0", oss) == ErrorStatus::kNotWritable);
  CHECK(one("1.2.840.1", oss) == ErrorStatus::kNoAccess);
  CHECK(one("1.3.6.1.4.1.8072.9999.9999.7331.1.3.1.1", oss) == ErrorStatus::kNoCreation);
  CHECK(one("1.3.6.1.4.1.8072.9999.9999.7331.1.3.2", oss) == ErrorStatus::kNoCreation);
  CHECK(one(kBegin0, Value::integer(1)) == ErrorStatus::kWrongType);
  CHECK(one(kBegin0, Value{ber::kNull, {}}) == ErrorStatus::kWrongType);
  CHECK(one(kBegin0, Value::text("")) == ErrorStatus::kWrongLength);
  CHECK(one(kBegin0, Value::text(std::string(256, 'a'))) == ErrorStatus::kWrongLength);
  CHECK(one(kBegin0, Value::text("198.51.100.1:162")) == ErrorStatus::kWrongValue);
  CHECK(one(kBegin0, Value::text("oss\n")) == ErrorStatus::kWrongValue);
  CHECK(one(kBegin0, Value::text("\xff")) == ErrorStatus::kWrongValue);
  CHECK(one(kCancel0, oss) == ErrorStatus::kInconsistentValue);  // none is running
  CHECK(managed.resync.running.empty());
}

TEST_CASE("a Set of several is done whole or not at all, and names the first that is wrong") {
  Managed managed;
  const Value oss = Value::text("oss");
  const Value noc = Value::text("noc");
  CHECK(is(set(managed, {kBegin0, "1.3.6.1.2.1.1.5.0"}, {oss, oss}), ErrorStatus::kNotWritable, 2));
  CHECK(is(set(managed, {kBegin0, kBegin0}, {oss, noc}), ErrorStatus::kInconsistentValue, 2));
  CHECK(is(set(managed, {kBegin0, kCancel0}, {oss, oss}), ErrorStatus::kInconsistentValue, 2));
  CHECK(is(set(managed, {kBegin0, kCancel0}, {oss, noc}), ErrorStatus::kInconsistentValue, 2));
  CHECK(managed.resync.running.empty());
  managed.resync.running = {"noc"};
  CHECK(is(set(managed, {kCancel0, kBegin0}, {noc, oss}), ErrorStatus::kNoError, 0));
  CHECK(managed.resync.running == std::set<std::string>{"oss"});
  // The start fails, so the stop is not done either.
  managed.resync.running = {"noc", "oss"};
  CHECK(is(set(managed, {kCancel0, kBegin0}, {noc, oss}), ErrorStatus::kCommitFailed, 2));
  CHECK(managed.resync.running.size() == 2);
}

TEST_CASE("a Set whose Response would not fit does nothing") {
  Managed managed;
  Asking asking;
  asking.pdu = ber::kSetRequest;
  asking.names = {kBegin0};
  asking.values = {Value::text("oss")};
  asking.max_size = 484;
  for (int i = 0; i < 20; ++i) {
    asking.names.push_back("1.3.6.1.2.1.1.5.0");
    asking.values.push_back(Value::text("x"));
  }
  CHECK(is(managed.ask(asking), ErrorStatus::kTooBig, 0));
  CHECK(managed.resync.running.empty());
}

TEST_CASE("an empty Set changes nothing and is no error") {
  Managed managed;
  CHECK(is(set(managed, {}, {}), ErrorStatus::kNoError, 0));
}

}  // namespace trapd::agent
