// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/step.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "tests/scenario/failure.h"
#include "tests/scenario/options.h"

namespace trapd::scenario {
namespace {

using Words = std::vector<std::string>;

std::string joined(const Words& words) {
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) text += (i > 1 ? " " : "") + words[i];
  return text;
}

const std::string& word(const Words& words, std::size_t at) {
  if (at >= words.size()) throw Mistake("'" + joined(words) + "' is not finished");
  return words[at];
}

void end(const Words& words, std::size_t at) {
  if (at < words.size()) throw Mistake("'" + words[at] + "' means nothing here");
}

std::uint64_t count_word(const Words& words, std::size_t at) {
  end(words, at + 1);
  return static_cast<std::uint64_t>(
      number(word(words, at), "a count", 0, std::numeric_limits<std::int64_t>::max()));
}

Wanted wanted(const Words& words, std::size_t at) {
  Options given(words, &at);
  end(words, at);
  return {given.take_all()};
}

/// Index of the first that fits and is not used yet; all.size() when there is none.
std::size_t find(const std::vector<Facts>& all, const std::set<std::size_t>& used,
                 const std::string& kind, const std::string& name, const Wanted& values) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (used.count(i) == 0 && all[i].fits(kind, name, values)) return i;
  }
  return all.size();
}

/// Hexadecimal digits, those wanted with `.` for any.
bool same_octets(const std::string& wanted, const std::string& found) {
  return wanted.size() == found.size() &&
         std::equal(wanted.begin(), wanted.end(), found.begin(), [](char want, char digit) {
           return want == '.' || std::tolower(static_cast<unsigned char>(want)) == digit;
         });
}

bool is_a_count(const std::string& what) {
  static const std::set<std::string> kCounts = {
      "received", "stored", "originated", "suppressed", "dropped", "tolerated", "silent-drops"};
  return kCounts.count(what) != 0;
}

}  // namespace

void Step::begin(bool new_process) {
  counts_ = new_process || !receiver_.running() ? Counts() : receiver_.counts();
  first_record_ = receiver_.records().size();
  first_answer_ = receiver_.answers().size();
  used_records_.clear();
  used_answers_.clear();
}

std::vector<Facts> Step::records() const {
  const auto& all = receiver_.records();
  return {all.begin() + static_cast<std::ptrdiff_t>(first_record_), all.end()};
}

std::vector<Facts> Step::answers() const {
  std::vector<Facts> all;
  for (std::size_t i = first_answer_; i < receiver_.answers().size(); ++i) {
    all.push_back(receiver_.answers()[i].facts);
  }
  return all;
}

std::vector<Facts> Step::actives() const {
  std::vector<Facts> all;
  for (const alarm::AlarmState& alarm : receiver_.alarms()) all.push_back(facts_of(alarm));
  return all;
}

std::string Step::text() const {
  return (receiver_.counts() - counts_).text() + "\n  records:  " + text_of(records()) +
         "\n  answers:  " + text_of(answers()) + "\n  active:   " + text_of(actives());
}

void Step::expect(const Words& words) {
  const std::string& what = word(words, 1);
  if (what == "no") return expect_no(words);
  if (!expect_count(words) && !expect_answer(words) && !expect_octets(words) &&
      !expect_record(words) && !expect_state(words)) {
    throw Mistake("nobody can expect '" + what + "'");
  }
}

std::uint64_t Step::counted(const Words& words) const {
  const Counts now = receiver_.counts() - counts_;
  const std::string& what = words[1];
  if (what == "received") return now.received;
  if (what == "stored") return now.stored;
  if (what == "originated") return now.originated;
  if (what == "silent-drops") return now.silent_drops;
  if (what == "tolerated") return now.tolerated[static_cast<std::size_t>(deviation(words[2]))];
  if (words.size() == 3) return what == "dropped" ? now.dropped_total() : now.suppressed_total();
  if (what == "dropped") return now.dropped[static_cast<std::size_t>(drop_reason(words[2]))];
  return now.suppressed[static_cast<std::size_t>(suppress_reason(words[2]))];
}

bool Step::expect_count(const Words& words) const {
  const std::string& what = words[1];
  if (!is_a_count(what)) return false;
  const bool may_have = what == "dropped" || what == "suppressed";
  const bool has_reason = what == "tolerated" || (may_have && words.size() > 3);
  const std::uint64_t count = count_word(words, has_reason ? 3 : 2);
  if (counted(words) != count) throw Disappointment(joined(words), text());
  return true;
}

