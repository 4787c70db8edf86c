// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/pdu_work.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "trapd/agent/request.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/text_octets.h"
#include "trapd/snmp/utf8.h"

namespace trapd::agent {
namespace {

// A name of 128 sub-identifiers of five octets, TrapdText, headers.
constexpr std::size_t kVarbindOctetsMax = 2048;
constexpr std::size_t kRowsAheadOfBulk = 16;

/// A response's list as it grows; stops at its bound.
class List {
 public:
  explicit List(std::size_t octets_max) : octets_max_(octets_max) {}

  bool add(snmp::OidView name, const Value& value) {
    std::array<std::uint8_t, kVarbindOctetsMax> room;
    ber::Writer writer(room);
    const ber::Value written{value.tag, value.content};
    if (!snmp::write_varbind(writer, name, written)) return false;
    const ByteView varbind = writer.done();
    if (octets_.size() + varbind.size() > octets_max_) return false;
    octets_.insert(octets_.end(), varbind.begin(), varbind.end());
    return true;
  }
  bool empty() const { return octets_.empty(); }
  Answer done() { return {ErrorStatus::kNoError, 0, std::move(octets_)}; }

 private:
  const std::size_t octets_max_;
  std::vector<std::uint8_t> octets_;
};

Answer too_big() { return {ErrorStatus::kTooBig, 0, {}}; }
Answer failed(ErrorStatus status, std::size_t index) {
  return {status, static_cast<std::int32_t>(index), {}};
}

/// Writes the next instance behind `name`, or endOfMibView, and moves the name there. nullopt:
/// it does not fit. False: the end of the view.
std::optional<bool> add_next(const ObjectTree& objects, Request& request, Arcs* name, List* list) {
  auto found = objects.next(*name, request);
  const auto oid = snmp::Oid::from_arcs(found ? found->name : *name);
  if (!oid) return std::nullopt;  // cannot be: it was, or comes from, a valid one
  if (!list->add(oid->view(), found ? found->value : Value::end_of_view())) return std::nullopt;
  if (!found) return false;
  *name = std::move(found->name);
  return true;
}

bool is_text(ByteView octets) {
  while (!octets.empty()) {
    const std::size_t character = snmp::printable_utf8_octets(octets);
    if (character == 0) return false;
    octets = octets.subspan(character);
  }
  return true;
}

/// An instance of this object, whichever.
bool is_of_object(const Arcs& name, const Arcs& instance) {
  return name.size() >= instance.size() - 1 &&
         std::equal(instance.begin(), instance.end() - 1, name.begin());
}

/// The view of every user.
bool is_in_view(const Arcs& name) {
  constexpr std::array<std::uint32_t, 4> kInternet = {1, 3, 6, 1};
  return name.size() >= kInternet.size() &&
         std::equal(kInternet.begin(), kInternet.end(), name.begin());
}

}  // namespace

Answer PduWork::get(const snmp::Pdu& pdu, std::size_t list_octets_max) const {
  Request request(readings_, 1);
  List list(list_octets_max);
  snmp::VarbindReader reader(pdu.varbinds);
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    const Value value = objects_.get(varbind.name.arcs(), request);
    if (!list.add(varbind.name, value)) return too_big();
  }
  return list.done();
}

Answer PduWork::get_next(const snmp::Pdu& pdu, std::size_t list_octets_max) const {
  Request request(readings_, 1);
  List list(list_octets_max);
  snmp::VarbindReader reader(pdu.varbinds);
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    Arcs name = varbind.name.arcs();
    if (!add_next(objects_, request, &name, &list)) return too_big();
  }
  return list.done();
}

