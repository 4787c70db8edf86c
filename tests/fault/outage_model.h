// SPDX-License-Identifier: Apache-2.0
// What a list of alarms should be after an outage of many devices, in plain maps and by plain rules
// of its own: nothing here calls the code that it is compared with. Times in seconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace trapd::fault {

struct OutageLimits {
  std::int64_t flap_changes = 4;
  std::int64_t flap_within = 60;
  std::int64_t flap_hold = 300;
  std::int64_t threshold = 20;
  std::int64_t interval = 30;
  std::int64_t grace = 900;
  std::int64_t inform_known = 305;
};

/// One notification.
struct Sent {
  enum class What : std::uint8_t { kEvent, kRaise, kClear };
  enum class Restart : std::uint8_t { kNo, kClears, kMarks };
  What what = What::kEvent;
  int device = 0;
  std::string name = {};
  std::string resource = {};
  int severity = 4;
  std::int64_t timeout = 0;
  Restart restart = Restart::kNo;
  std::uint64_t inform = 0;  // 0 = a trap
};

class OutageModel {
 public:
  using Key = std::tuple<int, std::string, std::string>;
  struct Alarm {
    int severity = 0;
    std::int64_t count = 0;
    std::int64_t raised = 0;
    std::int64_t last = 0;
    std::int64_t timeout = 0;
    bool unsure = false;
    std::int64_t changes = 0;  // 0 = does not flap
    bool cleared = false;
    std::int64_t changed = 0;
    std::int64_t due = -1;
  };

  std::map<Key, Alarm> alarms;
  std::uint64_t stored = 0;
  std::uint64_t resent = 0;
  std::uint64_t suppressed = 0;

  void take(const Sent& sent, std::int64_t now) {
    if (sent.inform != 0) {
      const auto known = informs_.find(sent.inform);
      if (known != informs_.end() && now - known->second.since <= limits_.inform_known) {
        ++resent;
        return;
      }
      informs_[sent.inform] = {now, true};
    }
    const Key key{sent.device, sent.name, sent.resource};
    if (too_many(key, news(sent, key), now)) {
      ++suppressed;
      if (sent.inform != 0) informs_[sent.inform].stored = false;
      const auto alarm = alarms.find(key);
      const bool heard = sent.what == Sent::What::kRaise && alarm != alarms.end() &&
                         alarm->second.changes == 0 && alarm->second.timeout != 0;
      if (heard) alarm->second.due = now + alarm->second.timeout;
      return;
    }
    ++stored;
    if (sent.what == Sent::What::kRaise) raise(sent, key, now);
    if (sent.what == Sent::What::kClear) clear(key, now);
    if (sent.restart != Sent::Restart::kNo) restart_device(sent);
  }

  /// What time brings.
  void pass(std::int64_t now) {
    for (auto alarm = alarms.begin(); alarm != alarms.end();) {
      Alarm& state = alarm->second;
      if (state.due < 0 || state.due > now) {
        ++alarm;
      } else if (state.changes != 0 && !state.cleared) {
        state.changes = 0;
        state.due = state.timeout != 0 ? now + state.timeout : -1;
        ++alarm;
      } else {
        alarm = alarms.erase(alarm);
      }
    }
    for (auto active = suppressing_.begin(); active != suppressing_.end();) {
      if (active->second.until > now) {
        ++active;
      } else if (active->second.count >= limits_.threshold) {
        active->second = {0, now + limits_.interval};
        ++active;
      } else {
        active = suppressing_.erase(active);
      }
    }
  }

  /// trapd is stopped and started at once.
  void restart(std::int64_t now) {
    for (auto& [key, state] : alarms) {
      const std::int64_t patience = state.changes != 0 ? limits_.flap_hold : state.timeout;
      if (patience == 0) continue;
      const std::int64_t last = state.changes != 0 ? state.changed : state.last;
      state.due =
          now + std::clamp(last + patience - now, std::min(patience, limits_.grace), patience);
    }
    counting_.clear();
    for (auto& [key, active] : suppressing_) active = {limits_.threshold, now + limits_.interval};
    std::erase_if(informs_, [](const auto& inform) { return !inform.second.stored; });
  }

  std::set<int> flapping_devices() const {
    std::set<int> devices;
    for (const auto& [key, state] : alarms) {
      if (state.changes != 0) devices.insert(std::get<0>(key));
    }
    return devices;
  }
  std::size_t suppressing() const { return suppressing_.size(); }

