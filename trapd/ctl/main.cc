// SPDX-License-Identifier: Apache-2.0
// trapctl: command line. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no trapd
// answers.
#include <functional>

#include "trapd/ctl/subcommands.h"

int main(int count, char** arguments) {
  trapd::ctl::Options options;
  std::function<int()> run;
  CLI::App app("Asks a running trapd, and explains packets", "trapctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", options.config_file, "trapd's configuration file")
      ->capture_default_str();
  app.add_option("--socket", options.socket, "trapd's control socket, where it is elsewhere");
  app.add_flag("--json", options.json, "JSON instead of words");
  trapd::ctl::add_listings(app, options, run);
  trapd::ctl::add_rules(app, options, run);
  trapd::ctl::add_destinations(app, options, run);
  trapd::ctl::add_actions(app, options, run);
  trapd::ctl::add_store(app, options, run);
  trapd::ctl::add_audit(app, options, run);
  trapd::ctl::add_explain(app, options, run);
  trapd::ctl::add_key(app, options, run);
  try {
    app.parse(count, arguments);
    return run();
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : trapd::ctl::kUsage;
  } catch (const std::exception& problem) {
    trapd::ctl::complain(problem.what());
    return trapd::ctl::kFailed;
  }
}
