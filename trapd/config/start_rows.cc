// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/start_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "trapd/config/value_rows.h"
#include "trapd/usm/own_engine.h"

namespace trapd::config {
namespace {

constexpr std::int64_t kKiB = 1 << 10;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kTiB = std::int64_t{1} << 40;

void read_user(Reading& reading, const Setting& setting, const Node& node, StartConfig& start) {
  as_text<&StartConfig::user>(reading, setting, node, start);
  if (start.user == "root") {
    reading.warning(node.at, "process.user is root: trapd keeps all rights after binding");
  }
}

void read_engine_id(Reading& reading, const Setting& setting, const Node& node,
                    StartConfig& start) {
  if (node.is_scalar() && node.text == "auto") {
    start.engine_id.clear();
    return;
  }
  const auto id = read_hex(reading, setting, node);
  if (!id) return;
  if (!usm::legal_own_engine_id(*id)) {
    reading.error(node.at,
                  "id: not a legal engine ID of one's own; expected auto, or 5 to 32 octets that "
                  "begin with a bit 1 and are neither all 00 nor all FF (RFC 3411 section 5)");
    return;
  }
  start.engine_id = *id;
}

std::optional<Endpoint> read_endpoint(Reading& reading, const Setting& setting, const Node& node) {
  const auto endpoint = node.is_scalar() ? Endpoint::parse(node.text) : std::nullopt;
  if (endpoint && endpoint->port != 0) return endpoint;
  reading.unexpected(setting, node);
  return std::nullopt;
}

void read_udp(Reading& reading, const Setting& setting, const Node& node, Listener& listener) {
  const auto endpoint = read_endpoint(reading, setting, node);
  if (!endpoint) return;
  listener.udp = *endpoint;
  listener.text = endpoint->text();
}

void read_metrics_listen(Reading& reading, const Setting& setting, const Node& node,
                         StartConfig& start) {
  start.metrics.reset();
  if (node.is_scalar() && node.text == "off") return;
  start.metrics = read_endpoint(reading, setting, node);
}

constexpr std::array<Word<bool>, 2> kOnOff = {{{"on", true}, {"off", false}}};

void read_seccomp(Reading& reading, const Setting& setting, const Node& node, StartConfig& start) {
  as_choice<&StartConfig::seccomp, kOnOff>(reading, setting, node, start);
  if (!start.seccomp) {
    reading.warning(node.at,
                    "exception: process.seccomp is off: a fault in trapd can be used to start "
                    "programs and to make any other system call");
  }
}

void read_landlock(Reading& reading, const Setting& setting, const Node& node, StartConfig& start) {
  as_choice<&StartConfig::landlock, kOnOff>(reading, setting, node, start);
  if (!start.landlock) {
    reading.warning(node.at,
                    "exception: process.landlock is off: a fault in trapd can be used to reach "
                    "every file that its user may");
  }
}

constexpr std::array<Row<StartConfig>, 3> kProcess = {{
    {{.key = "user",
      .words = "a user name",
      .fallback = "trapd",
      .scope = Scope::kStart,
      .max = 64,
      .doc = "user to run as after binding; changing to it needs root; root keeps all rights"},
     &read_user},
    {{.key = "seccomp",
      .form = Form::kChoice,
      .words = "on | off",
      .fallback = "on",
      .scope = Scope::kStart,
      .doc = "only the system calls that trapd has a use for; others are refused and told, those "
             "that start or read other processes kill it"},
     &read_seccomp},
    {{.key = "landlock",
      .form = Form::kChoice,
      .words = "on | off",
      .fallback = "on",
      .scope = Scope::kStart,
      .doc = "where the kernel has it: files are read only in the directories that the "
             "configuration names at the start, in /etc and /usr, and written only in the store"},
     &read_landlock},
}};

constexpr std::array<Row<StartConfig>, 1> kEngine = {{
    {{.key = "id",
      .form = Form::kWritten,
      .words = "auto or 0x and hexadecimal digits",
      .fallback = "auto",
      .scope = Scope::kStart,
      .doc = "own snmpEngineID (RFC 3411); auto: made once and kept"},
     &read_engine_id},
}};

constexpr std::array<Row<StartConfig>, 4> kStore = {{
    {{.key = "directory",
      .words = "a path",
      .fallback = "/var/lib/trapd",
      .scope = Scope::kStart,
      .doc = "where the journal, engine.state and trapd.sock are"},
     &as_path<&StartConfig::store_directory>},
    {{.key = "max_size",
      .form = Form::kSize,
      .fallback = "8GiB",
      .scope = Scope::kStart,
      .min = 16 * kMiB,
      .max = 16 * kTiB,
      .doc = "pages in use; when full the furthest-behind destination loses its oldest entries, "
             "counted and alarmed"},
     &as_number<&StartConfig::store_max_size_bytes>},
    {{.key = "commit_delay",
      .form = Form::kDuration,
      .fallback = "0ms",
      .scope = Scope::kStart,
      .min = 0,
      .max = 1'000,
      .doc = "wait this long for a larger batch; a commit is always an fdatasync. While more than "
             "some 100,000 come in a second it waits 4 ms by itself"},
     &as_duration<&StartConfig::commit_delay>},
    {{.key = "key_cache",
      .form = Form::kChoice,
      .words = "on | off",
      .fallback = "on",
      .scope = Scope::kStart,
      .doc = "keep the keys of 1,000 passphrases and more, sealed with these, in keys.cache (mode "
             "0600): the next start need not derive them; who reads it can try passphrases on it"},
     &as_choice<&StartConfig::key_cache, kOnOff>},
}};

constexpr std::array<Row<Listener>, 4> kListener = {{
    {{.key = "udp",
      .form = Form::kWritten,
      .words = "ADDRESS:PORT like \"0.0.0.0:162\" or \"[::]:162\"",
      .scope = Scope::kStart,
      .required = true,
      .doc = "address and port to receive on; IPv4 and IPv6 are listeners apart",
      .example = "\"0.0.0.0:162\""},
     &read_udp},
    {{.key = "receive_buffer",
      .form = Form::kSize,
      .fallback = "64MiB",
      .scope = Scope::kStart,
      .min = 64 * kKiB,
      .max = 1024 * kMiB,
      .doc = "kernel queue of each socket of the listener (it has eight); 1MiB holds about 1,600 "
             "traps"},
     &as_number<&Listener::receive_buffer_bytes>},
    {{.key = "allow",
      .form = Form::kWritten,
      .words = "a list of networks",
      .scope = Scope::kStart,
      .doc = "sources that may send; without it: all",
      .example = "[10.0.0.0/8]"},
     &as_networks<&Listener::allow>},
    {{.key = "deny",
      .form = Form::kWritten,
      .words = "a list of networks",
      .scope = Scope::kStart,
      .doc = "sources that may not, even when allowed",
      .example = "[10.99.0.0/16]"},
     &as_networks<&Listener::deny>},
}};

constexpr std::array<Row<StartConfig>, 3> kLimits = {{
    {{.key = "engines",
      .form = Form::kInteger,
      .fallback = "100000",
      .scope = Scope::kStart,
      .min = 1,
      .max = 10'000'000,
      .doc = "engines whose clocks are kept; beyond it new ones are refused, none is evicted"},
     &as_number<&StartConfig::engines_max>},
    {{.key = "alarms",
      .form = Form::kInteger,
      .fallback = "1000000",
      .scope = Scope::kStart,
      .min = 1,
      .max = 100'000'000,
      .doc = "active alarms; beyond it a raise is stored as an event and counted"},
     &as_number<&StartConfig::alarms_max>},
    {{.key = "duplicates",
      .form = Form::kInteger,
      .fallback = "1000000",
      .scope = Scope::kStart,
      .min = 1'000,
      .max = 100'000'000,
      .doc = "notifications remembered to recognise retransmissions and duplicates"},
     &as_number<&StartConfig::duplicates_max>},
}};

constexpr std::array<Row<StartConfig>, 1> kMetrics = {{
    {{.key = "listen",
      .form = Form::kWritten,
      .words = "ADDRESS:PORT or off",
      .fallback = "127.0.0.1:9163",
      .scope = Scope::kStart,
      .doc = "HTTP for /metrics, /health and /ready"},
     &read_metrics_listen},
}};

}  // namespace

std::span<const Row<StartConfig>> process_rows() { return kProcess; }
std::span<const Row<StartConfig>> engine_rows() { return kEngine; }
std::span<const Row<StartConfig>> store_rows() { return kStore; }
std::span<const Row<Listener>> listener_rows() { return kListener; }
std::span<const Row<StartConfig>> limit_rows() { return kLimits; }
std::span<const Row<StartConfig>> metrics_rows() { return kMetrics; }

void read_listeners(Reading& reading, const Setting& setting, const Node& node,
                    StartConfig& start) {
  constexpr std::size_t kListenersMax = 64;
  start.listeners.clear();
  read_list(reading, setting, node, [&](const Node& item) {
    Listener listener;
    const std::size_t errors = reading.diagnostics.error_count();
    read_mapping(reading, "a listener", item, listener_rows(), listener);
    if (reading.diagnostics.error_count() != errors) return;
    const bool twice =
        std::any_of(start.listeners.begin(), start.listeners.end(),
                    [&](const Listener& other) { return other.udp == listener.udp; });
    if (twice) {
      reading.error(item.find("udp")->at,
                    fmt::format("udp: {} is listened on twice; expected once", listener.text));
    } else {
      start.listeners.push_back(std::move(listener));
    }
  });
  if (start.listeners.size() > kListenersMax) {
    reading.error(node.at, fmt::format("listen: {} listeners, expected at most {}",
                                       start.listeners.size(), kListenersMax));
  }
  const bool empty = node.is_null() || (node.is_sequence() && node.items.empty());
  if (empty) reading.error(node.at, "listen: expected at least one listener");
}

void read_workers(Reading& reading, const Setting& setting, const Node& node, StartConfig& start) {
  if (node.is_scalar() && node.text == "auto") {
    const auto processors = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    start.workers =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(processors - 1, 1, kWorkersMax));
    return;
  }
  const auto number = node.is_scalar() ? parse_integer(node.text) : std::nullopt;
  if (number && *number >= 1 && *number <= kWorkersMax) {
    start.workers = static_cast<std::uint32_t>(*number);
  } else {
    reading.unexpected(setting, node);
  }
}

}  // namespace trapd::config
