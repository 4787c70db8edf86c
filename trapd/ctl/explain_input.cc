// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/explain_input.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdio>
#include <filesystem>

#include "trapd/admin/capture_file.h"
#include "trapd/admin/time_text.h"
#include "trapd/base/bytes.h"

namespace trapd::ctl {
namespace {

Result<std::vector<ExplainInput>> from_capture(const std::string& file) {
  auto datagrams = admin::read_capture(file);
  if (!datagrams) return Unexpected(datagrams.error());
  std::vector<ExplainInput> inputs;
  for (admin::CapturedDatagram& datagram : *datagrams) {
    std::string title = fmt::format("frame {}: {} -> {}", datagram.frame, datagram.source.text(),
                                    datagram.destination.text());
    if (!datagram.damage.empty()) title += " (" + datagram.damage + ")";
    inputs.push_back({std::move(title), std::move(datagram.payload), datagram.source});
  }
  if (inputs.empty()) return failure(file + " has no UDP datagram");
  return inputs;
}

Result<std::vector<ExplainInput>> from_hexadecimal(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != '\t') digits += c;
  }
  auto octets = from_hex(digits);
  if (!octets || octets->empty()) {
    return failure("expected a capture file, or the octets of a datagram in hexadecimal");
  }
  return std::vector<ExplainInput>{{"packet", std::move(*octets)}};
}

/// Standard input: a capture begins with an octet that no hexadecimal text begins with.
Result<std::vector<ExplainInput>> from_standard_input() {
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

}  // namespace

Result<std::vector<ExplainInput>> read_explain_inputs(const std::string& what) {
  std::error_code ignored;
  if (what == "-") return from_standard_input();
  return std::filesystem::exists(what, ignored) ? from_capture(what) : from_hexadecimal(what);
}

Result<ExplainInput> refused_input(const nlohmann::json& packet) {
  ExplainInput input;
  const std::string received = packet.value("received", std::string());
  const std::string source = packet.value("source", std::string());
  const std::string reason = packet.value("reason", std::string());
  const auto moment = admin::parse_moment(received, 0);
  auto octets = from_hex(packet.value("datagram", std::string()));
  input.refused_as = snmp::drop_reason(reason);
  if (!moment || !octets || !input.refused_as) {
    return failure("trapd tells of a refused packet what this trapctl cannot read");
  }
  input.number = packet.value("number", std::uint64_t{0});
  input.received_wall_ns = *moment;
  input.source = Endpoint::parse(source);
  input.at_agent = packet.value("at_agent", false);
  const auto whole = packet.value("octets", std::size_t{0});
  input.octets_missing = whole > octets->size() ? whole - octets->size() : 0;
  input.payload = std::move(*octets);
  input.title = fmt::format("number {}, {}: {} -> {}, refused as {}", input.number, received,
                            source, packet.value("local", std::string()), reason);
  return input;
}

}  // namespace trapd::ctl
