// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "trapd/ctl/listings.h"
#include "trapd/ctl/passphrase.h"
#include "trapd/ctl/subcommands.h"

namespace trapd::ctl {
namespace {

int key(const Options& options) {
  auto auth = read_passphrase("authentication passphrase");
  auto priv = auth && !options.key.priv.empty() ? read_passphrase("privacy passphrase")
                                                : Result<Secret>(Secret());
  if (!auth || !priv) {
    complain(!auth ? auth.error().text : priv.error().text);
    return kFailed;
  }
  const auto keys = derive_keys(options.key, *auth, *priv);
  if (!keys) {
    complain(keys.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*keys);
    return 0;
  }
  for (const char* which : {"auth", "priv"}) {
    if (!keys->contains(which)) continue;
    const Json& one = (*keys)[which];
    std::printf("%s: {protocol: %s, key: %s}\n", which,
                one["protocol"].get_ref<const std::string&>().c_str(),
                one["key"].get_ref<const std::string&>().c_str());
  }
  return 0;
}

int audit(const Options& options, Result<StoreAnswer> (*work)(const AuditRequest&)) {
  AuditRequest request = options.audit;
  request.socket = options.socket_path();
  if (request.directory.empty()) request.directory = options.store_directory();
  return show(options, work(request));
}

int explain(const Options& options) {
  const auto status =
      explain_command(options.config_file, options.socket_path(), options.explain, options.json);
  if (status) return *status;
  complain(status.error().text);
  return kFailed;
}

int test_rules(const Options& options) {
  const auto report = test_rules(options.rule_test);
  if (!report) {
    complain(report.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(report->json);
  } else {
    std::fputs(report->text.c_str(), stdout);
  }
  return report->passed ? 0 : kFailed;
}

/// What trapctl does itself with the store's files.
void add_store_files(CLI::App& store, Options& options, std::function<int()>& run) {
  const auto add = [&](const char* name, const char* help, auto work) {
    CLI::App* command = store.add_subcommand(name, help);
    command->add_option("--directory", options.directory,
                        "the store's directory, where it is not the configuration's");
    command->callback([&options, &run, work] {
      run = [&options, work] { return show(options, work(options)); };
    });
    return command;
  };
  add("verify", "look at everything in the store; also while trapd runs",
      [](const Options& o) { return verify_store(o.store_directory()); });
  add("backup", "copy the store, verified; also while trapd runs",
      [](const Options& o) { return back_up_store(o.store_directory(), o.path); })
      ->add_option("TO", options.path, "directory that is made")
      ->required();
  CLI::App* restore =
      add("restore", "put a backup in the store's place; trapd must not run", [](const Options& o) {
        return restore_store(o.store_directory(), o.path, !o.without_newer);
      });
  restore->add_option("FROM", options.path, "directory of the backup")->required();
  restore->add_flag("--without-newer", options.without_newer,
                    "leave what the old store has beyond the backup");
  add("set-aside", "keep the store elsewhere, so that trapd begins a new one",
      [](const Options& o) { return set_store_aside(o.store_directory()); });
}

}  // namespace

/// The list without a further word.
void add_rules(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* list = app.add_subcommand("rules", "the rules in force, and how often each matched");
  list->require_subcommand(0, 1);
  list->callback([&, list] {
    if (!list->get_subcommands().empty()) return;
    run = [&] { return ask(options, "rules", Json::object(), &rules_text); };
  });
  CLI::App* show = list->add_subcommand("show", "one rule: what it matches, says and has matched");
  show->add_option("NAME", options.name, "the rule")->required();
  show->callback([&] {
    run = [&] { return ask(options, "rule", {{"name", options.name}}, &rule_text); };
  });
  list->add_subcommand("unmatched", "traps that no rule matched, those seen most first")
      ->callback([&] {
        run = [&] { return ask(options, "unmatched", Json::object(), &unmatched_text); };
      });
  CLI::App* test = list->add_subcommand(
      "test",
      "run the examples of rule files; needs no running trapd. With --config its `mibs` "
      "give names, without it trapd's own modules");
  test->add_option("FILE", options.rule_test.files, "rule files, in the order of `rules:`")
      ->required();
  test->add_flag("--all", options.rule_test.every_rule, "a rule without an example is a failure");
  test->callback([&] {
    if (app.count("--config") > 0) options.rule_test.config_file = options.config_file;
    run = [&] { return test_rules(options); };
  });
}

void add_store(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* store = app.add_subcommand("store", "the journal");
  store->require_subcommand(1);
  store->add_subcommand("status", "size, sequences and cursors")->callback([&] {
    run = [&] { return ask(options, "store", Json::object(), &store_text); };
  });
  add_store_files(*store, options, run);
  CLI::App* forget = store->add_subcommand(
      "forget-engine", "forget boots and time of a device, whose next message sets them anew");
  forget->add_option("ENGINE", options.engine, "engine ID in hexadecimal")->required();
  forget->callback([&] {
    run = [&] {
      return ask(options, "forget-engine", {{"engine", options.engine}},
                 [](const Json&) { return std::string("forgotten\n"); });
    };
  });
}

void add_audit(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* list =
      app.add_subcommand("audit", "who changed what: the newest entries of the audit log");
  list->require_subcommand(0, 1);
  list->add_option("--limit", options.audit.limit, "at most so many (1 to 10000)")
      ->check(CLI::Range(1, 10'000));
  list->add_option("--directory", options.audit.directory,
                   "the store's directory, where it is not the configuration's");
  list->callback([&, list] {
    if (!list->get_subcommands().empty()) return;
    run = [&] { return audit(options, &show_audit); };
  });
  CLI::App* verify = list->add_subcommand("verify", "does the chain hold? Also while trapd runs");
  verify->add_option("FILE", options.audit.file, "one file of the log, alone");
  verify->add_option("--expect", options.audit.expect, "a hash that must be in it");
  verify->callback([&] { run = [&] { return audit(options, &verify_audit); }; });
}

void add_explain(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* explain_packets =
      app.add_subcommand("explain", "what is in a packet, and what trapd does with it and why");
  CLI::Option* what = explain_packets->add_option("WHAT", options.explain.what,
                                                  "FILE.pcap, hexadecimal, or - for either");
  CLI::Option* refused =
      explain_packets
          ->add_flag("--refused", options.explain.refused,
                     "those that the running trapd has refused: the last 64 for each reason")
          ->excludes(what);
  explain_packets
      ->add_flag("--follow", options.explain.follow,
                 "those that it refuses from now on, as they come, until interrupted")
      ->excludes(what)
      ->excludes(refused);
  explain_packets->add_option("--reason", options.explain.reason, "of them, those refused as this")
      ->excludes(what);
  explain_packets->callback([&] {
    if (options.explain.what.empty() && !options.explain.refused && !options.explain.follow) {
      throw CLI::RequiredError("WHAT, --refused or --follow");
    }
    run = [&] { return explain(options); };
  });
}

void add_key(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* keys = app.add_subcommand(
      "key", "localised keys; the passphrases are asked for, or lines of standard input");
  keys->add_option("--engine", options.key.engine, "engine ID in hexadecimal")->required();
  keys->add_option("--auth", options.key.auth, "hash: SHA-256 …")->required();
  keys->add_option("--priv", options.key.priv, "cipher: AES-128 …");
  keys->callback([&] { run = [&] { return key(options); }; });
}

}  // namespace trapd::ctl
