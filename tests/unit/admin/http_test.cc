// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/http.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "trapd/base/fd.h"

namespace trapd::admin {
namespace {

struct Server {
  explicit Server(const char* listen = "127.0.0.1:0") {
    HttpServer::Options options;
    options.listen = *Endpoint::parse(listen);
    options.metrics = [] {
      MetricsSnapshot snapshot;
      snapshot.stored = 42;
      return snapshot;
    };
    options.ready = [this] { return readiness; };
    auto bound = HttpServer::bind(std::move(options));
    if (!bound) FAIL(bound.error().text);
    server = std::move(*bound);
  }
  Fd connect() const {
    sockaddr_storage address{};
    const socklen_t size = server->endpoint().to_sockaddr(&address);
    Fd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{20, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    return fd;
  }
  static std::string answer(const Fd& fd) {
    std::string text;
    std::array<char, 4096> bytes;
    for (;;) {
      const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) return text;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  std::string ask(const std::string& request) const {
    const Fd fd = connect();
    ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
    return answer(fd);
  }
  std::string get(const std::string& path) const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  Readiness readiness{true, {}};
  std::unique_ptr<HttpServer> server;
};

TEST_CASE("/metrics, /health and /ready are served, and nothing else") {
  Server http;
  http.server->start();
  CHECK(http.get("/metrics").find("\ntrapd_stored_total 42\n") != std::string::npos);
  CHECK(http.get("/metrics").find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(http.get("/health").starts_with("HTTP/1.1 200 "));
  CHECK(http.get("/ready").starts_with("HTTP/1.1 200 "));
  CHECK(http.get("/").starts_with("HTTP/1.1 404 "));
  CHECK(http.get("/../etc/passwd").starts_with("HTTP/1.1 404 "));
  CHECK(http.ask("POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            .starts_with("HTTP/1.1 404 "));
  CHECK(http.ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_CASE("not ready is 503 with the reasons") {
  Server http;
  http.readiness = {false, {"the journal cannot be written: disk full"}};
  http.server->start();
  const std::string answer = http.get("/ready");
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  const auto body = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  CHECK(body["ready"] == false);
  CHECK(body["reasons"][0] == "the journal cannot be written: disk full");
}

TEST_CASE("IPv6 is served") {
  Server http("[::1]:0");
  http.server->start();
  CHECK(http.get("/health").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a request beyond 16 KiB is cut off, however it ends") {
  Server http;
  http.server->start();
  const Fd fd = http.connect();
  std::string request = "GET /health HTTP/1.1\r\n";
  while (request.size() < 64 * 1024) request += "X: " + std::string(100, 'x') + "\r\n";
  request += "\r\n";
  ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  CHECK(http.answer(fd).find("HTTP/1.1 200") == std::string::npos);
  CHECK(http.get("/health").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("ranges are ignored: no request makes its answer longer") {
  Server http;
  http.server->start();
  const std::string plain = http.get("/health");
  for (const char* range : {"0-3", "5-", "-1", "9-3", "99999999999999999999-", "0-,0-,0-,0-,0-"}) {
    const std::string answer =
        http.ask("GET /health HTTP/1.1\r\nRange: bytes=" + std::string(range) + "\r\n\r\n");
    CAPTURE(range);
    CHECK(answer.size() <= plain.size());
    CHECK(answer.find("multipart") == std::string::npos);
  }
  std::string many = "GET /metrics HTTP/1.1\r\nRange: bytes=0-";
  for (int i = 0; i < 1000; ++i) many += ",0-";
  CHECK(http.ask(many + "\r\n\r\n").size() <= http.get("/metrics").size());
}

TEST_CASE("a body is not waited for, nor unpacked") {
  Server http;
  http.server->start();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* encoding : {"identity", "gzip", "br"}) {
      const std::string request = std::string(method) +
                                  " /metrics HTTP/1.1\r\nContent-Encoding: " + encoding +
                                  "\r\nContent-Length: 1000\r\n\r\nnot so packed";
      CAPTURE(request);
      CHECK(http.ask(request).starts_with("HTTP/1.1 404 "));
    }
  }
}

TEST_CASE("a port in use is an error that names it, not a shared port") {
  Server first;
  HttpServer::Options options;
  options.listen = first.server->endpoint();
  options.metrics = [] { return MetricsSnapshot(); };
  options.ready = [] { return Readiness(); };
  const auto second = HttpServer::bind(std::move(options));
  REQUIRE(!second);
  CHECK(second.error().text == "cannot listen for metrics on " + first.server->endpoint().text() +
                                   ": Address already in use");
}

TEST_CASE("it ends with connections open and without ever having started") {
  { Server never_started; }
  Server http;
  http.server->start();
  const Fd idle = http.connect();
  http.get("/health");
  const auto before = std::chrono::steady_clock::now();
  http.server.reset();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}

}  // namespace
}  // namespace trapd::admin
