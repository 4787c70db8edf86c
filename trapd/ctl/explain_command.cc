// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/explain_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>

#include "mib/index.h"
#include "mib/install_paths.h"
#include "trapd/admin/explain.h"
#include "trapd/base/clock.h"
#include "trapd/ctl/client.h"
#include "trapd/ctl/explain_input.h"
#include "trapd/ctl/table.h"

namespace trapd::ctl {
namespace {

/// Seconds since trapd started, from its RFC 3339 time in UTC.
std::uint32_t seconds_since(const std::string& started) {
  std::tm broken{};
  if (::strptime(started.c_str(), "%Y-%m-%dT%H:%M:%S", &broken) == nullptr) return 0;
  const std::time_t now = std::time(nullptr);
  const std::time_t then = ::timegm(&broken);
  return now > then ? static_cast<std::uint32_t>(now - then) : 0;
}

/// Asks once; the time goes on without asking.
std::function<std::optional<admin::OwnEngineFacts>()> ask_own_engine(Client& client) {
  const auto status = client.call("status");
  if (!status || !status->is_object()) return {};
  const auto id = from_hex(status->value("engine_id", std::string()));
  if (!id || id->empty()) return {};
  return [id = *id, boots = status->value("boots", 0U),
          started = status->value("started", std::string())] {
    return std::optional(admin::OwnEngineFacts{id, boots, seconds_since(started)});
  };
}

/// While packets are followed trapd closes the connection that asks nothing for a minute.
std::optional<admin::EngineFacts> ask_engine(Client& client, const std::string& socket,
                                             ByteView engine_id) {
  if (engine_id.empty() || engine_id.size() > 32) return std::nullopt;
  const Json arguments = {{"engine", to_hex(engine_id)}};
  auto clock = client.call("engine-clock", arguments);
  if (!clock) {
    auto again = Client::connect(socket);
    if (!again) return std::nullopt;
    client = std::move(*again);
    clock = client.call("engine-clock", arguments);
  }
  if (!clock || !clock->is_object()) return std::nullopt;
  return admin::EngineFacts{clock->value("boots", 0U), clock->value("time", 0U),
                            clock->value("received_ago_s", std::int64_t{0})};
}

Json explanation_json(const ExplainInput& input, const admin::Explanation& said) {
  Json json = {{"packet", input.title},
               {"accepted", said.accepted},
               {"verdict", said.verdict},
               {"layers", said.layers},
               {"reasons", said.reasons}};
  if (input.refused_as) {
    json["number"] = input.number;
    json["refused_as"] = snmp::label(*input.refused_as);
  }
  return json;
}

void print(const std::string& title, const admin::Explanation& said) {
  std::printf("%s\n", safe_text(title).c_str());
  for (const std::string& line : said.layers) std::printf("  %s\n", safe_text(line).c_str());
  std::printf("  => %s\n", safe_text(said.verdict).c_str());
  for (const std::string& line : said.reasons) std::printf("     %s\n", safe_text(line).c_str());
}

void print_json(const Json& json, int indent) {
  std::printf("%s\n", json.dump(indent, ' ', false, Json::error_handler_t::replace).c_str());
}

/// What the configuration of the gateway, or the kept octets, cannot tell more of.
admin::Explanation in_trapds_words(const ExplainInput& input) {
  admin::Explanation said;
  said.verdict = snmp::label(*input.refused_as);
  said.reasons.push_back(fmt::format("Refused{}: {}.",
                                     input.at_agent ? " by the northbound agent" : "",
                                     snmp::text(*input.refused_as)));
  if (input.octets_missing > 0) {
    said.reasons.push_back(fmt::format("Of this datagram {} octets are kept, {} are missing.",
                                       input.payload.size(), input.octets_missing));
  }
  return said;
}

admin::Explanation explain(admin::Explainer& explainer, const ExplainInput& input) {
  const bool refused = input.refused_as.has_value();
  if (refused && (input.at_agent || input.octets_missing > 0)) return in_trapds_words(input);
  const std::int64_t ago_ns =
      refused ? SystemClock().wall_ns() - input.received_wall_ns : std::int64_t{0};
  return explainer.explain({input.payload, input.source,
                            std::max<std::int64_t>(ago_ns, 0) / kNsPerSecond, input.refused_as});
}

/// Rules as the running trapd has them; without its MIB index only those that need no names.
void fill_classifier(const config::Config& config, const mib::MibIndex& index,
                     admin::ExplainContext* context) {
  auto classifier = alarm::Classifier::build(config.live.rules, index);
  if (classifier) {
    context->classifier = std::move(*classifier);
    return;
  }
  const alarm::RuleError& first = classifier.error().front();
  context->no_classifier = fmt::format(
      "the rules cannot be built ({}:{}: {}); trapd makes the MIB "
      "index in its store when it starts",
      first.position.file, first.position.line, first.text);
}

/// 0 when every one would be accepted, 1 otherwise.
int explain_given(admin::Explainer& explainer, const std::vector<ExplainInput>& inputs, bool json) {
  Json list = Json::array();
  bool all = true;
  for (const ExplainInput& input : inputs) {
    const admin::Explanation said = explain(explainer, input);
    all = all && said.accepted;
    if (json) {
      list.push_back(explanation_json(input, said));
    } else {
      print(input.title, said);
    }
  }
  if (json) print_json(list, 2);
  return all ? 0 : 1;
}

Json arguments_of(const ExplainRequest& request) {
  Json json = Json::object();
  if (!request.reason.empty()) json["reason"] = request.reason;
  return json;
}

/// Those that the running trapd has kept.
Result<int> explain_refused(admin::Explainer& explainer, Client& client,
                            const ExplainRequest& request, bool json) {
  const auto kept = client.call("refused", arguments_of(request));
  if (!kept) return Unexpected(kept.error());
  std::vector<ExplainInput> inputs;
  for (const Json& packet : *kept) {
    auto input = refused_input(packet);
    if (!input) return Unexpected(input.error());
    inputs.push_back(std::move(*input));
  }
  std::sort(inputs.begin(), inputs.end(),
            [](const ExplainInput& a, const ExplainInput& b) { return a.number < b.number; });
  explain_given(explainer, inputs, json);
  if (inputs.empty() && !json) {
    std::printf("trapd has kept nothing that it refused%s since it started.\n",
                request.reason.empty() ? "" : " as this");
  }
  return 0;
}

/// One that trapd refuses while we look: with --json a line.
Status show_followed(admin::Explainer& explainer, const Json& packet, bool json) {
  const auto input = refused_input(packet);
  if (!input) return Unexpected(input.error());
  const admin::Explanation said = explain(explainer, *input);
  const auto passed_over = packet.value("passed_over", std::uint64_t{0});
  if (json) {
    Json line = explanation_json(*input, said);
    line["passed_over"] = passed_over;
    print_json(line, -1);
    return {};
  }
  if (passed_over > 0) {
    std::printf("(%llu more were refused before this one, too fast to be shown.)\n",
                static_cast<unsigned long long>(passed_over));
  }
  print(input->title, said);
  return {};
}

Result<int> follow_refused(admin::Explainer& explainer, Client& follower,
                           const ExplainRequest& request, bool json) {
  Json arguments = arguments_of(request);
  arguments["follow"] = true;
  Status shown;
  const auto ended =
      follower.follow("refused", std::move(arguments), "refused", [&](const Json& packet) {
        shown = show_followed(explainer, packet, json);
        return shown && std::fflush(stdout) == 0;
      });
  if (!shown) return Unexpected(shown.error());
  if (!ended) return Unexpected(ended.error());
  return 0;
}

}  // namespace

Result<int> explain_command(const std::string& config_file, const std::string& socket,
                            const ExplainRequest& request, bool json) {
  auto config = config::load(config_file, true);
  if (!config) {
    std::string text;
    for (const std::string& line : config.error().lines) text += (text.empty() ? "" : "\n") + line;
    return failure(std::move(text));
  }
  const bool of_trapd = request.what.empty();
  auto inputs = of_trapd ? std::vector<ExplainInput>() : read_explain_inputs(request.what);
  if (!inputs) return Unexpected(inputs.error());
  auto opened = mib::MibIndex::open(mib::index_file(config->start.store_directory));
  const auto index = opened ? *opened : mib::MibIndex::empty();
  admin::ExplainContext context{*config, *index, nullptr, {}, {}, {}};
  fill_classifier(*config, *index, &context);
  auto client = Client::connect(socket);
  if (client) {
    context.own = ask_own_engine(*client);
    context.engine = [&client, &socket](ByteView engine_id) {
      return ask_engine(*client, socket, engine_id);
    };
  } else if (of_trapd) {
    return Unexpected(client.error());
  } else if (!json) {
    std::printf(
        "(No trapd was running to be asked: its own engine ID and the clocks of engines "
        "are not known here.)\n");
  }
  admin::Explainer explainer(std::move(context));
  if (!of_trapd) return explain_given(explainer, *inputs, json);
  if (!request.follow) return explain_refused(explainer, *client, request, json);
  auto follower = Client::connect(socket);  // the other one goes on asking
  if (!follower) return Unexpected(follower.error());
  return follow_refused(explainer, *follower, request, json);
}

}  // namespace trapd::ctl
