// SPDX-License-Identifier: Apache-2.0
// Certificates that trapd uses, and one alarm for each file that holds one near its end, in the
// steps that devices use for theirs:
//
//   more than 30 days --> quiet      30 days --> minor      7 days, 1 day --> major
//   expired --> critical             another file in its place --> cleared
//
// A file with several (a chain, a list of authorities) counts for the one that ends first.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "trapd/alarm/own_condition.h"
#include "trapd/base/error.h"

namespace trapd::health {

struct Certificate {
  std::string subject;  // RFC 2253 form, at most 200 octets
  std::int64_t not_after_s = 0;
};

/// The one of a PEM file that ends first. Errors: cannot be read; holds none.
Result<Certificate> first_to_expire(const std::string& path);

/// One thread. Reads the files again at each look: they may be replaced at any time.
class CertificateWatch {
 public:
  explicit CertificateWatch(alarm::OwnConditionSink& sink) : sink_(sink) {}
  /// The files in use from now on; the alarms of others end.
  void follow(std::set<std::string> files);
  /// An alarm that was active when the last process ended.
  void resume(const std::string& file);
  /// Once an hour is enough. What cannot be read is left as it is: whoever uses it says so.
  void look(std::int64_t wall_ns);

 private:
  enum class Step : std::uint8_t { kUnknown, kQuiet, kMonth, kWeek, kDay, kExpired };
  static Step step_of(std::int64_t left_s);
  void look_at(const std::string& file, Step* told, std::int64_t now_s);
  bool tell(const std::string& file, Step step, const std::string& text);
  void end(const std::string& file);

  alarm::OwnConditionSink& sink_;
  std::map<std::string, Step> told_;  // by file
  std::set<std::string> to_end_;      // alarms whose end the sink did not take
};

}  // namespace trapd::health
