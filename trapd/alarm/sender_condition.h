// SPDX-License-Identifier: Apache-2.0
// A rule's conditions on who sent a notification. Immutable; any thread; allocates nothing when
// asked.
#pragma once

#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule.h"

namespace trapd::alarm {

class SenderCondition {
 public:
  explicit SenderCondition(SenderMatch match);
  bool holds(const ClassifyContext& context) const;

 private:
  bool is_device(const ClassifyContext& context) const;
  bool is_listener(const Endpoint& listener) const;

  SenderMatch match_;
};

}  // namespace trapd::alarm