bool Step::expect_answer(const Words& words) {
  const bool report = words[1] == "report";
  if (!report && words[1] != "response") return false;
  const std::string name = report ? word(words, 2) : "";
  const std::vector<Facts> all = answers();
  const std::size_t found = find(all, used_answers_, words[1], name, wanted(words, report ? 3 : 2));
  if (found == all.size()) throw Disappointment(joined(words), text());
  used_answers_.insert(found);
  return true;
}

/// answer HEX…: octet for octet; `..` stands for any octet.
bool Step::expect_octets(const Words& words) {
  if (words[1] != "answer") return false;
  std::string digits;
  for (std::size_t i = 2; i < words.size(); ++i) digits += words[i];
  for (std::size_t i = first_answer_; i < receiver_.answers().size(); ++i) {
    const std::size_t index = i - first_answer_;
    if (used_answers_.count(index) != 0) continue;
    if (!same_octets(digits, to_hex(receiver_.answers()[i].octets))) continue;
    used_answers_.insert(index);
    return true;
  }
  throw Disappointment(joined(words), text() + octets_text());
}

std::string Step::octets_text() const {
  std::string lines;
  for (std::size_t i = first_answer_; i < receiver_.answers().size(); ++i) {
    lines += "\n  octets:   " + to_hex(receiver_.answers()[i].octets);
  }
  return lines;
}

/// alarm raised NAME …, event NAME …, acknowledgement NAME …
bool Step::expect_record(const Words& words) {
  const bool alarm = words[1] == "alarm";
  if (!alarm && words[1] != "event" && words[1] != "acknowledgement") return false;
  const std::string kind = alarm ? "alarm " + word(words, 2) : words[1];
  const std::size_t name = alarm ? 3 : 2;
  const std::vector<Facts> all = records();
  const std::size_t found =
      find(all, used_records_, kind, word(words, name), wanted(words, name + 1));
  if (found == all.size()) throw Disappointment(joined(words), text());
  used_records_.insert(found);
  return true;
}

/// own: trapd's own alarms, else those of devices.
std::uint64_t Step::own_alarms(bool own) const {
  const std::string own_device = to_hex(receiver_.own_engine());
  const auto alarms = receiver_.alarms();
  return static_cast<std::uint64_t>(std::count_if(
      alarms.begin(), alarms.end(),
      [&](const alarm::AlarmState& alarm) { return (alarm.device == own_device) == own; }));
}

alarm::AlarmState Step::active(const Words& words, std::size_t at) const {
  const Wanted values = wanted(words, at + 1);
  for (const alarm::AlarmState& alarm : receiver_.alarms()) {
    if (facts_of(alarm).fits("active", word(words, at), values)) return alarm;
  }
  throw Disappointment(joined(words), text_of(actives()));
}

bool Step::expect_state(const Words& words) const {
  const std::string& what = words[1];
  const auto compare = [&](std::uint64_t found, std::size_t at) {
    if (found != count_word(words, at)) {
      throw Disappointment(joined(words), std::to_string(found) + "\n  " + text());
    }
  };
  if (what == "active") {
    active(words, 2);
  } else if (what == "alarms") {
    compare(own_alarms(false), 2);
  } else if (what == "own" && word(words, 2) == "alarms") {
    compare(own_alarms(true), 3);
  } else if (what == "engines") {
    compare(receiver_.engines(), 2);
  } else if (what == "journal") {
    compare(receiver_.notifications(), 2);
  } else if (what == "warning") {
    end(words, 3);
    const auto& all = receiver_.warnings();
    const auto says = [&](const std::string& line) {
      return line.find(word(words, 2)) != std::string::npos;
    };
    if (std::any_of(all.begin(), all.end(), says)) return true;
    std::string lines = "no such line";
    for (const std::string& line : all) lines += "\n            " + line;
    throw Disappointment(joined(words), lines);
  } else {
    return false;
  }
  return true;
}

/// no answer, no records, no active NAME …
void Step::expect_no(const Words& words) const {
  const std::string& what = word(words, 2);
  if (what == "active") {
    const Wanted values = wanted(words, 4);
    const std::vector<Facts> all = actives();
    if (find(all, {}, "active", word(words, 3), values) != all.size()) {
      throw Disappointment(joined(words), text_of(all));
    }
    return;
  }
  end(words, 3);
  if (what != "answer" && what != "records") throw Mistake("nobody can expect no '" + what + "'");
  const std::vector<Facts> all = what == "answer" ? answers() : records();
  if (!all.empty()) throw Disappointment(joined(words), text());
}

}  // namespace trapd::scenario
