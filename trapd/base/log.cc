// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

#include "trapd/base/clock.h"
#include "trapd/base/guarded.h"
#include "trapd/base/line_limiter.h"

namespace trapd::log {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("trapd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    // Under systemd the journal has the time already and wants the level as a prefix.
    made->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%v"
                                                               : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view journal_prefix(Level level) {
  if (std::getenv("JOURNAL_STREAM") == nullptr) return "";
  switch (level) {
    case Level::kDebug:
      return "<7>";
    case Level::kInfo:
      return "<6>";
    case Level::kWarning:
      return "<4>";
    case Level::kError:
      return "<3>";
  }
  return "<3>";
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

void set_level(Level level) { logger().set_level(spdlog_level(level)); }

void write(Level level, std::string_view text) {
  logger().log(spdlog_level(level), "{}{}", journal_prefix(level), one_line(text));
}

void limited(Level level, std::string_view key, std::string_view text, KeyOf key_of) {
  static Guarded<LineLimiter> ours;
  static Guarded<LineLimiter> strangers;
  const std::int64_t now_ns = SystemClock().monotonic_ns();
  const LineLimiter::Verdict verdict =
      (key_of == KeyOf::kTrapd ? ours : strangers).with([&](LineLimiter& limiter) {
        return limiter.take(key, now_ns);
      });
  if (!verdict.pass) return;
  write(level, verdict.left_out == 0 ? std::string(text)
                                     : fmt::format("{} ({} more like it)", text, verdict.left_out));
}

}  // namespace trapd::log
