// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/objects.h"

#include <utility>

#include "trapd/agent/alarm_columns.h"
#include "trapd/agent/request.h"
#include "trapd/snmp/date_and_time.h"

namespace trapd::agent {
namespace {

using snmp::DropReason;
using usm::UsmCounter;

const Arcs kSystem = {1, 3, 6, 1, 2, 1, 1};
const Arcs kSnmp = {1, 3, 6, 1, 2, 1, 11};
const Arcs kSnmpEngine = {1, 3, 6, 1, 6, 3, 10, 2, 1};
const Arcs kSnmpMpdStats = {1, 3, 6, 1, 6, 3, 11, 2, 1};
const Arcs kSnmpUnknownContexts = {1, 3, 6, 1, 6, 3, 12, 1, 5};
const Arcs kUsmStats = {1, 3, 6, 1, 6, 3, 15, 1, 1};
// Below trapdObjects of TRAPD-MIB.
constexpr std::uint32_t kTrapdObjects = 1;
constexpr std::uint32_t kTrapdActive = 2;
constexpr std::uint32_t kTrapdResync = 3;
constexpr std::uint32_t kTrapdCounters = 4;
constexpr std::uint32_t kTrapdReasonTable = 6;
constexpr std::int32_t kIdle = 1;
constexpr std::int32_t kRunning = 2;
constexpr std::int32_t kServicesOfApplications = 64;  // sysServices: layer 7
constexpr std::uint64_t kHundredths = 100;

Arcs below(Arcs arcs, std::initializer_list<std::uint32_t> more) {
  arcs.insert(arcs.end(), more.begin(), more.end());
  return arcs;
}

class Builder {
 public:
  explicit Builder(const ObjectSources& sources)
      : from_(sources), arc_(sources.mib_arc.view().arcs()) {}

  ObjectTree build() {
    add_system();
    add_snmp();
    add_engine();
    add_usm_stats();
    add_active();
    add_resync();
    add_counters();
    return std::move(tree_);
  }

 private:
  void scalar(Arcs name, std::function<Value(Request&)> read) {
    tree_.add_scalar(std::move(name), {std::move(read)});
  }
  void setting(Arcs name, std::string Settings::*member) {
    scalar(std::move(name), [&settings = from_.settings, member](Request&) {
      return Value::text((*settings.get().first).*member);
    });
  }
  void counter32(Arcs name, std::function<std::uint64_t(Request&)> read) {
    scalar(std::move(name), [read = std::move(read)](Request& request) {
      return Value::unsigned_number(ber::kCounter32, read(request));
    });
  }
  void dropped(Arcs name, DropReason reason) {
    counter32(std::move(name),
              [reason](Request& request) { return request.readings().dropped_total(reason); });
  }
  void law(Arcs name, std::uint64_t LawCounts::*member) {
    scalar(std::move(name), [member](Request& request) {
      return Value::unsigned_number(ber::kCounter64, request.law().*member);
    });
  }

  void add_system() {
    scalar(below(kSystem, {1}), [text = from_.description](Request&) { return Value::text(text); });
    scalar(below(kSystem, {2}), [arc = from_.mib_arc](Request&) { return Value::oid(arc); });
    scalar(below(kSystem, {3}), [&own = from_.own](Request&) {
      return Value::unsigned_number(ber::kTimeTicks, own.time() * kHundredths);
    });
    setting(below(kSystem, {4}), &Settings::contact);
    setting(below(kSystem, {5}), &Settings::name);
    setting(below(kSystem, {6}), &Settings::location);
    scalar(below(kSystem, {7}), [](Request&) { return Value::integer(kServicesOfApplications); });
  }

  void add_snmp() {
    counter32(below(kSnmp, {1}), [&counters = from_.counters](Request& request) {
      return request.law().received + counters.received.get();
    });
    dropped(below(kSnmp, {3}), DropReason::kBadVersion);
    dropped(below(kSnmp, {4}), DropReason::kBadCommunity);
    dropped(below(kSnmp, {6}), DropReason::kMalformed);
    counter32(below(kSnmp, {31}),
              [&counters = from_.counters](Request&) { return counters.silent_drops.get(); });
    counter32(below(kSnmp, {32}), [](Request&) { return std::uint64_t{0}; });  // no proxy of these
  }

