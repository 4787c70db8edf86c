// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <thread>

#include "trapd/ctl/history_command.h"
#include "trapd/ctl/listings.h"
#include "trapd/ctl/send_command.h"
#include "trapd/ctl/subcommands.h"
#include "trapd/ctl/table.h"

namespace trapd::ctl {
namespace {

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
  const auto whole = collect_history(options.limit, std::move(arguments), [&](Json page) {
    return client->call("history", std::move(page));
  });
  if (!whole) {
    complain(whole.error().text);
    return kFailed;
  }
  if (options.json) {
    print_json(*whole);
  } else {
    std::fputs(history_text(*whole).c_str(), stdout);
  }
  return 0;
}

int tail(const Options& options) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto ended = client->follow("tail", options.filter(), "record", [&](const Json& record) {
    const std::string line = options.json
                                 ? record.dump(-1, ' ', false, Json::error_handler_t::replace)
                                 : record_line(record);
    return std::printf("%s\n", line.c_str()) >= 0 && std::fflush(stdout) == 0;
  });
  if (ended) return 0;
  complain(ended.error().text);
  return kFailed;
}

/// To one destination alone: done when it has been delivered.
int send_alone(const Options& options) {
  auto client = Client::connect(options.socket_path());
  if (!client) {
    complain(client.error().text);
    return kNobodyAnswers;
  }
  const auto result = send_to(
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
    std::fputs(send_text(*result).c_str(), stdout);
  }
  return result->value("delivered", false) ? 0 : kFailed;
}

void add_filter(CLI::App* command, Options& options) {
  command->add_option("--severity", options.severity, "only these: one, or several with commas");
  command->add_option("--device", options.device, "only this device: name or identity");
  command->add_option("--name", options.name, "only alarms of this name");
  command->add_option("--alarm", options.alarm, "only the alarm with this id");
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

}  // namespace

/// `run` is set to what the chosen command does.
void add_listings(CLI::App& app, Options& options, std::function<int()>& run) {
  struct Listing {
    const char* command;
    const char* help;
    std::string (*text)(const Json&);
  };
  static constexpr Listing kListings[] = {
      {"status", "what trapd is and has done", &status_text},
      {"devices", "known engines and the inventory", &devices_text},
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
  alarms->callback(
      [&] { run = [&] { return ask(options, "alarms", options.filter(), &alarms_text); }; });
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

/// The list without a further word; what becomes of dead letters with one.
void add_destinations(CLI::App& app, Options& options, std::function<int()>& run) {
  CLI::App* list = app.add_subcommand(
      "destinations", "where notifications go, how far they are, and what they refuse for good");
  list->require_subcommand(0, 1);
  list->callback([&, list] {
    if (!list->get_subcommands().empty()) return;
    run = [&] { return ask(options, "destinations", Json::object(), &destinations_text); };
  });
  struct Action {
    const char* word;
    const char* help;
    const char* command;
    std::string (*text)(const Json&);
  };
  static constexpr Action kActions[] = {
      {"retry", "send dead letters again", "dead-retry", &retry_text},
      {"drop", "take dead letters off the list", "dead-drop", &drop_text}};
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

void add_actions(CLI::App& app, Options& options, std::function<int()>& run) {
  add_alarm_actions(app, options, run);
  CLI::App* send = app.add_subcommand("send", "a test notification through the whole path");
  send->add_option("TEXT", options.text, "its text");
  send->add_option("--to", options.to,
                   "to this destination alone, whatever it selects; says whether it was delivered");
  send->callback([&, send] {
    const bool alone = send->count("--to") > 0;
    run = [&, alone] {
      if (alone) return send_alone(options);
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
                 &resync_text);
    };
  });
  app.add_subcommand("reload", "take over the configuration, whole or not at all")->callback([&] {
    run = [&] {
      return ask(options, "reload", Json::object(),
                 [](const Json&) { return std::string("reloaded\n"); });
    };
  });
}

}  // namespace trapd::ctl
