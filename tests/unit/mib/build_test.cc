// SPDX-License-Identifier: Apache-2.0
#include "mib/build.h"

#include <sys/stat.h>

#include <chrono>

#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {

std::string module_text(std::string_view name, std::string_view number) {
  return std::string(name) + "-MIB DEFINITIONS ::= BEGIN\nIMPORTS enterprises FROM SNMPv2-SMI;\n" +
         "node" + std::string(name) + " OBJECT IDENTIFIER ::= { enterprises 55555 " +
         std::string(number) + " }\nEND\n";
}

/// A stand-in for the compiler that does what the shell lines say.
std::string script(const TempDir& dir, std::string_view lines) {
  const std::string path = dir / "compiler.sh";
  write_file(path, "#!/bin/sh\n" + std::string(lines) + "\n");
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  return path;
}

}  // namespace

TEST_CASE("equal inputs reuse the index, changed ones make it anew") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "mibs");
  write_file(dir / "mibs/A.txt", module_text("A", "20"));
  const BuildOptions options = build_options(dir, {dir / "mibs"});

  auto first = build_or_reuse(options);
  REQUIRE(first.has_value());
  CHECK(!first->reused);
  CHECK(oid_text(*first->index, "nodeA") == "1.3.6.1.4.1.55555.20");
  auto second = build_or_reuse(options);
  REQUIRE(second.has_value());
  CHECK(second->reused);

  write_file(dir / "mibs/A.txt", module_text("A", "21"));
  auto changed = build_or_reuse(options);
  REQUIRE(changed.has_value());
  CHECK(!changed->reused);
  CHECK(oid_text(*changed->index, "nodeA") == "1.3.6.1.4.1.55555.21");
  // The index that was handed out before is still whole.
  CHECK(oid_text(*first->index, "nodeA") == "1.3.6.1.4.1.55555.20");

  write_file(dir / "mibs/notes.txt", "no module");
  CHECK(build_or_reuse(options)->reused);
  write_file(dir / "mibs/B.txt", module_text("B", "22"));
  CHECK(!build_or_reuse(options)->reused);
}

TEST_CASE("equal inputs give the same octets") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {data_dir()});
  REQUIRE(build_or_reuse(options).has_value());
  const std::string first = read_file(options.output);
  options.output = dir / "other.index";
  REQUIRE(build_or_reuse(options).has_value());
  CHECK(first == read_file(options.output));
}

TEST_CASE("a damaged index is made anew") {
  const TempDir dir;
  const BuildOptions options = build_options(dir, {});
  REQUIRE(build_or_reuse(options).has_value());
  std::string bytes = read_file(options.output);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(options.output, bytes);
  auto again = build_or_reuse(options);
  REQUIRE(again.has_value());
  CHECK(!again->reused);
}

TEST_CASE("a compiler that crashes leaves the old index and names what it read") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {});
  REQUIRE(build_or_reuse(options).has_value());
  const std::string before = read_file(options.output);
  options.inputs.modules = {"IF-MIB"};  // other inputs
  options.compiler = script(dir, "echo 'crashed while reading /x/EVIL.txt' >&2; kill -SEGV $$");
  const auto build = build_or_reuse(options);
  REQUIRE(!build.has_value());
  CHECK(build.error().text ==
        "the MIB compiler was ended by signal 11: crashed while reading /x/EVIL.txt");
  CHECK(read_file(options.output) == before);
  CHECK(MibIndex::open(options.output).has_value());
}

TEST_CASE("a compiler that fails, or says it did well and wrote nothing, is an error") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {});
  options.compiler = script(dir, "echo 'no room' >&2; exit 1");
  CHECK(build_or_reuse(options).error().text == "the MIB compiler failed with status 1: no room");
  options.compiler = script(dir, "exit 0");
  CHECK(!build_or_reuse(options).has_value());
  options.compiler = dir / "absent";
  CHECK(build_or_reuse(options).error().text ==
        "cannot run " + (dir / "absent") + ": No such file or directory");
}

TEST_CASE("a compiler that takes too long is stopped") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {});
  options.time_limit = std::chrono::milliseconds(200);
  const char* const endless[] = {"exec sleep 600", "exec sleep 600 2>&-"};
  for (const char* const lines : endless) {
    options.compiler = script(dir, lines);
    const auto start = std::chrono::steady_clock::now();
    const auto build = build_or_reuse(options);
    REQUIRE(!build.has_value());
    CHECK(build.error().text == "the MIB compiler took longer than 200 ms and was stopped");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("a compiler that floods its standard error does not fill our memory") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {});
  options.compiler = script(dir, "head -c 50000000 /dev/zero >&2; exit 3");
  const auto build = build_or_reuse(options);
  REQUIRE(!build.has_value());
  CHECK(build.error().text.find("status 3") != std::string::npos);
}

}  // namespace trapd::mib::test
