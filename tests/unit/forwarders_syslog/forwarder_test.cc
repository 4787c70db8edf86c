// SPDX-License-Identifier: Apache-2.0
// The forwarders against real sockets on the loopback.
#include <doctest/doctest.h>

#include <functional>
#include <future>

#include "forwarders/syslog/datagram_forwarder.h"
#include "forwarders/syslog/stream_forwarder.h"
#include "forwarders/syslog/syslog_forwarder.h"
#include "tests/unit/forwarders/sample_record.h"
#include "tests/unit/net/listener.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::syslog;
using test::Certificates;
using test::Issued;
using test::Listener;
using test::SampleRecord;

namespace {

const SystemClock real_clock;

/// A forwarder with what it needs, driven by hand.
struct Driven {
  std::unique_ptr<Forwarder> forwarder;
  Wakeup wakeup;
  std::uint64_t next = 1;

  static RenderContext context() {
    static const Published<mib::MibIndex> index(test::sample_index());
    return {real_clock, index, "gw", {}, nullptr, nullptr, nullptr};
  }

  bool drive(const std::function<bool()>& done, int patience_s = 20) {
    const std::int64_t until = real_clock.monotonic_ns() + patience_s * kNsPerSecond;
    while (!done()) {
      if (real_clock.monotonic_ns() > until) return false;
      forwarder->run(wakeup, real_clock.monotonic_ns() + 5 * kNsPerMs);
    }
    return true;
  }
  bool up() {
    return drive([&] { return forwarder->health().up; });
  }
  /// Offers records whose text is "number N." until `last`.
  bool send_through(std::uint64_t last) {
    return drive([&] {
      for (; next <= last; ++next) {
        SampleRecord sample;
        sample.header().sequence = next;
        sample.set(alarm::Field::kText, "number " + std::to_string(next) + ".");
        const Item item = sample.item(next);
        if (forwarder->offer({&item, 1}) == 0) break;
      }
      return next > last && forwarder->under_way() == 0;
    });
  }
};

SyslogSettings settings(SyslogSettings::Transport transport, const Endpoint& to) {
  SyslogSettings made;
  made.transport = transport;
  made.peer = {"127.0.0.1", to.port};
  return made;
}

StreamForwarder::Options quick() {
  StreamForwarder::Options options;
  options.backoff = {20 * kNsPerMs, 100 * kNsPerMs, kNsPerSecond};
  return options;
}

/// Splits a stream by its octet counts; a frame that is cut short stays out.
std::vector<std::string> octet_counted(std::string_view stream) {
  std::vector<std::string> frames;
  while (!stream.empty()) {
    const std::size_t blank = stream.find(' ');
    if (blank == std::string_view::npos) break;
    REQUIRE(stream[0] != '0');
    const std::size_t octets = std::stoul(std::string(stream.substr(0, blank)));
    if (stream.size() < blank + 1 + octets) break;
    frames.emplace_back(stream.substr(blank + 1, octets));
    stream.remove_prefix(blank + 1 + octets);
  }
  return frames;
}

int number_in(const std::string& frame) {
  const std::size_t at = frame.rfind("number ");
  REQUIRE(at != std::string::npos);
  return std::stoi(frame.substr(at + 7));
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    ::usleep(1000);
  }
  return false;
}

}  // namespace

TEST_CASE("TCP: records arrive in order, octet-counted, and are delivered") {
  Listener listener({});
  Driven driven{std::make_unique<StreamForwarder>(
                    settings(SyslogSettings::Transport::kTcp, listener.at()), Driven::context()),
                {}};
  CHECK(driven.forwarder->delivered_through() == 0);
  REQUIRE(driven.send_through(500));
  CHECK(driven.forwarder->delivered_through() == 500);
  CHECK(driven.forwarder->delivered_count() == 500);
  CHECK(driven.forwarder->failed_count() == 0);
  CHECK(driven.forwarder->health().detail.find("connected to 127.0.0.1:") == 0);
  CHECK(eventually([&] { return octet_counted(listener.received()).size() == 500; }));
  int expected = 1;
  for (const std::string& frame : octet_counted(listener.received())) {
    CHECK(number_in(frame) == expected++);
  }
  driven.forwarder.reset();
  CHECK(eventually([&] { return listener.ended_in_order() == 1; }));
}

