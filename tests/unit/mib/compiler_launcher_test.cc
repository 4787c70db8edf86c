// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler_launcher.h"

#include <sys/stat.h>

#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {

std::string script(const TempDir& dir, std::string_view lines) {
  const std::string path = dir / "compiler.sh";
  write_file(path, "#!/bin/sh\n" + std::string(lines) + "\n");
  REQUIRE(::chmod(path.c_str(), 0755) == 0);
  return path;
}

std::unique_ptr<CompilerLauncher> launcher_of(const std::string& compiler) {
  auto launcher =
      CompilerLauncher::start(compiler, [](const std::vector<std::string>& words) -> Status {
        if (words == std::vector<std::string>{"never", ""}) return failure("cannot become never");
        return {};
      });
  REQUIRE(launcher.has_value());
  return std::move(*launcher);
}

}  // namespace

TEST_CASE("an index is made through the launcher as it is without") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {data_dir()});
  REQUIRE(build_or_reuse(options).has_value());
  const std::string direct = read_file(options.output);
  const auto launcher = launcher_of(options.compiler);
  options.launcher = launcher.get();
  options.output = dir / "launched.index";
  const auto built = build_or_reuse(options);
  REQUIRE(built.has_value());
  CHECK(!built->reused);
  CHECK(read_file(options.output) == direct);
}

TEST_CASE("the launcher hands on every argument, and runs its own compiler only") {
  const TempDir dir;
  const auto launcher = launcher_of(script(dir, "echo \"$@\" >&2; exit 7"));
  BuildOptions options;
  options.compiler = "/bin/false";
  options.inputs = {"/base", {"/one", "/two dirs"}, {"A-MIB", "B-MIB"}};
  options.output = "/out";
  const Status ran = launcher->run(options);
  REQUIRE(!ran.has_value());
  CHECK(ran.error().text ==
        "the MIB compiler failed with status 7: --output /out --base /base --modules A-MIB,B-MIB "
        "-- /one /two dirs");
}

TEST_CASE("the launcher tells of crashes and stops what takes too long, again and again") {
  const TempDir dir;
  const std::string compiler = script(dir, "exec sleep 600");
  const auto launcher = launcher_of(compiler);
  BuildOptions options;
  options.time_limit = std::chrono::milliseconds(100);
  CHECK(launcher->run(options).error().text ==
        "the MIB compiler took longer than 100 ms and was stopped");
  options.time_limit = std::chrono::seconds(20);
  script(dir, "kill -SEGV $$");
  CHECK(launcher->run(options).error().text == "the MIB compiler was ended by signal 11: ");
  script(dir, "exit 0");
  CHECK(launcher->run(options).has_value());
}

TEST_CASE("what confines the launcher runs in it, and its error comes back") {
  const TempDir dir;
  const auto launcher = launcher_of(dir / "absent");
  CHECK(launcher->confine({"user"}).has_value());
  CHECK(launcher->confine({"never", ""}).error().text == "cannot become never");
  CHECK(launcher->run({}).error().text ==
        "cannot run " + (dir / "absent") + ": No such file or directory");
}

TEST_CASE("a request that is too long is refused and does no harm") {
  const TempDir dir;
  const auto launcher = launcher_of(script(dir, "exit 0"));
  BuildOptions options;
  options.inputs.modules.assign(300'000, "SOME-MIB");
  CHECK(launcher->run(options).error().text == "too many MIB directories or modules");
  CHECK(launcher->run({}).has_value());
}

}  // namespace trapd::mib::test
