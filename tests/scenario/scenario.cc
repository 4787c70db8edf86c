// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/scenario.h"

#include <fmt/format.h>

#include <utility>

#include "tests/scenario/failure.h"
#include "tests/scenario/options.h"

namespace trapd::scenario {
namespace {

constexpr std::int64_t kRepeatMax = 100'000;

void need(const std::vector<std::string>& words, std::size_t count) {
  if (words.size() != count) {
    throw Mistake(words[0] + " takes " + std::to_string(count - 1) + " word(s) behind it");
  }
}

}  // namespace

Scenario::Scenario(const Receiver::Places& places, bool verbose)
    : receiver_(places),
      sender_(receiver_),
      step_(receiver_),
      began_ns_(receiver_.now_ns()),
      verbose_(verbose) {}

void Scenario::start() {
  receiver_.start();
  step_.begin(true);
  expecting_ = false;
}

void Scenario::begin_step() {
  if (std::exchange(expecting_, false)) step_.begin(false);
}

void Scenario::run(const Line& line) {
  const Words& words = line.words;
  if (verbose_) fmt::print("{}: {}\n", line.number, fmt::join(words, " "));
  if (words[0] == "config") return configure(line);
  if (words[0] == "expect") {
    if (!receiver_.running()) {
      if (expectations_ > 0) throw Mistake("trapd is stopped");
      start();
    }
    if (!expecting_ && verbose_) fmt::print("  {}\n", step_.text());
    expecting_ = true;
    ++expectations_;
    return step_.expect(words);
  }
  begin_step();
  act(words);
}

/// config, or config refused TEXT: a reload that must fail, and why.
void Scenario::configure(const Line& line) {
  begin_step();
  if (line.words.size() == 1) return receiver_.configure(line.block);
  need(line.words, 3);
  if (line.words[1] != "refused") throw Mistake("expected: config refused TEXT");
  if (!receiver_.running()) start();
  std::string why = "it is in force";
  try {
    receiver_.configure(line.block);
  } catch (const Mistake& refused) {
    why = refused.what();
  }
  if (why.find(line.words[2]) == std::string::npos) throw Disappointment(line.words[2], why);
  ++expectations_;
}

void Scenario::act(const Words& words) {
  if (act_on_time(words) || act_on_process(words)) return;
  if (words[0] == "sender") return sender_.set_defaults(words);
  if (words[0] == "name") {
    if (words.size() != 3 && words.size() != 4) throw Mistake("expected: name NAME OID [TYPE]");
    return sender_.objects().add(words[1], words[2], words.size() == 4 ? words[3] : "");
  }
  if (!receiver_.running()) start();
  if (!act_as_sender(words) && !act_as_operator(words)) {
    throw Mistake("nobody can do '" + words[0] + "'");
  }
}

bool Scenario::act_on_time(const Words& words) {
  if (words[0] == "wait") {
    need(words, 2);
    receiver_.wait(duration_ns(words[1]));
  } else if (words[0] == "at") {
    need(words, 2);
    const std::int64_t ahead_ns = began_ns_ + duration_ns(words[1]) - receiver_.now_ns();
    if (ahead_ns < 0) throw Mistake("time does not run backwards");
    receiver_.wait(ahead_ns);
  } else if (words[0] == "wall-clock") {
    need(words, 2);
    const bool back = words[1].starts_with("-");
    const std::int64_t by_ns = duration_ns(words[1].substr(back ? 1 : 0));
    receiver_.step_wall_clock(back ? -by_ns : by_ns);
  } else {
    return false;
  }
  return true;
}

bool Scenario::act_on_process(const Words& words) {
  if (words[0] != "start" && words[0] != "stop" && words[0] != "restart") return false;
  need(words, 1);
  if (words[0] != "start") {
    if (!receiver_.running()) throw Mistake("trapd is not running");
    receiver_.stop();
  } else if (receiver_.running()) {
    throw Mistake("trapd is running");
  }
  if (words[0] != "stop") start();
  return true;
}

bool Scenario::act_as_operator(const Words& words) {
  if (words[0] == "forget-engine") {
    need(words, 2);
    receiver_.forget_engine(octets(words[1], "engine"));
  } else if (words[0] == "acknowledge") {
    receiver_.acknowledge(step_.active(words, 1).id);
  } else if (words[0] == "clear") {
    receiver_.clear_alarm(step_.active(words, 1).id);
  } else {
    return false;
  }
  return true;
}

bool Scenario::act_as_sender(const Words& words) {
  if (Sender::sends(words[0])) {
    deliver(sender_.send(words));
  } else if (words[0] == "repeat") {
    if (words.size() < 3) throw Mistake("expected: repeat TIMES trap …");
    const std::int64_t times = number(words[1], "repeat", 1, kRepeatMax);
    const Words line(words.begin() + 2, words.end());
    for (std::int64_t i = 0; i < times; ++i) {
      if (!act_as_sender(line)) throw Mistake("'" + line[0] + "' cannot be repeated");
    }
  } else if (words[0] == "again") {
    send_again(words);
  } else if (words[0] == "hex") {
    send_octets(words);
  } else if (words[0] == "keep") {
    need(words, 2);
    kept_[words[1]] = last_;
  } else {
    return false;
  }
  return true;
}

/// again [from=ADDRESS] [NAME]: the same octets as the last datagram, or as one that was kept.
void Scenario::send_again(const Words& words) {
  std::size_t at = 1;
  Options given(words, &at);
  const Words rest(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  if (rest.size() > 1) throw Mistake("expected: again [from=ADDRESS] [NAME]");
  if (!rest.empty() && kept_.count(rest[0]) == 0) throw Mistake("nothing was kept as " + rest[0]);
  Sent sent = rest.empty() ? last_ : kept_[rest[0]];
  if (sent.datagram.empty()) throw Mistake("nothing was sent yet");
  Options from = given;
  if (given.take("from")) sent.source = sender_.source(&from);
  given.finish();
  deliver(std::move(sent));
}

/// hex [from=ADDRESS] OCTETS…
void Scenario::send_octets(const Words& words) {
  std::size_t at = 1;
  Options given(words, &at);
  const Endpoint from = sender_.source(&given);
  given.finish();
  std::string digits;
  for (; at < words.size(); ++at) digits += words[at];
  deliver({octets(digits, "hex"), from});
}

void Scenario::deliver(Sent sent) {
  if (verbose_) fmt::print("  {} from {}\n", to_hex(sent.datagram), sent.source.text());
  last_ = std::move(sent);
  receiver_.receive(last_.datagram, last_.source);
}

void Scenario::finish() {
  if (expectations_ == 0) throw Mistake("a scenario that expects nothing proves nothing");
  if (receiver_.running()) receiver_.stop();
}

}  // namespace trapd::scenario