TEST_CASE("TCP: with LF framing no record can make two") {
  Listener listener({});
  SyslogSettings to = settings(SyslogSettings::Transport::kTcp, listener.at());
  to.framing = SyslogSettings::Framing::kLf;
  for (const auto format : {SyslogSettings::Format::kRfc5424, SyslogSettings::Format::kRfc3164,
                            SyslogSettings::Format::kOvoc, SyslogSettings::Format::kJson}) {
    to.format = format;
    Driven driven{std::make_unique<StreamForwarder>(to, Driven::context()), {}};
    REQUIRE(driven.up());
    SampleRecord sample;
    sample.set(alarm::Field::kText, "first\nsecond\r\nthird").set(alarm::Field::kResource, "a\nb");
    sample.octets("1.3.6.1.2.1.2.2.1.2.3", "x\ny");
    const Item item = sample.item();
    REQUIRE(driven.forwarder->offer({&item, 1}) == 1);
    REQUIRE(driven.drive([&] { return driven.forwarder->under_way() == 0; }));
  }
  CHECK(eventually([&] {
    const std::string all = listener.received();
    return std::count(all.begin(), all.end(), '\n') == 4;
  }));
  const std::string all = listener.received();
  CHECK(std::count(all.begin(), all.end(), '\n') == 4);
}

TEST_CASE("TLS: records arrive, and a peer with the wrong name gets none") {
  const Certificates certificates;
  const Issued server = certificates.from_ca("server", "DNS:logs.example.net");
  Listener listener({.tls = &server});
  SyslogSettings to = settings(SyslogSettings::Transport::kTls, listener.at());
  to.tls.ca_file = certificates.ca().certificate_file;
  to.tls.server_name = "logs.example.net";
  Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), quick()), {}};
  REQUIRE(driven.send_through(300));
  CHECK(driven.forwarder->delivered_through() == 300);
  CHECK(driven.forwarder->health().detail.find("TLSv1.3") != std::string::npos);
  CHECK(eventually([&] { return octet_counted(listener.received()).size() == 300; }));
  driven.forwarder.reset();
  CHECK(eventually([&] { return listener.ended_in_order() == 1; }));

  const std::size_t before = listener.received().size();
  to.tls.server_name = "other.example.net";
  Driven wrong{std::make_unique<StreamForwarder>(to, Driven::context(), quick()), {}};
  REQUIRE(wrong.drive([&] { return wrong.forwarder->failed_count() >= 2; }));
  CHECK_FALSE(wrong.forwarder->health().up);
  CHECK(wrong.forwarder->health().detail.find("hostname mismatch") != std::string::npos);
  CHECK(listener.received().size() == before);

  to.tls.ca_file = "/nonexistent";
  Driven unusable{std::make_unique<StreamForwarder>(to, Driven::context(), quick()), {}};
  REQUIRE(unusable.drive([&] { return unusable.forwarder->failed_count() >= 2; }));
  CHECK(unusable.forwarder->health().detail.find("/nonexistent") != std::string::npos);
}

TEST_CASE("a peer that stalls and dies has lost nothing: what it had not read comes again") {
  // Its kernel acknowledges far more than its program reads.
  Listener listener({.read_octets_max = 20'000, .then = Listener::Then::kStall});
  listener.misbehave_only(1);
  SyslogSettings to = settings(SyslogSettings::Transport::kTcp, listener.at());
  Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), quick()), {}};
  REQUIRE(driven.send_through(100));
  CHECK(driven.forwarder->delivered_through() == 100);
  REQUIRE(eventually([&] { return listener.received().size() == 20'000; }));
  const std::size_t read = octet_counted(listener.received()).size();
  CHECK(read < 100);
  const std::size_t cut = listener.received().size();
  listener.misbehave_only(0);  // it closes, with octets unread
  REQUIRE(driven.send_through(150));
  CHECK(driven.forwarder->failed_count() >= 1);
  CHECK(driven.forwarder->delivered_count() == 150);
  REQUIRE(eventually([&] {
    const auto frames = octet_counted(std::string_view(listener.received()).substr(cut));
    return !frames.empty() && number_in(frames.back()) == 150;
  }));
  const auto again = octet_counted(std::string_view(listener.received()).substr(cut));
  CHECK(number_in(again.front()) <= static_cast<int>(read) + 1);
  for (std::size_t i = 1; i < again.size(); ++i) {
    CHECK(number_in(again[i]) == number_in(again[i - 1]) + 1);
  }
}

TEST_CASE("a close tells whether the peer has read everything, over TLS only when it says so") {
  const Certificates certificates;
  const Issued server = certificates.from_ca("server", "DNS:logs.example.net");
  const auto ends_with = [&](const Issued* tls, Listener::Then then) {
    const bool stalls = then == Listener::Then::kStall;
    Listener listener({.read_octets_max = stalls ? 2000 : ~std::size_t{0},
                       .then = then,
                       .tls = tls,
                       .answers_close = then == Listener::Then::kClose});
    SyslogSettings to =
        settings(tls != nullptr ? SyslogSettings::Transport::kTls : SyslogSettings::Transport::kTcp,
                 listener.at());
    to.tls.ca_file = certificates.ca().certificate_file;
    to.tls.server_name = "logs.example.net";
    Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), quick()), {}};
    CHECK(driven.forwarder->resend_from() == 0);
    REQUIRE(driven.send_through(50));
    CHECK(driven.forwarder->resend_from() == 1);
    driven.forwarder->close(real_clock.monotonic_ns() +
                            (stalls ? 50 * kNsPerMs : 20 * kNsPerSecond));
    CHECK(driven.forwarder->delivered_through() == 50);
    if (stalls) listener.misbehave_only(0);
    return driven.forwarder->resend_from();
  };
  CHECK(ends_with(nullptr, Listener::Then::kReadOn) == 0);
  CHECK(ends_with(nullptr, Listener::Then::kStall) == 1);
  CHECK(ends_with(&server, Listener::Then::kClose) == 0);
  CHECK(ends_with(&server, Listener::Then::kReadOn) == 1);
  CHECK(ends_with(&server, Listener::Then::kStall) == 1);
}

