// SPDX-License-Identifier: Apache-2.0
// What can be said of a record, an active alarm or an answer, as names with texts: what an
// expectation is compared with, and what is shown when it does not hold.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/record.h"

namespace trapd::scenario {

/// key=value, as they stand in an expectation.
struct Wanted {
  std::vector<std::pair<std::string, std::string>> values;
  std::string text() const;
};

class Facts {
 public:
  /// kind: "alarm raised", "event", "report", …; name: of the alarm, the event, the counter.
  Facts(std::string kind, std::string name) : kind_(std::move(kind)), name_(std::move(name)) {}
  Facts& add(const char* key, std::string value);

  const std::string& kind() const { return kind_; }
  const std::string& name() const { return name_; }
  /// "alarm raised linkDown resource=7 severity=major …"; what is empty is left out.
  std::string text() const;
  /// Is it of this kind and name, with these values? In a wanted name or value `*` stands for any
  /// text. Throws Mistake for a key that a thing of the kind does not have.
  bool fits(const std::string& kind, const std::string& name, const Wanted& wanted) const;

 private:
  std::string kind_;
  std::string name_;
  std::vector<std::pair<std::string, std::string>> values_;
};

Facts facts_of(const alarm::RecordView& record);
Facts facts_of(const alarm::AlarmState& alarm);
/// One line each.
std::string text_of(const std::vector<Facts>& all);

}  // namespace trapd::scenario