/// error-status is non-repeaters here, error-index max-repetitions.
Answer PduWork::get_bulk(const snmp::Pdu& pdu, std::size_t list_octets_max) const {
  const std::size_t non_repeaters = std::min<std::size_t>(
      static_cast<std::size_t>(std::max(pdu.error_status, 0)), pdu.varbind_count);
  const auto repetitions =
      std::min(static_cast<std::uint32_t>(std::max(pdu.error_index, 0)), kRepetitionsMax);
  Request request(readings_, repetitions > 1 ? kRowsAheadOfBulk : 1);
  List list(list_octets_max);
  std::vector<Arcs> repeaters;
  std::size_t number = 0;
  snmp::VarbindReader reader(pdu.varbinds);
  // What does not fit is left out, at any place (RFC 3416 4.2.3); nothing at all is tooBig.
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    Arcs name = varbind.name.arcs();
    if (number++ >= non_repeaters) {
      repeaters.push_back(std::move(name));
    } else if (!add_next(objects_, request, &name, &list)) {
      return list.empty() ? too_big() : list.done();
    }
  }
  for (std::uint32_t i = 0; i < repetitions && !repeaters.empty(); ++i) {
    bool all_at_end = true;
    for (Arcs& name : repeaters) {
      const auto more = add_next(objects_, request, &name, &list);
      if (!more) return list.empty() ? too_big() : list.done();
      all_at_end = all_at_end && !*more;
    }
    if (all_at_end) break;
  }
  return list.done();
}

// --- Set ---

struct PduWork::Wishes {
  std::optional<std::string> begin;
  std::optional<std::string> cancel;
  std::size_t begin_index = 0;
};

/// RFC 3416 4.2.5 (1), (2), (7).
ErrorStatus PduWork::check_other(const Arcs& name) const {
  if (!is_in_view(name)) return ErrorStatus::kNoAccess;
  const bool other_instance =
      is_of_object(name, writable_.resync_begin) || is_of_object(name, writable_.resync_cancel);
  return other_instance ? ErrorStatus::kNoCreation : ErrorStatus::kNotWritable;
}

ErrorStatus PduWork::check_set(const snmp::Varbind& varbind, Wishes* wishes) const {
  const Arcs name = varbind.name.arcs();
  const bool begin = name == writable_.resync_begin;
  if (!begin && name != writable_.resync_cancel) return check_other(name);
  if (varbind.value.tag != ber::kOctetString) return ErrorStatus::kWrongType;
  const ByteView octets = varbind.value.content;
  if (octets.empty() || octets.size() > snmp::kAdminStringOctetsMax) {
    return ErrorStatus::kWrongLength;
  }
  const std::string target(as_text(octets));
  if (!is_text(octets) || !resync_.knows(target)) return ErrorStatus::kWrongValue;
  std::optional<std::string>& wish = begin ? wishes->begin : wishes->cancel;
  const std::optional<std::string>& other = begin ? wishes->cancel : wishes->begin;
  // Twice one object, or start and stop of one target "as if at once", has no meaning.
  if (wish || other == target) return ErrorStatus::kInconsistentValue;
  if (!begin && !resync_.is_running(target)) return ErrorStatus::kInconsistentValue;
  wish = target;
  return ErrorStatus::kNoError;
}

Answer PduWork::set(const snmp::Pdu& pdu, std::size_t list_octets_max, const Asker& asker) const {
  if (pdu.varbinds.size() > list_octets_max) return too_big();
  Wishes wishes;
  std::size_t number = 0;
  snmp::VarbindReader reader(pdu.varbinds);
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    ++number;
    const ErrorStatus status = check_set(varbind, &wishes);
    if (status != ErrorStatus::kNoError) return failed(status, number);
    if (wishes.begin && wishes.begin_index == 0) wishes.begin_index = number;
  }
  if (wishes.begin) {
    switch (resync_.begin(*wishes.begin, asker)) {
      case ResyncControl::Begin::kStarted:
        break;
      case ResyncControl::Begin::kRunning:
      case ResyncControl::Begin::kFailed:
      case ResyncControl::Begin::kUnknownTarget:  // a reload has taken it away meanwhile
        return failed(ErrorStatus::kCommitFailed, wishes.begin_index);
      case ResyncControl::Begin::kTooMany:
        return failed(ErrorStatus::kResourceUnavailable, wishes.begin_index);
    }
  }
  if (wishes.cancel) resync_.cancel(*wishes.cancel, asker);
  return {ErrorStatus::kNoError, 0, {pdu.varbinds.begin(), pdu.varbinds.end()}};
}

}  // namespace trapd::agent
