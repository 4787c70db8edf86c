// SPDX-License-Identifier: Apache-2.0
#include "mib/inputs.h"

#include <sys/stat.h>

#include <algorithm>

#include "mib/module_text.h"
#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {

const ModuleFile* file_of(const InputFiles& files, std::string_view module) {
  const auto at = std::find_if(files.files.begin(), files.files.end(),
                               [&](const ModuleFile& file) { return file.module == module; });
  return at == files.files.end() ? nullptr : &*at;
}

std::string begin(std::string_view name) {
  return std::string(name) + " DEFINITIONS ::= BEGIN\nEND\n";
}

}  // namespace

TEST_CASE("the name of a module is found behind comments, and only there") {
  CHECK(module_name("-- c\n\nA-MIB DEFINITIONS ::= BEGIN") == "A-MIB");
  CHECK(module_name("\xef\xbb\xbf"
                    "A-MIB\r\nDEFINITIONS ::= BEGIN") == "A-MIB");
  CHECK(module_name("A-MIB { iso org(3) } DEFINITIONS ::= BEGIN") == "A-MIB");
  CHECK(!module_name("A file about A-MIB DEFINITIONS").has_value());
  CHECK(!module_name("").has_value());
  CHECK(!module_name("A-MIB {").has_value());
  CHECK(!module_name(std::string(100, 'A') + " DEFINITIONS").has_value());
  CHECK(!module_name("-- A-MIB DEFINITIONS").has_value());
}

TEST_CASE("comments and strings mention no names") {
  const auto found = identifiers("ifA OBJECT \"ifB\" -- ifC\nif-D ifE--x\n");
  CHECK(found.contains("ifA"));
  CHECK(found.contains("if-D"));
  CHECK(found.contains("ifE"));
  CHECK(!found.contains("ifB"));
  CHECK(!found.contains("ifC"));
}

TEST_CASE("a fuller module of the owner's replaces ours, a thinner one does not") {
  const TempDir dir;
  const std::string ours = read_file(base_dir() + "/SNMP-COMMUNITY-MIB.txt");
  write_file(dir / "full.mib", ours + "-- more\n");
  auto full = find_inputs({base_dir(), {dir.path()}, {}});
  REQUIRE(full.has_value());
  CHECK(file_of(*full, "SNMP-COMMUNITY-MIB")->path == dir / "full.mib");
  CHECK(full->notes.empty());

  std::filesystem::remove(dir / "full.mib");
  write_file(dir / "thin.mib", ours.substr(0, ours.size() / 2));
  auto thin = find_inputs({base_dir(), {dir.path()}, {}});
  REQUIRE(thin.has_value());
  CHECK(file_of(*thin, "SNMP-COMMUNITY-MIB")->base);
  REQUIRE(thin->notes.size() == 1);
  CHECK(thin->notes[0].find("trapd's own module is used") != std::string::npos);
}

TEST_CASE("the first directory wins, and the second file is named") {
  const TempDir dir;
  for (const char* const name : {"one", "two"}) {
    std::filesystem::create_directory(dir / name);
    write_file(dir / (std::string(name) + "/x.mib"), begin("X-MIB"));
  }
  auto files = find_inputs({"", {dir / "two", dir / "one"}, {}});
  REQUIRE(files.has_value());
  REQUIRE(files->files.size() == 1);
  CHECK(files->files[0].path == dir / "two/x.mib");
  REQUIRE(files->notes.size() == 1);
  CHECK(files->notes[0] == (dir / "one/x.mib") + ": X-MIB is taken from " + (dir / "two/x.mib"));
}

TEST_CASE("what is no module or cannot be read does not stop the rest") {
  const TempDir dir;
  write_file(dir / "x.mib", begin("X-MIB"));
  write_file(dir / "notes", "hello");
  write_file(dir / ".hidden", begin("H-MIB"));
  std::filesystem::create_directory(dir / "sub");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  std::filesystem::create_symlink(dir / "nowhere", dir / "dangling");
  std::ofstream(dir / "huge").seekp(kModuleFileOctetsMax + 1).put('x');
  auto files = find_inputs({"", {dir.path(), dir / "absent"}, {}});
  REQUIRE(files.has_value());
  CHECK(files->files.size() == 1);
  CHECK(files->notes.size() == 3);  // dangling, huge, absent
}

TEST_CASE("our own directory must be there") {
  const TempDir dir;
  CHECK(!find_inputs({dir / "absent", {}, {}}).has_value());
}

TEST_CASE("the key follows contents, names and the selection") {
  const TempDir dir;
  write_file(dir / "x.mib", begin("X-MIB"));
  const Inputs inputs{"", {dir.path()}, {}};
  const InputsKey first = *inputs_key(inputs);
  CHECK(first == *inputs_key(inputs));
  CHECK(first != *inputs_key({"", {dir.path()}, {"X-MIB"}}));
  write_file(dir / "x.mib", begin("X-MIB") + " ");
  const InputsKey second = *inputs_key(inputs);
  CHECK(first != second);
  std::filesystem::rename(dir / "x.mib", dir / "y.mib");
  CHECK(second != *inputs_key(inputs));
}

}  // namespace trapd::mib::test
