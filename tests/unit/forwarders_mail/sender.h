// SPDX-License-Identifier: Apache-2.0
// A mail destination, driven as its thread would.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>

#include "forwarders/mail/mail_forwarder.h"
#include "tests/unit/forwarders_mail/made_record.h"
#include "tests/unit/forwarders_mail/mail_server.h"
#include "tests/unit/net/certificates.h"
#include "trapd/base/wakeup.h"

namespace trapd::forwarders::mail {

inline const test::Certificates& certificates() {
  static const test::Certificates made;
  return made;
}
inline const test::Issued& localhost_certificate() {
  static const test::Issued made = certificates().from_ca("localhost", "DNS:localhost");
  return made;
}

inline MailForwarder::Options quick() {
  MailForwarder::Options options;
  options.backoff.first_ns = 20 * kNsPerMs;
  options.backoff.longest_ns = 100 * kNsPerMs;
  return options;
}

class Sender {
 public:
  using Change = std::function<void(MailSettings&)>;
  Sender(std::uint16_t port, const Change& change, const MailForwarder::Options& options = quick())
      : forwarder_(destination(), settings(port, change), context(clock_), options) {}

  void offer(MadeRecord& record, std::uint64_t sequence) {
    const Item item = record.item(sequence);
    REQUIRE(forwarder_.offer({&item, 1}) == 1);
  }
  bool until(const std::function<bool()>& condition, int seconds_max = 20) {
    return soon(
        [&] {
          forwarder_.run(wakeup_, clock_.monotonic_ns() + 20 * kNsPerMs);
          return condition();
        },
        seconds_max);
  }
  bool until_delivered(std::uint64_t sequence) {
    return until([&] { return forwarder_.delivered_through() >= sequence; });
  }
  MailForwarder& operator*() { return forwarder_; }
  MailForwarder* operator->() { return &forwarder_; }
  const Clock& clock() const { return clock_; }
  const Wakeup& wakeup() const { return wakeup_; }

 private:
  static Destination destination() {
    Destination made;
    made.name = "duty-mail";
    return made;
  }
  static MailSettings settings(std::uint16_t port, const Change& change) {
    MailSettings made;
    made.tls = MailSettings::Tls::kOff;
    made.peer = {"localhost", port};
    made.from = "trapd@example.net";
    made.recipients = {"duty@example.net"};
    made.digest_window = std::chrono::seconds(0);
    made.tls_settings.ca_file = certificates().ca().certificate_file;
    if (change) change(made);
    return made;
  }

  SystemClock clock_;
  Wakeup wakeup_;
  MailForwarder forwarder_;
};

}  // namespace trapd::forwarders::mail
