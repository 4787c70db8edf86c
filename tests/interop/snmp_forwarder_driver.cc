// SPDX-License-Identifier: Apache-2.0
// Feeds made-up records into one northbound SNMP forwarder, as a dispatcher would, and ends when
// all are delivered or set aside: for tests against real receivers.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <string>

#include "forwarders/snmp/snmp_forwarder.h"
#include "tests/unit/forwarders_snmp/made_record.h"

namespace {

using namespace trapd;              // NOLINT: a program of one file
using namespace trapd::forwarders;  // NOLINT

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 162;
  std::string version = "v3";
  std::string format = "alarm";
  bool inform = false;
  std::string auth = "SHA-1";
  std::string priv = "AES-128";
  std::string passphrase;
  std::string engine = kOwnEngineHex;
  std::uint64_t count = 1;
  int pause_ms = 0;
  int timeout_ms = 1000;
  int heartbeat_s = 0;
  int seconds = 30;
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("northbound SNMP test driver");
  app.add_option("--host", options.host);
  app.add_option("--port", options.port);
  app.add_option("--version", options.version);
  app.add_option("--format", options.format);
  app.add_flag("--inform", options.inform);
  app.add_option("--auth", options.auth);
  app.add_option("--priv", options.priv);
  app.add_option("--passphrase", options.passphrase);
  app.add_option("--engine", options.engine);
  app.add_option("--count", options.count);
  app.add_option("--pause-ms", options.pause_ms);
  app.add_option("--timeout-ms", options.timeout_ms);
  app.add_option("--heartbeat", options.heartbeat_s);
  app.add_option("--seconds", options.seconds);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  return options;
}

std::shared_ptr<const usm::User> user_of(const Options& options) {
  auto user = std::make_shared<usm::User>();
  user->name = "oss";
  user->auth = usm::auth_protocol(options.auth).value();
  user->priv = usm::priv_protocol(options.priv, user->auth).value();
  user->auth_ku = usm::password_to_key(user->auth, as_bytes(options.passphrase));
  user->priv_ku = user->auth_ku;
  return user;
}

SnmpSettings settings_of(const Options& options) {
  SnmpSettings settings;
  settings.version =
      options.version == "v3" ? SnmpSettings::Version::kV3 : SnmpSettings::Version::kV2c;
  settings.format =
      options.format == "alarm" ? SnmpSettings::Format::kAlarm : SnmpSettings::Format::kOriginal;
  settings.peer = {options.host, options.port};
  settings.community = "public";
  settings.inform = options.inform;
  settings.timeout = std::chrono::milliseconds(options.timeout_ms);
  settings.heartbeat = std::chrono::seconds(options.heartbeat_s);
  if (settings.version == SnmpSettings::Version::kV3) settings.user = user_of(options);
  return settings;
}

/// The n-th record: of one of five devices; the number is in ifIndex, where a receiver sees it.
void make_record(std::uint64_t n, MadeRecord* record) {
  record->set(alarm::Field::kDevice, "device-" + std::to_string(n % 5));
  const std::string digits = to_hex(std::vector<std::uint8_t>{
      static_cast<std::uint8_t>(n >> 16 & 0x7f), static_cast<std::uint8_t>(n >> 8 & 0xff),
      static_cast<std::uint8_t>(n & 0xff)});
  record->set_hex(alarm::Field::kVarbinds, "3011060a2b0601020102020101030203" + digits);
  record->set(alarm::Field::kText, "link down, number " + std::to_string(n));
}

class Driver {
 public:
  explicit Driver(const Options& options)
      : options_(options),
        own_engine_(hex(options.engine), 1, clock_),
        context_{clock_, no_names_, "gateway", hex(options.engine), &own_engine_},
        deadline_ns_(clock_.monotonic_ns() + options.seconds * kNsPerSecond) {
    destination_.name = "oss";
    context_.active_alarms = [] { return std::uint64_t{3}; };
    forwarder_ = make_snmp_forwarder(destination_, settings_of(options), context_);
  }

  int run() {
    for (std::uint64_t n = 1; n <= options_.count && in_time(); ++n) {
      MadeRecord record;
      make_record(n, &record);
      const Item item = record.item(n, n);
      while (forwarder_->offer({&item, 1}) == 0 && in_time()) turn(20);
      const std::int64_t until_ns = clock_.monotonic_ns() + options_.pause_ms * kNsPerMs;
      while (clock_.monotonic_ns() < until_ns) turn(5);
    }
    while (forwarder_->delivered_through() < options_.count && in_time()) turn(20);
    const Health health = forwarder_->health();
    std::cout << "delivered " << forwarder_->delivered_count() << " failed "
              << forwarder_->failed_count() << " dead " << dead_ << "\n"
              << (health.up ? "up: " : "down: ") << health.detail << "\n";
    return forwarder_->delivered_count() == options_.count ? 0 : 1;
  }

 private:
  bool in_time() const { return clock_.monotonic_ns() < deadline_ns_; }
  void turn(int ms) {
    forwarder_->run(wakeup_, clock_.monotonic_ns() + ms * kNsPerMs);
    for (const DeadLetter& letter : forwarder_->take_dead_letters()) {
      ++dead_;
      std::cout << "dead letter " << letter.sequence << ": " << letter.reason << "\n";
    }
  }

  const Options options_;
  SystemClock clock_;
  Published<mib::MibIndex> no_names_{nullptr};
  usm::OwnEngine own_engine_;
  RenderContext context_;
  Destination destination_;
  Wakeup wakeup_;
  std::unique_ptr<Forwarder> forwarder_;
  const std::int64_t deadline_ns_;
  std::uint64_t dead_ = 0;
};

}  // namespace

int main(int argc, char** argv) { return Driver(parse(argc, argv)).run(); }
