// SPDX-License-Identifier: Apache-2.0
// Reaches HttpServer::serve and BoundedStream with the octets of any client, whole or in pieces as
// a network brings them. What comes back is one sound answer that holds one of our three documents
// or none, whatever was asked, or nothing.
//
// The library below is not instrumented: a mutator that knows its words makes up for it.
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "trapd/admin/http.h"
#include "trapd/admin/http_stream.h"
#include "trapd/base/bytes.h"
#include "trapd/base/check.h"
#include "trapd/base/clock.h"

namespace trapd::fuzz {
namespace {

using admin::BoundedStream;
using admin::HttpServer;

admin::MetricsSnapshot metrics() {
  admin::MetricsSnapshot snapshot;
  snapshot.stored = 42;
  snapshot.destinations.push_back({.name = "noc", .sent = 7});
  return snapshot;
}

std::unique_ptr<HttpServer> make_server() {
  HttpServer::Options options;
  options.listen = *Endpoint::parse("127.0.0.1:0");  // bound, and never listened to
  options.metrics = metrics;
  options.ready = [] { return admin::Readiness{false, {"the journal is full"}}; };
  auto bound = HttpServer::bind(std::move(options));
  CHECK(bound.has_value());
  return std::move(*bound);
}

/// A header field of an answer; nothing when it is not one.
struct Field {
  std::string_view name;
  std::string_view value;
};
std::optional<Field> field_of(std::string_view line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const bool clean =
      std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  if (!clean) return std::nullopt;
  return Field{line.substr(0, colon), line.substr(colon + 2)};
}

struct Answer {
  int status = 0;
  std::size_t length = 0;  // Content-Length
  bool packed = false;     // Content-Encoding
  std::string_view body;
};

/// Of octets that begin with an answer; takes its head off.
Answer read_head(std::string_view* octets) {
  const auto line = [&] {
    const std::size_t end = octets->find("\r\n");
    CHECK(end != std::string_view::npos);
    const std::string_view text = octets->substr(0, end);
    octets->remove_prefix(end + 2);
    return text;
  };
  Answer answer;
  const std::string_view first = line();
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  CHECK(first.starts_with(kVersion) && first.size() > kVersion.size() + 4);
  for (const char digit : first.substr(kVersion.size(), 3)) {
    CHECK(digit >= '0' && digit <= '9');
    answer.status = 10 * answer.status + (digit - '0');
  }
  bool has_length = false;
  for (std::string_view text = line(); !text.empty(); text = line()) {
    const auto field = field_of(text);
    CHECK(field.has_value());
    if (field->name == "Content-Length") {
      CHECK(!has_length);
      has_length = true;
      answer.length = std::stoul(std::string(field->value));
    }
    answer.packed = answer.packed || field->name == "Content-Encoding";
    // Nothing of what a client sent comes back, and no further answer is promised.
    CHECK(field->name == "Content-Length" || field->name == "Content-Type" ||
          field->name == "Content-Encoding" || field->name == "Accept-Ranges" ||
          (field->name == "Connection" && field->value == "close"));
  }
  CHECK(has_length || answer.status == 100);
  return answer;
}

/// `asked` is as much of the request as the server may look at.
void check_answer(std::string_view octets, std::string_view asked) {
  if (octets.empty()) return;
  Answer answer = read_head(&octets);
  while (answer.status == 100) {
    if (octets.empty()) return;
    answer = read_head(&octets);
  }
  const bool head_only = asked.find("HEAD ") != std::string_view::npos && octets.empty();
  CHECK(head_only || octets.size() == answer.length);
  static const std::string documents[] = {
      admin::metrics_text(metrics()), "{\"status\":\"alive\"}\n",
      "{\"ready\":false,\"reasons\":[\"the journal is full\"]}\n"};
  const auto is = [&](const std::string& document) {
    return answer.packed ? answer.length < document.size() + 64
           : head_only   ? answer.length == document.size()
                         : octets == document;
  };
  switch (answer.status) {
    case 200:
    case 503:
      CHECK(is(documents[0]) || is(documents[1]) || is(documents[2]));
      CHECK(asked.find("\n\r\n") != std::string_view::npos);
      break;
    case 400:
    case 404:
    case 413:
    case 414:
    case 416:
    case 417:
      CHECK(answer.length == 0);
      break;
    default:
      CHECK(false);
  }
}

struct Connection {
  explicit Connection(int type) {
    std::array<int, 2> fds{};
    CHECK(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()) == 0);
    client = Fd(fds[0]);
    server = Fd(fds[1]);
    const int room = 1 << 20;
    for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  }
  /// Ends the request, and gives what comes back.
  std::string serve(HttpServer& http) {
    ::shutdown(client.get(), SHUT_WR);
    SystemClock clock;
    const std::int64_t before_ns = clock.monotonic_ns();
    http.serve(std::move(server));
    CHECK(clock.monotonic_ns() - before_ns < BoundedStream::kConnectionNs / 2);
    std::string octets;
    std::array<char, 65536> piece;
    for (;;) {
      const ssize_t got = ::recv(client.get(), piece.data(), piece.size(), 0);
      if (got <= 0) return octets;
      octets.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  Fd client;
  Fd server;
};

HttpServer& server() {
  static const std::unique_ptr<HttpServer> one = make_server();
  return *one;
}

void ask_whole(ByteView request) {
  Connection connection(SOCK_STREAM);
  if (!request.empty()) {
    const ssize_t sent = ::send(connection.client.get(), request.data(), request.size(), 0);
    CHECK(sent == static_cast<ssize_t>(request.size()));
  }
  const Fd same(::dup(connection.server.get()));
  const std::string answer = connection.serve(server());
  int left = 0;
  CHECK(::ioctl(same.get(), FIONREAD, &left) == 0);
  CHECK(request.size() - static_cast<std::size_t>(left) <= BoundedStream::kRequestOctetsMax);
  check_answer(answer,
               as_text(request.first(std::min(request.size(), BoundedStream::kRequestOctetsMax))));
}

/// Each read of the server brings one piece.
void ask_in_pieces(ByteView request, std::size_t piece_octets) {
  constexpr std::size_t kPiecesMax = 64;
  const std::size_t size = std::max(piece_octets, request.size() / kPiecesMax + 1);
  Connection connection(SOCK_SEQPACKET);
  for (ByteView rest = request; !rest.empty();) {
    const ByteView piece = rest.first(std::min(size, rest.size()));
    const ssize_t sent = ::send(connection.client.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    CHECK(sent == static_cast<ssize_t>(piece.size()));
    rest = rest.subspan(piece.size());
  }
  check_answer(connection.serve(server()), as_text(request));
}

constexpr std::string_view kWords[] = {"GET /metrics HTTP/1.1\r\n",
                                       "HEAD /ready HTTP/1.1\r\n",
                                       "POST /health HTTP/1.0\r\n",
                                       "PUT ",
                                       "DELETE ",
                                       "OPTIONS * ",
                                       "PRI * HTTP/2.0\r\n\r\n",
                                       "CONNECT x:1 ",
                                       "HTTP/1.1",
                                       "\r\n",
                                       "\n",
                                       "\r\n\r\n",
                                       "http://x/metrics",
                                       "/metrics",
                                       "/health",
                                       "/ready",
                                       "/../",
                                       "%2e%2e/",
                                       "%",
                                       "%00",
                                       "?a=b&c",
                                       "#",
                                       "Host: x\r\n",
                                       "Range: bytes=0-,0-,1-2\r\n",
                                       "Range: bytes=-1\r\n",
                                       "Content-Length: 5\r\n",
                                       "Content-Length: 18446744073709551615\r\n",
                                       "Transfer-Encoding: chunked\r\n\r\n",
                                       "ffffffffffffffff\r\n",
                                       "0\r\n\r\n",
                                       "Content-Type: multipart/form-data; boundary=b\r\n",
                                       "--b\r\n",
                                       "Content-Type: application/x-www-form-urlencoded\r\n",
                                       "Content-Encoding: br\r\n",
                                       "Content-Encoding: gzip\r\n",
                                       "Accept-Encoding: gzip, br\r\n",
                                       "Accept-Encoding: br;q=0\r\n",
                                       "Expect: 100-continue\r\n",
                                       "Connection: keep-alive\r\n",
                                       "Connection: Upgrade\r\n",
                                       "If-None-Match: *\r\n",
                                       "X:\r\n",
                                       " x\r\n",
                                       "\0"};

Seed seed(std::string name, unsigned piece, std::string_view request) {
  return {std::move(name), Output().u8(piece).raw(as_bytes(request)).done()};
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string get = "GET /metrics HTTP/1.1\r\nHost: x\r\n";
  std::string ranges = get + "Range: bytes=0-";
  for (int i = 0; i < 500; ++i) ranges += ",0-";
  std::string endless = get;
  while (endless.size() < BoundedStream::kRequestOctetsMax)
    endless += "X: " + std::string(100, 'x') + "\r\n";
  return {
      seed("metrics", 0, get + "\r\n"),
      seed("metrics_pieces", 7, get + "Accept-Encoding: gzip\r\n\r\n"),
      seed("health", 0, "GET /health HTTP/1.0\r\n\r\n"),
      seed("ready", 1, "GET /ready?x=%20 HTTP/1.1\r\nConnection: keep-alive\r\n\r\n"),
      seed("head", 0, "HEAD /ready HTTP/1.1\r\n\r\n"),
      seed("nothing_there", 0, "GET /../etc/passwd HTTP/1.1\r\n\r\n"),
      seed("two_requests", 0, get + "\r\n" + get + "\r\n"),
      seed("ranges", 0, ranges + "\r\n\r\n"),
      seed("endless", 0, endless),
      seed("post", 0, "POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"),
      seed("chunks", 3,
           "POST /ready HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
      seed("packed", 0,
           "PUT /metrics HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b"),
      seed("form", 0,
           "POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
           "Content-Length: 9\r\n\r\n--b\r\n--b--"),
      seed("expects", 0, get + "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
      seed("tls", 0, std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10))};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trapd::fuzz;
  Input input(data, size);
  const std::size_t piece = input.u8();
  const trapd::ByteView request = input.rest();
  if (piece == 0) {
    ask_whole(request);
  } else {
    ask_in_pieces(request, piece);
  }
  return 0;
}

// libFuzzer's, and not there where the seeds are replayed only.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                      std::size_t size_max);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  const auto& words = trapd::fuzz::kWords;
  const std::string_view word = words[seed / 2 % std::size(words)];
  if (seed % 2 == 0 || size == 0 || size + word.size() > size_max) {
    return LLVMFuzzerMutate(data, size, size_max);
  }
  const std::size_t at = 1 + seed / 256 % size;  // behind the octet that says how it is cut
  std::memmove(data + at + word.size(), data + at, size - at);
  std::memcpy(data + at, word.data(), word.size());
  return size + word.size();
}
