// SPDX-License-Identifier: Apache-2.0
// Reads MIB modules with Net-SNMP's parser, which leaks, keeps everything in globals and may crash
// on a hostile file: only in the compiler process, once.
#pragma once

#include <string>
#include <vector>

#include "mib/compiler/diagnostics.h"
#include "mib/index_writer.h"
#include "mib/inputs.h"

namespace trapd::mib {

/// Called with the path of each file before it is parsed.
using Progress = void (*)(const char* path);

/// Parses the selected modules (all when `selection` is empty; our own base modules always) and
/// what they import. A module that cannot be parsed leaves a line and nothing else.
void read_modules(const std::vector<ModuleFile>& files, const std::vector<std::string>& selection,
                  Progress progress, Diagnostics* diagnostics);

/// Walks the tree that was read.
void collect_definitions(IndexWriter* writer, Diagnostics* diagnostics);

}  // namespace trapd::mib
