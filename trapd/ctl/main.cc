// SPDX-License-Identifier: Apache-2.0
// trapctl: command line, one function per command. Exit status: 0 done, 1 refused or failed,
// 2 wrong usage, 3 no trapd answers.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

#include "trapd/ctl/client.h"
#include "trapd/ctl/explain_command.h"
#include "trapd/ctl/history_command.h"
#include "trapd/ctl/key_command.h"
#include "trapd/ctl/listings.h"
#include "trapd/ctl/passphrase.h"
#include "trapd/ctl/rules_command.h"
#include "trapd/ctl/send_command.h"
#include "trapd/ctl/store_command.h"
#include "trapd/ctl/table.h"

namespace {

using trapd::ctl::Client;
using trapd::ctl::Json;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNobodyAnswers = 3;

struct Options {
  std::string config_file = "/etc/trapd/trapd.yaml";
  std::string socket;
  bool json = false;
  // of the commands
  std::string severity;
  std::string device;
  std::string name;
  std::uint64_t id = 0;
  std::string why;
  std::uint64_t alarm = 0;
  std::string since;
  std::string until;
  std::uint64_t before = 0;
  std::uint32_t limit = 100;
  std::string text;
  std::string engine;
  std::string what;
  std::vector<std::uint64_t> sequences;
  std::string directory;
  std::string path;
  std::string to;
  bool without_newer = false;
  bool stop = false;
  trapd::ctl::KeyRequest key;
  trapd::ctl::RuleTestRequest rule_test;

  std::string store_directory() const {
    return directory.empty() ? trapd::ctl::store_directory(config_file) : directory;
  }

  std::string socket_path() const {
    return socket.empty() ? trapd::ctl::socket_path(config_file) : socket;
  }
  Json filter() const {
    Json arguments = Json::object();
    if (!severity.empty()) arguments["severity"] = severity;
    if (!device.empty()) arguments["device"] = device;
    if (!name.empty()) arguments["name"] = name;
    if (alarm != 0) arguments["alarm"] = alarm;
    return arguments;
  }
};

/// Each line safe on its own: an error may have several.
void complain(const std::string& text) {
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = trapd::ctl::safe_text(text.substr(start, end - start));
    std::fprintf(stderr, "%s%s\n", start == 0 ? "trapctl: " : "", line.c_str());
    start = end + 1;
  }
}

void print_json(const Json& json) {
  std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

/// Asks and shows. `text` turns the answer into words.
int ask(const Options& options, const char* command, Json arguments,
        const std::function<std::string(const Json&)>& text) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto answer = client->call(command, std::move(arguments));
  if (!answer) {
    complain(answer.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*answer);
  } else {
    std::fputs(text(*answer).c_str(), stdout);
  }
  return 0;
}

/// What trapctl has done without asking.
int show(const Options& options, const trapd::Result<trapd::ctl::StoreAnswer>& answer) {
  if (!answer) {
    complain(answer.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(answer->json);
  } else {
    std::fputs(answer->text.c_str(), stdout);
  }
  return answer->status;
}

/// Pages until as many records are there as were asked for, or the journal ends: a rare match lies
/// many pages back.
int history(const Options& options) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  Json arguments = options.filter();
  arguments["before"] = options.before;
  if (!options.since.empty()) arguments["since"] = options.since;
  if (!options.until.empty()) arguments["until"] = options.until;
  const auto whole = trapd::ctl::collect_history(
      options.limit, std::move(arguments),
      [&](Json page) { return client->call("history", std::move(page)); });
  if (!whole) {
    complain(whole.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*whole);
  } else {
    std::fputs(trapd::ctl::history_text(*whole).c_str(), stdout);
  }
  return 0;
}

int tail(const Options& options) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto ended = client->tail(options.filter(), [&](const Json& record) {
    const std::string line = options.json
                                 ? record.dump(-1, ' ', false, Json::error_handler_t::replace)
                                 : trapd::ctl::record_line(record);
    return std::printf("%s\n", line.c_str()) >= 0 && std::fflush(stdout) == 0;
  });
  if (ended) return 0;
  complain(ended.error().text);
  return kFailed;
}