TEST_CASE("a peer that has read everything and closes in order gets nothing older twice") {
  std::size_t first_octets = 0;
  {
    Listener measure({});
    Driven driven{std::make_unique<StreamForwarder>(
                      settings(SyslogSettings::Transport::kTcp, measure.at()), Driven::context()),
                  {}};
    REQUIRE(driven.send_through(20));
    REQUIRE(eventually([&] { return octet_counted(measure.received()).size() == 20; }));
    first_octets = measure.received().size();
  }
  Listener listener({.read_octets_max = first_octets, .then = Listener::Then::kClose});
  listener.misbehave_only(1);
  StreamForwarder::Options options = quick();
  options.recent_ns = -kNsPerSecond;
  Driven driven{
      std::make_unique<StreamForwarder>(settings(SyslogSettings::Transport::kTcp, listener.at()),
                                        Driven::context(), options),
      {}};
  REQUIRE(driven.send_through(20));
  REQUIRE(driven.drive([&] { return listener.connections() == 2; }));
  REQUIRE(driven.send_through(40));
  REQUIRE(eventually([&] { return octet_counted(listener.received()).size() >= 40; }));
  CHECK(octet_counted(listener.received()).size() == 40);
  CHECK(driven.forwarder->failed_count() == 0);
}

TEST_CASE("a refused connection backs off, takes nothing, and works when the peer comes") {
  Endpoint at;
  test::listen_on_loopback(1, &at);
  Driven driven{std::make_unique<StreamForwarder>(settings(SyslogSettings::Transport::kTcp, at),
                                                  Driven::context(), quick()),
                {}};
  REQUIRE(driven.drive([&] { return driven.forwarder->failed_count() >= 3; }));
  CHECK_FALSE(driven.forwarder->health().up);
  CHECK(driven.forwarder->health().detail.find("Connection refused") != std::string::npos);
  SampleRecord sample;
  const Item item = sample.item();
  CHECK(driven.forwarder->offer({&item, 1}) == 0);
  CHECK(driven.forwarder->under_way() == 0);
  Listener listener({.port = at.port});
  REQUIRE(driven.send_through(10));
  CHECK(eventually([&] { return octet_counted(listener.received()).size() == 10; }));
}

TEST_CASE("a name that is not found or not answered keeps nobody waiting") {
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  SyslogSettings to = settings(SyslogSettings::Transport::kTcp, *Endpoint::parse("127.0.0.1:9"));
  to.peer.host = "logs.example.net";
  StreamForwarder::Options options = quick();
  SUBCASE("not found") {
    options.lookup = [](const std::string&, std::uint16_t) -> Result<net::Addresses> {
      return failure("cannot resolve logs.example.net: Name or service not known");
    };
    Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), options), {}};
    REQUIRE(driven.drive([&] { return driven.forwarder->failed_count() >= 2; }));
    CHECK(driven.forwarder->health().detail.find("not known") != std::string::npos);
  }
  SUBCASE("slow") {
    options.lookup = [released](const std::string&, std::uint16_t) -> Result<net::Addresses> {
      released.wait();
      return failure("late");
    };
    Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), options), {}};
    const std::int64_t start = real_clock.monotonic_ns();
    for (int i = 0; i < 20; ++i) {
      driven.forwarder->run(driven.wakeup, real_clock.monotonic_ns() + kNsPerMs);
    }
    CHECK(real_clock.monotonic_ns() - start < 5 * kNsPerSecond);
    release.set_value();
  }
}

