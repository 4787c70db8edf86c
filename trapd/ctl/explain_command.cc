// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/explain_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>

#include "mib/index.h"
#include "trapd/admin/capture_file.h"
#include "trapd/admin/explain.h"
#include "trapd/ctl/client.h"
#include "trapd/ctl/table.h"

namespace trapd::ctl {
namespace {

struct Input {
  std::string title;
  std::vector<std::uint8_t> payload;
  std::optional<Endpoint> source;
};

Result<std::vector<Input>> from_capture(const std::string& file) {
  auto datagrams = admin::read_capture(file);
  if (!datagrams) return Unexpected(datagrams.error());
  std::vector<Input> inputs;
  for (admin::CapturedDatagram& datagram : *datagrams) {
    std::string title = fmt::format("frame {}: {} -> {}", datagram.frame, datagram.source.text(),
                                    datagram.destination.text());
    if (!datagram.damage.empty()) title += " (" + datagram.damage + ")";
    inputs.push_back({std::move(title), std::move(datagram.payload), datagram.source});
  }
  if (inputs.empty()) return failure(file + " has no UDP datagram");
  return inputs;
}

Result<std::vector<Input>> from_hexadecimal(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != '\t') digits += c;
  }
  auto octets = from_hex(digits);
  if (!octets || octets->empty()) {
    return failure("expected a capture file, or the octets of a datagram in hexadecimal");
  }
  return std::vector<Input>{{"packet", std::move(*octets), std::nullopt}};
}

/// Standard input: a capture begins with an octet that no hexadecimal text begins with.
Result<std::vector<Input>> from_standard_input() {
  constexpr std::size_t kTextOctetsMax = 1 << 20;
  const int first = std::getc(stdin);
  if (first == EOF) return failure("nothing on standard input");
  std::ungetc(first, stdin);
  if (std::isxdigit(first) == 0 && first != ' ') return from_capture("-");
  std::string text;
  for (int c = std::getc(stdin); c != EOF && text.size() < kTextOctetsMax; c = std::getc(stdin)) {
    text += static_cast<char>(c);
  }
  return from_hexadecimal(text);
}

/// Seconds since trapd started, from its RFC 3339 time in UTC.
std::uint32_t seconds_since(const std::string& started) {
  std::tm broken{};
  if (::strptime(started.c_str(), "%Y-%m-%dT%H:%M:%S", &broken) == nullptr) return 0;
  const std::time_t now = std::time(nullptr);
  const std::time_t then = ::timegm(&broken);
  return now > then ? static_cast<std::uint32_t>(now - then) : 0;
}

std::optional<admin::OwnEngineFacts> ask_own_engine(Client& client) {
  const auto status = client.call("status");
  if (!status || !status->is_object()) return std::nullopt;
  const auto id = from_hex(status->value("engine_id", std::string()));
  if (!id || id->empty()) return std::nullopt;
  return admin::OwnEngineFacts{*id, status->value("boots", 0U),
                               seconds_since(status->value("started", std::string()))};
}

std::optional<admin::EngineFacts> ask_engine(Client& client, ByteView engine_id) {
  if (engine_id.empty() || engine_id.size() > 32) return std::nullopt;
  const auto clock = client.call("engine-clock", {{"engine", to_hex(engine_id)}});
  if (!clock || !clock->is_object()) return std::nullopt;
  return admin::EngineFacts{clock->value("boots", 0U), clock->value("time", 0U),
                            clock->value("received_ago_s", std::int64_t{0})};
}

Json explanation_json(const std::string& title, const admin::Explanation& said) {
  return {{"packet", title},
          {"accepted", said.accepted},
          {"verdict", said.verdict},
          {"layers", said.layers},
          {"reasons", said.reasons}};
}

void print(const std::string& title, const admin::Explanation& said) {
  std::printf("%s\n", safe_text(title).c_str());
  for (const std::string& line : said.layers) std::printf("  %s\n", safe_text(line).c_str());
  std::printf("  => %s\n", safe_text(said.verdict).c_str());
  for (const std::string& line : said.reasons) std::printf("     %s\n", safe_text(line).c_str());
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

}  // namespace

Result<int> explain_command(const std::string& config_file, const std::string& socket,
                            const std::string& what, bool json) {
  auto config = config::load(config_file, true);
  if (!config) {
    std::string text;
    for (const std::string& line : config.error().lines) text += (text.empty() ? "" : "\n") + line;
    return failure(std::move(text));
  }
  std::error_code ignored;
  auto inputs = what == "-"                              ? from_standard_input()
                : std::filesystem::exists(what, ignored) ? from_capture(what)
                                                         : from_hexadecimal(what);
  if (!inputs) return Unexpected(inputs.error());
  auto opened = mib::MibIndex::open(config->start.store_directory + "/mib.index");
  const auto index = opened ? *opened : mib::MibIndex::empty();
  admin::ExplainContext context{*config, *index, nullptr, {}, {}, {}};
  fill_classifier(*config, *index, &context);
  auto client = Client::connect(socket);
  if (client) {
    context.own = ask_own_engine(*client);
    context.engine = [&client](ByteView engine_id) { return ask_engine(*client, engine_id); };
  } else if (!json) {
    std::printf(
        "(No trapd was running to be asked: its own engine ID and the clocks of engines "
        "are not known here.)\n");
  }
  admin::Explainer explainer(std::move(context));
  Json list = Json::array();
  bool all = true;
  for (const Input& input : *inputs) {
    const admin::Explanation said = explainer.explain({input.payload, input.source});
    all = all && said.accepted;
    if (json) {
      list.push_back(explanation_json(input.title, said));
    } else {
      print(input.title, said);
    }
  }
  if (json) {
    std::printf("%s\n", list.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  }
  return all ? 0 : 1;
}

}  // namespace trapd::ctl
