// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "trapd/base/fd.h"

using namespace trapd;

namespace {

// What `body` writes to standard error.
template <typename Body>
std::string logged(Body body) {
  std::fflush(stderr);
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  const Fd saved(::dup(STDERR_FILENO));
  ::dup2(::fileno(file), STDERR_FILENO);
  body();
  std::fflush(stderr);
  ::dup2(saved.get(), STDERR_FILENO);
  std::string text(4096, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

std::size_t lines(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += c == '\n' ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("log: a line stays a line whatever is in it") {
  const std::string text = logged([] { log::info("user \"{}\"", "a\r\nb\x1b[31m\x7f"); });
  CHECK(lines(text) == 1);
  CHECK(text.find("a\\x0d\\x0ab\\x1b[31m\\x7f") != std::string::npos);
}

TEST_CASE("log: levels below the one that was set are left out") {
  CHECK(logged([] { log::write(log::Level::kDebug, "quiet"); }).empty());
  log::set_level(log::Level::kError);
  CHECK(logged([] { log::warning("quiet {}", 1); }).empty());
  CHECK(lines(logged([] { log::error("loud {}", 1); })) == 1);
  log::set_level(log::Level::kInfo);
}

TEST_CASE("log: a limited line appears once for each key, not once for each call") {
  const std::string text = logged([] {
    for (int i = 0; i < 1000; ++i) log::limited(log::Level::kWarning, "key-a", "line a");
    log::limited(log::Level::kWarning, "key-b", "line b");
  });
  // A second may have passed meanwhile on a slow machine.
  CHECK(lines(text) >= 2);
  CHECK(lines(text) < 20);
  CHECK(text.find("line b") != std::string::npos);
}

TEST_CASE("log: a stranger's keys, however many, fold no line of ours") {
  const std::string text = logged([] {
    for (int i = 0; i < 5000; ++i) {
      log::limited(log::Level::kDebug, "from " + std::to_string(i), "x", log::KeyOf::kStranger);
    }
    for (int i = 0; i < 10; ++i) {
      log::limited(log::Level::kWarning, "ours " + std::to_string(i), "ours");
    }
  });
  CHECK(lines(text) == 10);
}
