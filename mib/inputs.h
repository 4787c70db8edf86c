// SPDX-License-Identifier: Apache-2.0
// Which files an index is made from: one file for each module name, and a key over all of them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "mib/index_format.h"
#include "trapd/base/error.h"

namespace trapd::mib {

struct Inputs {
  std::string base;                      // directory of trapd's own modules; empty = none
  std::vector<std::string> directories;  // the system's and the owner's; earlier ones win
  std::vector<std::string> modules;      // load only these and what they import; empty = all
};

struct ModuleFile {
  std::string module;
  std::string path;
  bool base = false;
};

struct InputFiles {
  /// One per module: our own first, in the order of their names, then the others in that of
  /// theirs, so that equal inputs always give the same index.
  std::vector<ModuleFile> files;
  /// What was left out and why, one line each: unreadable, too large, shadowed.
  std::vector<std::string> notes;
  /// Over the names and contents of all module files and over the selection.
  InputsKey key{};
};

inline constexpr std::size_t kModuleFileOctetsMax = 32 << 20;
inline constexpr std::size_t kModuleFilesMax = 100'000;

/// Reads every file of the directories (not below them, no hidden ones) that begins like a MIB
/// module; other files are passed over in silence. A module of a directory replaces ours of the
/// same name when it mentions every name that ours defines; else ours stays and a note says so.
/// Fails only when `base` cannot be read; a missing directory is a note.
Result<InputFiles> find_inputs(const Inputs& inputs);

/// What a process must be allowed to read for these directories: them, what they point to, and
/// where their entries that are symbolic links point to. Absolute; a directory that is not there
/// has none.
std::set<std::string> places_of(const std::vector<std::string>& directories);

/// The key alone, to compare with MibIndex::inputs_key().
Result<InputsKey> inputs_key(const Inputs& inputs);

}  // namespace trapd::mib
