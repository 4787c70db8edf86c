// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/stream.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <functional>
#include <random>

#include "tests/unit/net/listener.h"

using namespace trapd;
using namespace trapd::net;
using trapd::test::Certificates;
using trapd::test::Issued;
using trapd::test::Listener;

namespace {

const SystemClock system_clock_now;
constexpr int kPatience = 20;  // seconds

/// Polls the stream until the condition holds; false when patience is at its end.
bool drive(Stream& stream, const std::function<bool()>& done) {
  const std::int64_t until = system_clock_now.monotonic_ns() + kPatience * kNsPerSecond;
  while (!done()) {
    if (system_clock_now.monotonic_ns() > until) return false;
    pollfd waiting{stream.fd(), stream.poll_events(), 0};
    const int ready = ::poll(&waiting, 1, 5);
    stream.on_ready(ready > 0 ? waiting.revents : short{0});
  }
  return true;
}

bool opened(Stream& stream) {
  return drive(stream,
               [&] {
                 return stream.state() == Stream::State::kOpen ||
                        stream.state() == Stream::State::kFailed;
               }) &&
         stream.state() == Stream::State::kOpen;
}

bool send_all(Stream& stream, const std::string& text) {
  ByteView rest = as_bytes(text);
  return drive(stream, [&] {
    rest = rest.subspan(stream.write(rest));
    return (rest.empty() && stream.acknowledged_octets() == stream.taken_octets()) ||
           stream.state() == Stream::State::kFailed;
  });
}

std::string pattern(std::size_t octets) {
  std::string text(octets, '\0');
  std::mt19937 random(7);
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < kPatience * 1000; ++i) {
    if (condition()) return true;
    ::usleep(1000);
  }
  return false;
}

std::shared_ptr<const TlsContext> context(const TlsOptions& options) {
  auto loaded = TlsContext::load(options);
  REQUIRE(loaded.has_value());
  return *loaded;
}

/// Connects with TLS; the error, or empty when it opened.
std::string tls_error(const Listener& listener, const TlsOptions& options,
                      const std::string& name) {
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({listener.at()}, context(options), name, "the peer");
  if (!opened(stream)) return stream.error();
  // Under TLS 1.3 the server's refusal of our certificate comes after the handshake.
  send_all(stream, "x");
  drive(stream,
        [&] { return stream.state() == Stream::State::kFailed || !listener.received().empty(); });
  return stream.state() == Stream::State::kFailed ? stream.error() : "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("octets arrive whole and are acknowledged") {
  Listener listener({});
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({listener.at()}, nullptr, "", "the peer");
  REQUIRE(opened(stream));
  const std::string text = pattern(3'000'000);
  REQUIRE(send_all(stream, text));
  CHECK(stream.acknowledged_octets() == text.size());
  CHECK(eventually([&] { return listener.received().size() == text.size(); }));
  CHECK(listener.received() == text);
  stream.close();
  CHECK(eventually([&] { return listener.ended_in_order() == 1; }));
}