/// To one destination alone: done when it has been delivered.
int send_to(const Options& options) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto result = trapd::ctl::send_to(
      options.to, options.text,
      [&](const std::string& command, Json arguments) {
        return client->call(command, std::move(arguments));
      },
      [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
  if (!result) {
    complain(result.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*result);
  } else {
    std::fputs(trapd::ctl::send_text(*result).c_str(), stdout);
  }
  return result->value("delivered", false) ? 0 : kFailed;
}

int key(const Options& options) {
  auto auth = trapd::ctl::read_passphrase("authentication passphrase");
  auto priv = auth && !options.key.priv.empty() ? trapd::ctl::read_passphrase("privacy passphrase")
                                                : trapd::Result<trapd::Secret>(trapd::Secret());
  if (!auth || !priv) {
    complain(!auth ? auth.error().text : priv.error().text);
    return kFailed;
  }
  const auto keys = trapd::ctl::derive_keys(options.key, *auth, *priv);
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

int explain(const Options& options) {
  const auto status = trapd::ctl::explain_command(options.config_file, options.socket_path(),
                                                  options.what, options.json);
  if (status) return *status;
  complain(status.error().text);
  return kFailed;
}

void add_filter(CLI::App* command, Options& options) {
  command->add_option("--severity", options.severity, "only these: one, or several with commas");
  command->add_option("--device", options.device, "only this device: name or identity");
  command->add_option("--name", options.name, "only alarms of this name");
  command->add_option("--alarm", options.alarm, "only the alarm with this id");
}

/// `run` is set to what the chosen command does.
void add_listings(CLI::App& app, Options& options, std::function<int()>& run) {
  struct Listing {
    const char* command;
    const char* help;
    std::string (*text)(const Json&);
  };
  static constexpr Listing kListings[] = {
      {"status", "what trapd is and has done", &trapd::ctl::status_text},
      {"devices", "known engines and the inventory", &trapd::ctl::devices_text},
  };
  for (const Listing& listing : kListings) {
    app.add_subcommand(listing.command, listing.help)->callback([&options, &run, &listing] {
      run = [&options, &listing] {
        return ask(options, listing.command, Json::object(), listing.text);
      };
    });
  }
  CLI::App* alarms = app.add_subcommand("alarms", "active alarms");
  add_filter(alarms, options);
  alarms->callback([&] {
    run = [&] { return ask(options, "alarms", options.filter(), &trapd::ctl::alarms_text); };
  });
  CLI::App* past = app.add_subcommand("history", "stored records, newest first");
  add_filter(past, options);
  past->add_option("--since", options.since, "received since: RFC 3339, or 90s, 30m, 2h, 7d ago");
  past->add_option("--until", options.until, "received until then, likewise");
  past->add_option("--before", options.before, "older than this sequence number");
  past->add_option("--limit", options.limit, "at most so many (1 to 1000)")
      ->check(CLI::Range(1, 1000));
  past->callback([&] { run = [&] { return history(options); }; });
  CLI::App* follow = app.add_subcommand("tail", "records as they are stored, until interrupted");
  add_filter(follow, options);
  follow->callback([&] { run = [&] { return tail(options); }; });
}

int test_rules(const Options& options) {
  const auto report = trapd::ctl::test_rules(options.rule_test);
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

/// The list without a further word.
void add_rules(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* list = app.add_subcommand("rules", "the rules in force, and how often each matched");
  list->require_subcommand(0, 1);
  list->callback([&, list] {
    if (!list->get_subcommands().empty()) return;
    run = [&] { return ask(options, "rules", Json::object(), &trapd::ctl::rules_text); };
  });
  CLI::App* show = list->add_subcommand("show", "one rule: what it matches, says and has matched");
  show->add_option("NAME", options.name, "the rule")->required();
  show->callback([&] {
    run = [&] { return ask(options, "rule", {{"name", options.name}}, &trapd::ctl::rule_text); };
  });
  list->add_subcommand("unmatched", "traps that no rule matched, those seen most first")
      ->callback([&] {
        run = [&] {
          return ask(options, "unmatched", Json::object(), &trapd::ctl::unmatched_text);
        };
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

/// The list without a further word; what becomes of dead letters with one.
void add_destinations(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* list = app.add_subcommand(
      "destinations", "where notifications go, how far they are, and what they refuse for good");
  list->require_subcommand(0, 1);
  list->callback([&, list] {
    if (!list->get_subcommands().empty()) return;
    run = [&] {
      return ask(options, "destinations", Json::object(), &trapd::ctl::destinations_text);
    };
  });
  struct Action {
    const char* word;
    const char* help;
    const char* command;
    std::string (*text)(const Json&);
  };
  static constexpr Action kActions[] = {
      {"retry", "send dead letters again", "dead-retry", &trapd::ctl::retry_text},
      {"drop", "take dead letters off the list", "dead-drop", &trapd::ctl::drop_text}};
  for (const Action& action : kActions) {
    CLI::App* command = list->add_subcommand(action.word, action.help);
    command->add_option("NAME", options.name, "the destination")->required();
    command->add_option("SEQUENCE", options.sequences, "only these");
    command->callback([&options, &run, &action] {
      run = [&options, &action] {
        return ask(options, action.command,
                   {{"destination", options.name}, {"sequences", options.sequences}}, action.text);
      };
    });
  }
}

void add_alarm_actions(CLI::App& app, Options& options, std::function<int()>& run) {
  struct Action {
    const char* command;
    const char* help;
  };
  static constexpr Action kActions[] = {{"ack", "acknowledge an alarm"},
                                        {"clear", "take an alarm off the active list"}};
  for (const Action& action : kActions) {
    CLI::App* command = app.add_subcommand(action.command, action.help);
    command->add_option("ID", options.id, "id of the alarm")->required();
    command->add_option("--why", options.why, "kept in the record");
    command->callback([&options, &run, &action] {
      run = [&options, &action] {
        return ask(options, action.command, {{"id", options.id}, {"why", options.why}},
                   [](const Json& done) { return done.value("done", std::string()) + "\n"; });
      };
    });
  }
}

void add_actions(CLI::App& app, Options& options, std::function<int()>& run) {
  add_alarm_actions(app, options, run);
  CLI::App* send = app.add_subcommand("send", "a test notification through the whole path");
  send->add_option("TEXT", options.text, "its text");
  send->add_option("--to", options.to,
                   "to this destination alone, whatever it selects; says whether it was delivered");
  send->callback([&, send] {
    const bool alone = send->count("--to") > 0;
    run = [&, alone] {
      if (alone) return send_to(options);
      return ask(options, "send", {{"text", options.text}}, [](const Json&) {
        return std::string("a test notification is on its way; trapctl tail shows it\n");
      });
    };
  });
  CLI::App* resync = app.add_subcommand(
      "resync", "all active alarms once more to one destination, between a start and an end mark");
  resync->add_option("DESTINATION", options.name, "its name")->required();
  resync->add_flag("--stop", options.stop, "end one that is running");
  resync->callback([&] {
    run = [&] {
      return ask(options, options.stop ? "resync-stop" : "resync", {{"destination", options.name}},
                 &trapd::ctl::resync_text);
    };
  });
  app.add_subcommand("reload", "take over the configuration, whole or not at all")->callback([&] {
    run = [&] {
      return ask(options, "reload", Json::object(),
                 [](const Json&) { return std::string("reloaded\n"); });
    };
  });
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
      [](const Options& o) { return trapd::ctl::verify_store(o.store_directory()); });
  add("backup", "copy the store, verified; also while trapd runs",
      [](const Options& o) { return trapd::ctl::back_up_store(o.store_directory(), o.path); })
      ->add_option("TO", options.path, "directory that is made")
      ->required();
  CLI::App* restore =
      add("restore", "put a backup in the store's place; trapd must not run", [](const Options& o) {
        return trapd::ctl::restore_store(o.store_directory(), o.path, !o.without_newer);
      });
  restore->add_option("FROM", options.path, "directory of the backup")->required();
  restore->add_flag("--without-newer", options.without_newer,
                    "leave what the old store has beyond the backup");
  add("set-aside", "keep the store elsewhere, so that trapd begins a new one",
      [](const Options& o) { return trapd::ctl::set_store_aside(o.store_directory()); });
}

void add_store(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* store = app.add_subcommand("store", "the journal");
  store->require_subcommand(1);
  store->add_subcommand("status", "size, sequences and cursors")->callback([&] {
    run = [&] { return ask(options, "store", Json::object(), &trapd::ctl::store_text); };
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

void add_offline(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* explain_packets =
      app.add_subcommand("explain", "what is in a packet, and what trapd does with it and why");
  explain_packets->add_option("WHAT", options.what, "FILE.pcap, hexadecimal, or - for either")
      ->required();
  explain_packets->callback([&] { run = [&] { return explain(options); }; });
  CLI::App* keys = app.add_subcommand(
      "key", "localised keys; the passphrases are asked for, or lines of standard input");
  keys->add_option("--engine", options.key.engine, "engine ID in hexadecimal")->required();
  keys->add_option("--auth", options.key.auth, "hash: SHA-256 …")->required();
  keys->add_option("--priv", options.key.priv, "cipher: AES-128 …");
  keys->callback([&] { run = [&] { return key(options); }; });
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  std::function<int()> run;
  CLI::App app("Asks a running trapd, and explains packets", "trapctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", options.config_file, "trapd's configuration file")
      ->capture_default_str();
  app.add_option("--socket", options.socket, "trapd's control socket, where it is elsewhere");
  app.add_flag("--json", options.json, "JSON instead of words");
  add_listings(app, options, run);
  add_rules(app, options, run);
  add_destinations(app, options, run);
  add_actions(app, options, run);
  add_store(app, options, run);
  add_offline(app, options, run);
  try {
    app.parse(count, arguments);
    return run();
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : kUsage;
  } catch (const std::exception& problem) {
    complain(problem.what());
    return kFailed;
  }
}
