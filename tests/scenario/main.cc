// SPDX-License-Identifier: Apache-2.0
// scenario [--verbose] SOURCE_DIR MIB_INDEX FILE.scn
//
// Exit 0: everything was as expected. 1: an expectation does not hold; FILE:LINE, expected and got
// are on standard error. 2: the scenario or its configuration cannot be understood.
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/scenario/failure.h"
#include "tests/scenario/scenario.h"
#include "trapd/base/log.h"

namespace {

using namespace trapd::scenario;
namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_((fs::temp_directory_path() / "trapd-scenario-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Arguments {
  bool verbose = false;
  std::string source;
  std::string mib_index;
  std::string file;
};

/// Errors get the place in front and keep their type.
template <typename Step>
void at_line(const std::string& place, Step&& step) {
  try {
    step();
  } catch (const Disappointment& failed) {
    std::fprintf(stderr, "%s: %s\n", place.c_str(), failed.what());
    throw;
  } catch (const Mistake& mistake) {
    std::fprintf(stderr, "%s: error: %s\n", place.c_str(), mistake.what());
    throw;
  }
}

std::vector<Line> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw Mistake("cannot be read");
  return parse_lines(text.str());
}

void run(const Arguments& arguments) {
  const std::string& file = arguments.file;
  std::vector<Line> lines;
  at_line(file, [&] { lines = read(file); });
  const TemporaryDirectory directory;
  const fs::path source = fs::absolute(arguments.source);
  Scenario scenario({directory.path(), (source / "conf").string(),
                     fs::absolute(file).parent_path().string(), arguments.mib_index},
                    arguments.verbose);
  for (const Line& line : lines) {
    at_line(file + ":" + std::to_string(line.number), [&] { scenario.run(line); });
  }
  at_line(file + ": at its end", [&] { scenario.finish(); });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  Arguments arguments;
  arguments.verbose = !words.empty() && words.front() == "--verbose";
  if (arguments.verbose) words.erase(words.begin());
  if (words.size() != 3) {
    std::fprintf(stderr, "usage: scenario [--verbose] SOURCE_DIR MIB_INDEX FILE.scn\n");
    return 2;
  }
  arguments.source = words[0];
  arguments.mib_index = words[1];
  arguments.file = words[2];
  if (!arguments.verbose) trapd::log::set_level(trapd::log::Level::kError);
  try {
    run(arguments);
  } catch (const Disappointment&) {
    return 1;
  } catch (const Mistake&) {
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: error: %s\n", arguments.file.c_str(), error.what());
    return 2;
  }
  return 0;
}