TEST_CASE("TLS: octets arrive whole, are acknowledged, and close_notify is sent") {
  const Certificates certificates;
  const Issued server = certificates.from_ca("server", "DNS:logs.example.net");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Listener listener({.tls = &server, .tls_version_max = version});
    Stream stream(Stream::Options{}, system_clock_now);
    stream.open({listener.at()}, context({.ca_file = certificates.ca().certificate_file}),
                "logs.example.net", "the peer");
    REQUIRE_MESSAGE(opened(stream), stream.error());
    CHECK(contains(stream.description(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    const std::string text = pattern(1'000'000);
    REQUIRE(send_all(stream, text));
    CHECK(stream.acknowledged_octets() == text.size());
    CHECK(eventually([&] { return listener.received().size() == text.size(); }));
    CHECK(listener.received() == text);
    stream.close();
    CHECK(eventually([&] { return listener.ended_in_order() == 1; }));
  }
}

TEST_CASE("TLS: a peer that is not who it should be gets nothing") {
  const Certificates certificates;
  const TlsOptions by_name{.ca_file = certificates.ca().certificate_file};
  TlsOptions by_ip = by_name;
  by_ip.check = PeerCheck::kIp;
  const Issued good = certificates.from_ca("good", "DNS:logs.example.net,IP:127.0.0.1");

  SUBCASE("wrong name") {
    Listener listener({.tls = &good});
    CHECK(contains(tls_error(listener, by_name, "other.example.net"), "hostname mismatch"));
    CHECK(listener.received().empty());
  }
  SUBCASE("a wildcard counts only as the whole left-most label") {
    const Issued wild = certificates.from_ca("wild", "DNS:*.example.net");
    const Issued partial = certificates.from_ca("partial", "DNS:l*.example.net");
    Listener whole({.tls = &wild});
    CHECK(tls_error(whole, by_name, "logs.example.net").empty());
    CHECK(contains(tls_error(whole, by_name, "a.logs.example.net"), "hostname mismatch"));
    Listener part({.tls = &partial});
    CHECK(contains(tls_error(part, by_name, "logs.example.net"), "hostname mismatch"));
  }
  SUBCASE("wrong address") {
    const Issued other = certificates.from_ca("other", "IP:192.0.2.1");
    Listener listener({.tls = &other});
    CHECK(contains(tls_error(listener, by_ip, ""), "IP address mismatch"));
    Listener right({.tls = &good});
    CHECK(tls_error(right, by_ip, "").empty());
  }
  SUBCASE("expired") {
    const Issued old = certificates.from_ca("old", "DNS:logs.example.net", -7200, -3600);
    Listener listener({.tls = &old});
    CHECK(contains(tls_error(listener, by_name, "logs.example.net"), "expired"));
    CHECK(listener.received().empty());
  }
  SUBCASE("self-signed") {
    const Issued alone = certificates.self_signed("alone", "DNS:logs.example.net");
    Listener listener({.tls = &alone});
    const std::string error = tls_error(listener, by_name, "logs.example.net");
    CHECK(contains(error, "the peer: "));
    CHECK(contains(error, "self-signed"));
    CHECK(listener.received().empty());
  }
  SUBCASE("a fingerprint accepts exactly one certificate") {
    const Issued alone = certificates.self_signed("alone", "DNS:logs.example.net");
    Listener listener({.tls = &alone});
    CHECK(tls_error(listener,
                    {.check = PeerCheck::kFingerprint, .fingerprint = alone.fingerprint()}, "x")
              .empty());
    Listener refused({.tls = &alone});
    CHECK(contains(
        tls_error(refused, {.check = PeerCheck::kFingerprint, .fingerprint = good.fingerprint()},
                  "x"),
        "expected " + good.fingerprint()));
    CHECK(refused.received().empty());
  }
  SUBCASE("TLS 1.1") {
    Listener listener({.tls = &good, .tls_version_max = TLS1_1_VERSION});
    CHECK_FALSE(tls_error(listener, by_name, "logs.example.net").empty());
    CHECK(listener.received().empty());
  }
}

TEST_CASE("TLS: a client certificate is shown when one is configured") {
  const Certificates certificates;
  const Issued server = certificates.from_ca("server", "DNS:logs.example.net");
  const Issued client = certificates.from_ca("client", "DNS:gateway.example.net");
  TlsOptions options{.ca_file = certificates.ca().certificate_file};
  Listener listener({.tls = &server, .client_ca = certificates.ca().certificate_file});
  CHECK(contains(tls_error(listener, options, "logs.example.net"), "certificate required"));
  options.certificate_file = client.certificate_file;
  options.key_file = client.key_file;
  CHECK(tls_error(listener, options, "logs.example.net").empty());
}

TEST_CASE("TLS: bad settings are errors with the file's name") {
  const Certificates certificates;
  const Issued one = certificates.from_ca("one", "DNS:a");
  const Issued two = certificates.from_ca("two", "DNS:b");
  const auto error = [](const TlsOptions& options) {
    auto loaded = TlsContext::load(options);
    return loaded ? std::string() : loaded.error().text;
  };
  CHECK(contains(error({.ca_file = "/nonexistent/ca.pem"}), "/nonexistent/ca.pem"));
  CHECK(contains(error({.ca_file = certificates.ca().certificate_file,
                        .certificate_file = one.certificate_file,
                        .key_file = two.key_file}),
                 two.key_file));
  CHECK(contains(error({.check = PeerCheck::kFingerprint, .fingerprint = "sha-1:00"}), "sha-256:"));
  CHECK(contains(error({.check = PeerCheck::kFingerprint, .fingerprint = "sha-256:00:11"}),
                 "32 octets"));
}

TEST_CASE("a refused connection says who and why, and tries the next address") {
  Endpoint closed;
  test::listen_on_loopback(1, &closed);  // the port is free again
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({closed}, nullptr, "", "noc");
  CHECK_FALSE(opened(stream));
  CHECK(stream.error() == "noc: cannot connect to " + closed.text() + ": Connection refused");

  Listener listener({});
  stream.open({closed, listener.at()}, nullptr, "", "noc");
  CHECK(opened(stream));
}

TEST_CASE("a peer that does not answer is given up in time") {
  // A full accept queue lets the kernel drop every further SYN.
  Endpoint at;
  const Fd full = test::listen_on_loopback(0, &at);
  std::vector<std::unique_ptr<Stream>> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(std::make_unique<Stream>(Stream::Options{}, system_clock_now));
    fillers.back()->open({at}, nullptr, "", "filler");
  }
  Stream stream({.connect_max = std::chrono::milliseconds(150)}, system_clock_now);
  stream.open({at}, nullptr, "", "noc");
  CHECK_FALSE(opened(stream));
  CHECK(stream.error() == "noc: cannot connect to " + at.text() + ": no answer in time");
}

TEST_CASE("a TLS peer that says nothing is given up in time") {
  const Certificates certificates;
  Listener mute({.read_octets_max = 1, .then = Listener::Then::kStall});
  Stream stream({.handshake_max = std::chrono::milliseconds(150)}, system_clock_now);
  stream.open({mute.at()}, context({.ca_file = certificates.ca().certificate_file}), "a", "noc");
  CHECK_FALSE(opened(stream));
  CHECK(contains(stream.error(), "no TLS handshake"));
}

TEST_CASE("a TLS peer that speaks something else is an error") {
  const Certificates certificates;
  Listener closing({.read_octets_max = 10, .then = Listener::Then::kClose});
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({closing.at()}, context({.ca_file = certificates.ca().certificate_file}), "a", "noc");
  CHECK_FALSE(opened(stream));
  CHECK(contains(stream.error(), "noc: "));
}

TEST_CASE("a stalled peer pushes back, shows as a stall, and is given up at the end") {
  Listener listener({.read_octets_max = 1, .then = Listener::Then::kStall, .receive_buffer = 8192});
  Stream stream({.stall_max = std::chrono::milliseconds(1200)}, system_clock_now);
  stream.open({listener.at()}, nullptr, "", "noc");
  REQUIRE(opened(stream));
  const std::string text = pattern(1 << 20);
  std::size_t taken = 0;
  std::int64_t stalled = 0;
  drive(stream, [&] {
    if (taken < (64U << 20)) taken += stream.write(as_bytes(text));
    stream.acknowledged_octets();
    stalled = std::max(stalled, stream.stalled_ns());
    return stream.state() == Stream::State::kFailed;
  });
  CHECK(taken < (64U << 20));
  CHECK(stream.acknowledged_octets() < stream.taken_octets());
  CHECK(stalled >= 1000 * kNsPerMs);
  CHECK(contains(stream.error(), "has taken nothing"));
  CHECK_FALSE(stream.closed_in_order());
}

TEST_CASE("the peer's close is in order only when its program has read everything") {
  Stream stream(Stream::Options{}, system_clock_now);
  const auto failed = [&] { return stream.state() == Stream::State::kFailed; };
  SUBCASE("it read all") {
    Listener listener({.read_octets_max = 1000, .then = Listener::Then::kClose});
    stream.open({listener.at()}, nullptr, "", "noc");
    REQUIRE(opened(stream));
    REQUIRE(send_all(stream, std::string(1000, 'x')));
    REQUIRE(drive(stream, failed));
    CHECK(stream.closed_in_order());
    CHECK(stream.error() == "noc: closed by the peer");
  }
  SUBCASE("it left octets unread") {
    Listener listener({.read_octets_max = 100, .then = Listener::Then::kStall});
    stream.open({listener.at()}, nullptr, "", "noc");
    REQUIRE(opened(stream));
    REQUIRE(send_all(stream, std::string(1000, 'x')));
    CHECK(stream.acknowledged_octets() == 1000);
    REQUIRE(eventually([&] { return listener.received().size() == 100; }));
    listener.misbehave_only(0);  // it closes now
    REQUIRE(drive(stream, failed));
    CHECK_FALSE(stream.closed_in_order());
  }
  SUBCASE("it ended its side, and closed with octets unread") {
    Listener listener({.read_octets_max = 100, .then = Listener::Then::kEndThenClose});
    stream.open({listener.at()}, nullptr, "", "noc");
    REQUIRE(opened(stream));
    REQUIRE(send_all(stream, std::string(1000, 'x')));
    REQUIRE(drive(stream, failed));
    CHECK_FALSE(stream.closed_in_order());
  }
  SUBCASE("it closed while octets were on their way") {
    Listener listener(
        {.read_octets_max = 1, .then = Listener::Then::kHalfClose, .receive_buffer = 8192});
    stream.open({listener.at()}, nullptr, "", "noc");
    REQUIRE(opened(stream));
    const std::string text(1 << 20, 'x');
    while (stream.write(as_bytes(text)) > 0) {
    }
    REQUIRE(drive(stream, failed));
    CHECK(stream.error() == "noc: closed by the peer");
    CHECK_FALSE(stream.closed_in_order());
  }
  SUBCASE("it reset the connection") {
    Listener listener({.read_octets_max = 1000, .then = Listener::Then::kReset});
    stream.open({listener.at()}, nullptr, "", "noc");
    REQUIRE(opened(stream));
    REQUIRE(send_all(stream, std::string(1000, 'x')));
    REQUIRE(drive(stream, failed));
    CHECK_FALSE(stream.closed_in_order());
  }
}

TEST_CASE("a peer that ends in the moment of our close has not read everything by that") {
  Listener listener({.read_octets_max = 100, .then = Listener::Then::kHalfClose});
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({listener.at()}, nullptr, "", "noc");
  REQUIRE(opened(stream));
  REQUIRE(send_all(stream, std::string(1000, 'x')));
  pollfd ended{stream.fd(), POLLRDHUP, 0};  // its FIN is here, and nobody has looked at it
  REQUIRE(::poll(&ended, 1, kPatience * 1000) == 1);
  CHECK_FALSE(stream.close(system_clock_now.monotonic_ns() + 5 * kNsPerSecond));
}

TEST_CASE("a close waits no longer for a peer that talks without end") {
  Endpoint at;
  const Fd listening = test::listen_on_loopback(1, &at);
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({at}, nullptr, "", "noc");
  REQUIRE(opened(stream));
  std::thread peer([&] {
    const Fd connection(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::string text(65536, 'x');
    while (::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  const std::int64_t start = system_clock_now.monotonic_ns();
  CHECK_FALSE(stream.close(start + 100 * kNsPerMs));
  CHECK(system_clock_now.monotonic_ns() - start < kPatience * kNsPerSecond);
  peer.join();
}

TEST_CASE("our close is in order when the peer reads to the end and closes behind it") {
  Listener listener({});
  Stream stream(Stream::Options{}, system_clock_now);
  stream.open({listener.at()}, nullptr, "", "noc");
  REQUIRE(opened(stream));
  REQUIRE(send_all(stream, std::string(1000, 'x')));
  CHECK(stream.close(system_clock_now.monotonic_ns() + kPatience * kNsPerSecond));
}