TEST_CASE("a stalled peer pushes back: the window is bounded, and it shows as down") {
  Listener listener({.read_octets_max = 1, .then = Listener::Then::kStall, .receive_buffer = 8192});
  StreamForwarder::Options options = quick();
  options.window_octets = 64 * 1024;
  options.stall_shown_ns = 200 * kNsPerMs;
  SyslogSettings to = settings(SyslogSettings::Transport::kTcp, listener.at());
  to.resend_octets = 0;
  Driven driven{std::make_unique<StreamForwarder>(to, Driven::context(), options), {}};
  std::uint64_t offered = 0;
  REQUIRE(driven.drive([&] {
    for (int i = 0; i < 100; ++i) {
      SampleRecord sample;
      const Item item = sample.item();
      offered += driven.forwarder->offer({&item, 1});
    }
    return driven.forwarder->under_way() > 0 && !driven.forwarder->health().up;
  }));
  CHECK(driven.forwarder->under_way() < 1000);
  CHECK(driven.forwarder->health().detail.find("has taken nothing") != std::string::npos);
}

namespace {

/// A UDP receiver on a port of its own, or on a given one.
struct DatagramSink {
  Fd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  Endpoint at;
  explicit DatagramSink(std::uint16_t port = 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    at = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&address));
  }
  std::vector<std::string> take() {
    std::vector<std::string> all;
    std::string room(70'000, '\0');
    for (ssize_t n; (n = ::recv(fd.get(), room.data(), room.size(), 0)) >= 0;) {
      all.push_back(room.substr(0, static_cast<std::size_t>(n)));
    }
    return all;
  }
};

DatagramForwarder::Options quick_datagrams() {
  DatagramForwarder::Options options;
  options.backoff = {20 * kNsPerMs, 100 * kNsPerMs, kNsPerSecond};
  return options;
}

}  // namespace

TEST_CASE("UDP: one record is one datagram with nothing behind it") {
  DatagramSink sink;
  Driven driven{std::make_unique<DatagramForwarder>(
                    settings(SyslogSettings::Transport::kUdp, sink.at), Driven::context()),
                {}};
  REQUIRE(driven.up());
  REQUIRE(driven.send_through(100));
  CHECK(driven.forwarder->delivered_through() == 100);
  CHECK(driven.forwarder->delivered_count() == 100);
  const auto datagrams = sink.take();
  REQUIRE(datagrams.size() == 100);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    CHECK(number_in(datagrams[i]) == static_cast<int>(i) + 1);
    CHECK(datagrams[i].starts_with("<26>1 2026-"));
    CHECK(datagrams[i].ends_with("."));
  }
}

TEST_CASE("UDP: a peer that is not there is noticed before anything is lost, and comes back") {
  Endpoint at;
  {
    const DatagramSink gone;
    at = gone.at;
  }
  Driven driven{std::make_unique<DatagramForwarder>(settings(SyslogSettings::Transport::kUdp, at),
                                                    Driven::context(), quick_datagrams()),
                {}};
  REQUIRE(driven.drive([&] {
    for (; driven.next <= 10; ++driven.next) {
      SampleRecord sample;
      sample.header().sequence = driven.next;
      sample.set(alarm::Field::kText, "number " + std::to_string(driven.next) + ".");
      const Item item = sample.item(driven.next);
      if (driven.forwarder->offer({&item, 1}) == 0) break;
    }
    return driven.forwarder->failed_count() >= 3;
  }));
  CHECK_FALSE(driven.forwarder->health().up);
  CHECK(driven.forwarder->health().detail.find("Connection refused") != std::string::npos);
  CHECK(driven.forwarder->delivered_through() == 0);
  DatagramSink sink(at.port);
  REQUIRE(driven.send_through(10));
  CHECK(driven.forwarder->health().up);
  CHECK(driven.forwarder->delivered_through() == 10);
  const auto datagrams = sink.take();
  REQUIRE(datagrams.size() == 10);
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    CHECK(number_in(datagrams[i]) == static_cast<int>(i) + 1);
  }
}

TEST_CASE("the transport of the settings makes the forwarder") {
  DatagramSink sink;
  const Destination destination;
  auto forwarder = make_syslog_forwarder(
      destination, settings(SyslogSettings::Transport::kUdp, sink.at), Driven::context());
  CHECK(dynamic_cast<DatagramForwarder*>(forwarder.get()) != nullptr);
  forwarder = make_syslog_forwarder(destination, settings(SyslogSettings::Transport::kTls, sink.at),
                                    Driven::context());
  CHECK(dynamic_cast<StreamForwarder*>(forwarder.get()) != nullptr);
}
