// SPDX-License-Identifier: Apache-2.0
// The words of trapctl's command line. Each function adds some: `run` is set to what the chosen one
// does, and returns the exit status. `app`, `options` and `run` outlive the parsing and the run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "trapd/ctl/options.h"

namespace trapd::ctl {

// What asks a running trapd.
void add_listings(CLI::App& app, Options& options, std::function<int()>& run);
void add_destinations(CLI::App& app, Options& options, std::function<int()>& run);
void add_actions(CLI::App& app, Options& options, std::function<int()>& run);

// What trapctl does itself, with files, or partly.
void add_rules(CLI::App& app, Options& options, std::function<int()>& run);
void add_store(CLI::App& app, Options& options, std::function<int()>& run);
void add_audit(CLI::App& app, Options& options, std::function<int()>& run);
void add_explain(CLI::App& app, Options& options, std::function<int()>& run);
void add_key(CLI::App& app, Options& options, std::function<int()>& run);

}  // namespace trapd::ctl
