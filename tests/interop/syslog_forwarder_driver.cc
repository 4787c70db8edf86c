// SPDX-License-Identifier: Apache-2.0
// Feeds made-up records into one syslog forwarder, as a dispatcher would, and ends when all are
// delivered: for tests against real receivers.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "forwarders/syslog/syslog_forwarder.h"
#include "tests/unit/forwarders/sample_record.h"

namespace {

using namespace trapd;              // NOLINT: a program of one file
using namespace trapd::forwarders;  // NOLINT

struct Options {
  SyslogSettings settings;
  std::string transport = "udp";
  std::string format = "rfc5424";
  std::string verify = "name";
  bool lf = false;
  std::uint64_t count = 1;
  int pause_ms = 0;
  int seconds = 30;
};

Options parse(int argc, char** argv) {
  Options options;
  SyslogSettings& s = options.settings;
  CLI::App app("syslog test driver");
  app.add_option("--host", s.peer.host)->default_val("127.0.0.1");
  app.add_option("--port", s.peer.port);
  app.add_option("--transport", options.transport);
  app.add_option("--format", options.format);
  app.add_flag("--lf", options.lf);
  app.add_option("--ca", s.tls.ca_file);
  app.add_option("--certificate", s.tls.certificate_file);
  app.add_option("--key", s.tls.key_file);
  app.add_option("--verify", options.verify);
  app.add_option("--fingerprint", s.tls.fingerprint);
  app.add_option("--server-name", s.tls.server_name);
  app.add_option("--count", options.count);
  app.add_option("--pause-ms", options.pause_ms);
  app.add_option("--seconds", options.seconds);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  using Settings = SyslogSettings;
  s.transport = options.transport == "udp"   ? Settings::Transport::kUdp
                : options.transport == "tcp" ? Settings::Transport::kTcp
                                             : Settings::Transport::kTls;
  s.format = options.format == "rfc5424"   ? Settings::Format::kRfc5424
             : options.format == "rfc3164" ? Settings::Format::kRfc3164
             : options.format == "ovoc"    ? Settings::Format::kOvoc
                                           : Settings::Format::kJson;
  s.framing = options.lf ? Settings::Framing::kLf : Settings::Framing::kOctetCounting;
  s.tls.verify = options.verify == "name" ? TlsVerify::kName
                 : options.verify == "ip" ? TlsVerify::kIp
                                          : TlsVerify::kFingerprint;
  return options;
}

/// Text with what a careless receiver or sender would stumble over.
void fill(test::SampleRecord* sample, std::uint64_t number) {
  sample->header().sequence = number;
  sample->set(alarm::Field::kText,
              "number " + std::to_string(number) + " \"quoted\" ]\\ line\nend \xc3\xa9");
  sample->integer("1.3.6.1.2.1.2.2.1.8.3", 2).octets("1.3.6.1.2.1.2.2.1.2.3", "eth\"0]\n");
}

int drive(const Options& options) {
  const SystemClock clock;
  const Published<mib::MibIndex> index(test::sample_index());
  const RenderContext context{clock, index, "gw.example.net", {}, nullptr, nullptr, nullptr};
  const auto forwarder = make_syslog_forwarder({}, options.settings, context);
  const Wakeup wakeup;
  const std::int64_t until = clock.monotonic_ns() + options.seconds * kNsPerSecond;
  std::uint64_t next = 1;
  std::int64_t next_ns = 0;
  while (next <= options.count || forwarder->under_way() > 0) {
    const std::int64_t now = clock.monotonic_ns();
    if (now > until) {
      std::cerr << forwarder->health().detail << "\n";
      return 1;
    }
    while (next <= options.count && clock.monotonic_ns() >= next_ns) {
      test::SampleRecord sample;
      fill(&sample, next);
      const Item item = sample.item(next);
      if (forwarder->offer({&item, 1}) == 0) break;
      ++next;
      next_ns = clock.monotonic_ns() + options.pause_ms * kNsPerMs;
    }
    forwarder->run(wakeup, now + 5 * kNsPerMs);
  }
  std::cout << "delivered " << forwarder->delivered_count() << " failed "
            << forwarder->failed_count() << " " << forwarder->health().detail << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return drive(parse(argc, argv)); }
