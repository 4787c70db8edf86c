// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "trapd/alarm/own_condition.h"

namespace trapd::alarm {

/// What is active, with how bad it is and what it says.
class RecordingSink final : public OwnConditionSink {
 public:
  struct Active {
    Severity severity = Severity::kCleared;
    std::string text;
  };
  bool raise_as(OwnCondition condition, Severity severity, std::string resource,
                std::string text) override {
    const std::lock_guard hold(mutex_);
    if (full) return false;
    ++raises_;
    active_[{condition, std::move(resource)}] = {severity, std::move(text)};
    return true;
  }
  bool clear(OwnCondition condition, std::string resource, std::string text) override {
    const std::lock_guard hold(mutex_);
    if (full) return false;
    last_clear_ = std::move(text);
    active_.erase({condition, std::move(resource)});
    return true;
  }
  Active find(OwnCondition condition, const std::string& resource) const {
    const std::lock_guard hold(mutex_);
    const auto found = active_.find({condition, resource});
    return found == active_.end() ? Active{} : found->second;
  }
  std::size_t size() const {
    const std::lock_guard hold(mutex_);
    return active_.size();
  }
  int raises() const {
    const std::lock_guard hold(mutex_);
    return raises_;
  }
  std::string last_clear() const {
    const std::lock_guard hold(mutex_);
    return last_clear_;
  }

  /// Too many wait: nothing is taken.
  std::atomic<bool> full{false};

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<OwnCondition, std::string>, Active> active_;
  int raises_ = 0;
  std::string last_clear_;
};

}  // namespace trapd::alarm