 private:
  struct Window {
    std::int64_t since = 0;
    std::int64_t changes = 0;
  };
  struct Count {
    std::int64_t count = 0;
    std::int64_t until = 0;
  };
  struct Inform {
    std::int64_t since = 0;
    bool stored = true;
  };

  bool news(const Sent& sent, const Key& key) const {
    for (auto alarm = alarms.lower_bound({sent.device, "", ""});
         sent.restart != Sent::Restart::kNo && alarm != alarms.end() &&
         std::get<0>(alarm->first) == sent.device;
         ++alarm) {
      if (sent.restart == Sent::Restart::kClears || !alarm->second.unsure) return true;
    }
    if (sent.what == Sent::What::kEvent) return false;
    const auto found = alarms.find(key);
    if (found == alarms.end()) return sent.what == Sent::What::kRaise;
    const Alarm& state = found->second;
    if (sent.what == Sent::What::kClear) return !state.cleared;
    return state.cleared || state.severity != sent.severity || state.unsure;
  }

  bool too_many(const Key& key, bool needed, std::int64_t now) {
    const auto active = suppressing_.find(key);
    if (active != suppressing_.end()) {
      ++active->second.count;
      return !needed;
    }
    Count& count = counting_[key];
    if (count.until <= now) count = {0, now + limits_.interval};
    if (++count.count >= limits_.threshold) {
      suppressing_[key] = count;
      counting_.erase(key);
    }
    return false;
  }

  void raise(const Sent& sent, const Key& key, std::int64_t now) {
    const auto found = alarms.find(key);
    if (found == alarms.end()) {
      Alarm& state = alarms[key];
      state.raised = now;
      latest(sent, now, &state);
      state.due = sent.timeout != 0 ? now + sent.timeout : -1;
      const auto window = windows_.find(key);
      if (window == windows_.end() || now - window->second.since > limits_.flap_within) return;
      if (++window->second.changes >= limits_.flap_changes) {
        flap(window->second.changes, false, now, &state);
        windows_.erase(window);
      }
      return;
    }
    Alarm& state = found->second;
    const bool change = state.cleared || state.severity != sent.severity;
    const bool begins = state.changes == 0 && change && too_often(key, state, now);
    latest(sent, now, &state);
    if (begins) {
      flap(windows_[key].changes, false, now, &state);
      windows_.erase(key);
    } else if (state.changes == 0) {
      state.due = sent.timeout != 0 ? now + sent.timeout : -1;
    } else if (change) {
      flap(state.changes + 1, false, now, &state);
    }
  }

  void clear(const Key& key, std::int64_t now) {
    const auto found = alarms.find(key);
    if (found == alarms.end()) return;
    Alarm& state = found->second;
    if (state.changes != 0) {
      state.last = now;
      if (!state.cleared) flap(state.changes + 1, true, now, &state);
      return;
    }
    if (!too_often(key, state, now)) {
      alarms.erase(found);
      return;
    }
    state.last = now;
    flap(windows_[key].changes, true, now, &state);
    windows_.erase(key);
  }

  /// A clear or another severity of an alarm that is active.
  bool too_often(const Key& key, const Alarm& state, std::int64_t now) {
    Window& window = windows_[key];
    if (window.changes == 0 || now - window.since > limits_.flap_within) {
      const bool with_raise = now - state.raised <= limits_.flap_within;
      window = {with_raise ? state.raised : now, with_raise ? 2 : 1};
    } else {
      ++window.changes;
    }
    return window.changes >= limits_.flap_changes;
  }

  static void latest(const Sent& sent, std::int64_t now, Alarm* state) {
    ++state->count;
    state->severity = sent.severity;
    state->last = now;
    state->timeout = sent.timeout;
    state->unsure = false;
  }

  void flap(std::int64_t changes, bool cleared, std::int64_t now, Alarm* state) {
    state->changes = changes;
    state->cleared = cleared;
    state->changed = now;
    state->due = now + limits_.flap_hold;
  }

  void restart_device(const Sent& sent) {
    auto alarm = alarms.lower_bound({sent.device, "", ""});
    while (alarm != alarms.end() && std::get<0>(alarm->first) == sent.device) {
      if (sent.restart == Sent::Restart::kClears) {
        alarm = alarms.erase(alarm);
      } else {
        (alarm++)->second.unsure = true;
      }
    }
  }

  const OutageLimits limits_{};
  std::map<Key, Window> windows_;
  std::map<Key, Count> counting_;
  std::map<Key, Count> suppressing_;
  std::map<std::uint64_t, Inform> informs_;
};

}  // namespace trapd::fault