  void add_engine() {
    const usm::OwnEngine& own = from_.own;
    scalar(below(kSnmpEngine, {1}), [&own](Request&) { return Value::octets(own.engine_id()); });
    scalar(below(kSnmpEngine, {2}),
           [&own](Request&) { return Value::integer(static_cast<std::int32_t>(own.boots())); });
    scalar(below(kSnmpEngine, {3}),
           [&own](Request&) { return Value::integer(static_cast<std::int32_t>(own.time())); });
    scalar(below(kSnmpEngine, {4}), [](Request&) {
      return Value::integer(static_cast<std::int32_t>(snmp::kMessageOctetsMax));
    });
    dropped(below(kSnmpMpdStats, {1}), DropReason::kUnknownSecurityModel);
    dropped(below(kSnmpMpdStats, {2}), DropReason::kInvalidFlags);
    counter32(below(kSnmpMpdStats, {3}), [&counters = from_.counters](Request& request) {
      return request.readings().dropped_total(DropReason::kGet) + counters.unknown_pdus.get();
    });
    counter32(kSnmpUnknownContexts,
              [&counters = from_.counters](Request&) { return counters.unknown_contexts.get(); });
  }

  void add_usm_stats() {
    constexpr std::pair<std::uint32_t, UsmCounter> kRows[] = {
        {1, UsmCounter::kUnsupportedSecLevels}, {2, UsmCounter::kNotInTimeWindows},
        {3, UsmCounter::kUnknownUserNames},     {4, UsmCounter::kUnknownEngineIds},
        {5, UsmCounter::kWrongDigests},         {6, UsmCounter::kDecryptionErrors}};
    for (const auto& [number, counter] : kRows) {
      counter32(below(kUsmStats, {number}), [which = counter](Request& request) {
        return request.readings().usm_total(which);
      });
    }
  }

  void add_active() {
    scalar(below(arc_, {kTrapdObjects, kTrapdActive, 1}), [](Request& request) {
      return Value::unsigned_number(ber::kGauge32, request.readings().alarms_active());
    });
    scalar(below(arc_, {kTrapdObjects, kTrapdActive, 2}), [](Request& request) {
      const std::int64_t changed = request.readings().list_changed_wall_ns();
      return Value::octets(
          (changed == 0 ? snmp::unknown_date_and_time() : snmp::date_and_time(changed)).view());
    });
    const Arcs entry = below(arc_, {kTrapdObjects, kTrapdActive, 3, 1});
    for (const AlarmColumn& column : alarm_columns()) {
      tree_.add_column(below(entry, {column.number}),
                       {&next_alarm_row, [read = column.read](Request& request, std::uint32_t row) {
                          return read_alarm(request, row, read);
                        }});
    }
  }

  void add_resync() {
    const auto name = [&](std::uint32_t number) {
      return below(arc_, {kTrapdObjects, kTrapdResync, number});
    };
    const ResyncControl& resync = from_.resync;
    scalar(name(1), [&resync](Request&) { return Value::text(resync.state().target); });
    scalar(name(2), [](Request&) { return Value::text(""); });
    scalar(name(3), [&resync](Request&) {
      return Value::integer(resync.state().running ? kRunning : kIdle);
    });
    scalar(name(4), [&resync](Request&) {
      return Value::integer(static_cast<std::int32_t>(resync.state().last_result));
    });
    scalar(name(5), [&resync](Request&) {
      return Value::unsigned_number(ber::kGauge32, resync.state().sent);
    });
  }

  void add_counters() {
    const auto name = [&](std::initializer_list<std::uint32_t> more) {
      return below(below(arc_, {kTrapdObjects, kTrapdCounters}), more);
    };
    law(name({1}), &LawCounts::received);
    law(name({2}), &LawCounts::stored);
    law(name({3}), &LawCounts::suppressed);
    law(name({4}), &LawCounts::dropped);
    law(name({5}), &LawCounts::originated);
    const auto next = [](Request& request, std::uint32_t from) -> std::optional<std::uint32_t> {
      if (from > request.law().reasons.size()) return std::nullopt;
      return from;
    };
    const auto reason = [&](std::uint32_t column, auto read) {
      tree_.add_column(name({kTrapdReasonTable, 1, column}),
                       {next, [read](Request& request, std::uint32_t row) -> std::optional<Value> {
                          const auto& reasons = request.law().reasons;
                          if (row == 0 || row > reasons.size()) return std::nullopt;
                          return read(reasons[row - 1]);
                        }});
    };
    reason(2, [](const LawCounts::Reason& one) { return Value::text(one.name); });
    reason(3, [](const LawCounts::Reason& one) {
      return Value::unsigned_number(ber::kCounter64, one.count);
    });
  }

  const ObjectSources& from_;
  const Arcs arc_;
  ObjectTree tree_;
};

}  // namespace

ObjectTree make_objects(const ObjectSources& sources) { return Builder(sources).build(); }

WritableObjects writable_objects(const snmp::Oid& mib_arc) {
  const Arcs arc = mib_arc.view().arcs();
  return {below(arc, {kTrapdObjects, kTrapdResync, 1, 0}),
          below(arc, {kTrapdObjects, kTrapdResync, 2, 0})};
}

}  // namespace trapd::agent
