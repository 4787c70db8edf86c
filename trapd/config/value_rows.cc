// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/value_rows.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace trapd::config {
namespace {

std::optional<std::int64_t> parse_form(Form form, std::string_view text) {
  if (form == Form::kSize) return parse_size(text);
  if (form == Form::kDuration) return parse_duration_ms(text);
  if (form == Form::kRate) return parse_rate(text);
  return parse_integer(text);
}

}  // namespace

std::optional<std::int64_t> read_number(Reading& reading, const Setting& setting,
                                        const Node& node) {
  const auto value = node.is_scalar() ? parse_form(setting.form, node.text) : std::nullopt;
  const bool off = setting.form == Form::kRate && value == 0;
  if (value && (off || (*value >= setting.min && *value <= setting.max))) return value;
  reading.unexpected(setting, node);
  return std::nullopt;
}

std::optional<std::string> read_text(Reading& reading, const Setting& setting, const Node& node) {
  if (!need_scalar(reading, setting, node)) return std::nullopt;
  const auto most = static_cast<std::size_t>(setting.max > 0 ? setting.max : 1024);
  if (node.text.size() > most) {
    reading.error(node.at, fmt::format("{}: {} octets long, expected at most {}", setting.key,
                                       node.text.size(), most));
    return std::nullopt;
  }
  return node.text;
}

std::optional<std::vector<std::uint8_t>> read_hex(Reading& reading, const Setting& setting,
                                                  const Node& node) {
  if (node.is_scalar() && !node.text.empty()) {
    auto octets = from_hex(node.text);
    if (octets && !octets->empty()) return octets;
  }
  reading.unexpected(setting, node);
  return std::nullopt;
}

std::vector<Network> read_networks(Reading& reading, const Setting& setting, const Node& node) {
  std::vector<Network> networks;
  // Who empties a list of sources wants nobody; taken for "no list" it would let everybody in.
  if (node.is_null() || (node.is_sequence() && node.items.empty())) {
    reading.error(node.at, fmt::format("{}: expected at least one network, found {}; leave the key "
                                       "out for no such limit",
                                       setting.key, node.is_null() ? "nothing" : "an empty list"));
  }
  read_list(reading, setting, node, [&](const Node& item) {
    const auto network = item.is_scalar() ? Network::parse(item.text) : std::nullopt;
    if (network) {
      networks.push_back(*network);
    } else {
      reading.error(
          item.at,
          fmt::format("{}: expected a network like 192.0.2.0/24 or 2001:db8::/32, "
                      "found {}",
                      setting.key, item.is_scalar() ? '"' + item.text + '"' : kind_text(item)));
    }
  });
  return networks;
}

std::vector<std::string> read_texts(Reading& reading, const Setting& setting, const Node& node) {
  std::vector<std::string> texts;
  const auto take = [&](const Node& item) {
    if (auto text = read_text(reading, setting, item)) texts.push_back(std::move(*text));
  };
  if (node.is_scalar()) {
    take(node);
  } else {
    read_list(reading, setting, node, take);
  }
  return texts;
}

std::optional<std::string> read_file_name(Reading& reading, const Setting& setting,
                                          const Node& node) {
  const auto name = read_text(reading, setting, node);
  if (!name) return std::nullopt;
  std::string path = reading.resolve(*name);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int reason = errno;
    // Who only checks the file may not be allowed to look where trapd may.
    if (reason == EACCES && !reading.read_secrets) return path;
    reading.error(node.at, fmt::format("{}: cannot read {}: {}; expected a file", setting.key, path,
                                       std::strerror(reason)));
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    reading.error(node.at, fmt::format("{}: {} is no file", setting.key, path));
    return std::nullopt;
  }
  return path;
}

}  // namespace trapd::config
