// SPDX-License-Identifier: Apache-2.0
// Reaches config::load: the YAML tree, every row of the schema, the checks between rows, the
// diagnostics. The text lies in a file in memory. Secrets are not read; texts that would make
// load() look through the whole file system or read devices are left out.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/fuzz/target.h"
#include "trapd/base/bytes.h"
#include "trapd/base/check.h"
#include "trapd/base/fd.h"
#include "trapd/config/config.h"

namespace trapd::fuzz {
namespace {

bool leaves_the_process(std::string_view text) {
  for (const char* part : {"*", "?", "/dev", "/proc", "/sys"}) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

void check_config(std::string_view text) {
  if (leaves_the_process(text)) return;
  const Fd file(::memfd_create("trapd-fuzz.yaml", MFD_CLOEXEC));
  CHECK(file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const auto config = config::load(path, false);
  if (!config) {
    CHECK(!config.error().lines.empty());
    for (const std::string& line : config.error().lines) {
      CHECK(line.find(": error: ") != std::string::npos);
      CHECK(line.find('\n') == std::string::npos);
    }
    return;
  }
  CHECK(config->start.workers >= 1);
  for (const std::string& line : config->warnings) CHECK(line.find('\n') == std::string::npos);
  CHECK(config::changed_start_keys(config->start, config->start).empty());
}

Seed seed(const char* name, std::string_view text) { return {name, {text.begin(), text.end()}}; }

}  // namespace

std::vector<Seed> seeds() {
  return {seed("small", R"(store: {directory: /tmp/x, max_size: 8GiB, commit_delay: 2ms}
listen:
  - {udp: "127.0.0.1:1162", receive_buffer: 64MiB}
  - {udp: "[::1]:1162", allow: [10.0.0.0/8], deny: [10.1.0.0/16]}
workers: auto
)"),
          seed("users", R"(engine: {id: auto}
process: {user: root}
security:
  level: authNoPriv
  auth: [SHA-1, MD5]
  privacy: [AES-128, DES]
  communities: [{name: {file: public}, from: [192.0.2.0/24]}]
snmp_users:
  - name: noc
    use: [receive]
    auth: {protocol: SHA-1, passphrase: {file: a}}
    priv: {protocol: AES-256-REEDER, passphrase: "maplesyrup"}
    engines: [0x8000138b0500000001]
  - {name: oss, auth: {protocol: SHA-256, key: "00112233"}}
limits: {engines: 10, alarms: 10, duplicates: 10}
rate: {refused_per_source: 200/s, per_engine: off}
)"),
          seed("destinations", R"(devices:
  - {name: sbc-1, engine: 0x8000138b0500000001, site: tlv, tenant: acme, keepalive: 90s}
  - {name: old-ups, address: 192.0.2.7, time_window: report}
relays: [{from: 192.0.2.0/28, user: noc}]
mibs: {directories: [/tmp], modules: all}
rules: [none.yaml]
destinations:
  - name: noc-syslog
    type: syslog
    to: tls://logs.example.net:6514
    tls: {ca: ca.pem, verify: name}
    format: rfc5424
    send: all
    select: [{allow: {severity: [critical, major]}}, {prevent: {device: x}}]
    resend: 4MiB
    start: oldest
    was: other
  - name: duty
    type: mail
    to: smtp://mail.example.net:25
    login: {user: trapd, password: {env: X}}
    from: trapd@example.net
    recipients: [duty@example.net]
    digest: {window: 60s, max: 200}
  - {name: oss, type: snmp, to: "oss:162", version: v3, user: oss, pdu: inform, heartbeat: 60s,
     source_port: 1180-1220, format: alarm}
metrics: {listen: 127.0.0.1:9163}
)"),
          seed("wrong", "listen: {udp: 7}\nworkers: -1\nunknown: [1, {a: b}]\nlisten: ~\n- x\n")};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::check_config(trapd::as_text({data, size}));
  return 0;
}
