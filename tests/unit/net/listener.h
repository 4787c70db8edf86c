// SPDX-License-Identifier: Apache-2.0
// A TCP or TLS server for tests: one thread, one connection at a time, on a free loopback port.
// What it does with a connection is the test's.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "tests/unit/net/certificates.h"
#include "trapd/base/fd.h"
#include "trapd/base/guarded.h"
#include "trapd/base/ip_address.h"

namespace trapd::test {

inline Fd listen_on_loopback(int backlog, Endpoint* at, std::uint16_t port = 0) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  must(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  must(::listen(fd.get(), backlog) == 0);
  socklen_t length = sizeof address;
  must(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  *at = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&address));
  return fd;
}

/// Accepts until it is destroyed and collects what it reads. `read_octets_max` per connection:
/// afterwards it does what `then` says.
class Listener {
 public:
  enum class Then { kReadOn, kStall, kHalfClose, kReset, kClose, kEndThenClose };
  struct Options {
    std::uint16_t port = 0;
    std::size_t read_octets_max = ~std::size_t{0};
    Then then = Then::kReadOn;
    int receive_buffer = 0;       // 0 = the system's
    const Issued* tls = nullptr;  // certificate of the server
    std::string client_ca{};      // demand a client certificate from this CA
    int tls_version_max = 0;
    bool answers_close = false;  // a close_notify with its own
  };

  explicit Listener(Options options) : options_(std::move(options)) {
    fd_ = listen_on_loopback(16, &at_, options_.port);
    if (options_.receive_buffer > 0) {
      must(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &options_.receive_buffer,
                        sizeof options_.receive_buffer) == 0);
    }
    if (options_.tls != nullptr) make_tls();
    thread_ = std::thread([this] { serve(); });
  }
  ~Listener() {
    stop_ = true;
    thread_.join();
    SSL_CTX_free(context_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const Endpoint& at() const { return at_; }
  std::string received() const {
    return received_.with([](const std::string& all) { return all; });
  }
  int connections() const { return connections_; }
  int ended_in_order() const { return ended_in_order_; }
  /// Only the first n connections behave as `then` says; later ones are read to their end.
  void misbehave_only(int n) { misbehave_ = n; }

 private:
  void make_tls() {
    context_ = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate_chain_file(context_, options_.tls->certificate_file.c_str()) == 1);
    must(SSL_CTX_use_PrivateKey_file(context_, options_.tls->key_file.c_str(), SSL_FILETYPE_PEM) ==
         1);
    if (options_.tls_version_max != 0) {
      SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_, options_.tls_version_max);
      SSL_CTX_set_security_level(context_, 0);
    }
    if (!options_.client_ca.empty()) {
      must(SSL_CTX_load_verify_file(context_, options_.client_ca.c_str()) == 1);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }

  bool readable(int fd) const {
    while (!stop_) {
      pollfd waiting{fd, POLLIN, 0};
      if (::poll(&waiting, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    // OpenSSL's own socket writes raise it; only here, so that ours would still be noticed.
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    must(::pthread_sigmask(SIG_BLOCK, &pipe, nullptr) == 0);
    while (readable(fd_.get())) {
      Fd connection(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) continue;
      ++connections_;
      converse(connection);
    }
  }

  void converse(Fd& connection) {
    const bool bad = connections_ <= misbehave_;
    SSL* ssl = nullptr;
    if (context_ != nullptr) {
      ssl = SSL_new(context_);
      SSL_set_fd(ssl, connection.get());
      if (SSL_accept(ssl) != 1) {
        ERR_clear_error();
        SSL_free(ssl);
        return;
      }
    }
    std::size_t taken = 0;
    char octets[4096];
    while (!bad || taken < options_.read_octets_max) {
      if ((ssl == nullptr || SSL_pending(ssl) == 0) && !readable(connection.get())) break;
      std::size_t room = sizeof octets;
      if (bad) room = std::min(room, options_.read_octets_max - taken);
      const int got = ssl != nullptr ? SSL_read(ssl, octets, static_cast<int>(room))
                                     : static_cast<int>(::recv(connection.get(), octets, room, 0));
      if (got <= 0) {
        const bool in_order =
            ssl != nullptr ? SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN : got == 0;
        if (in_order) ++ended_in_order_;
        if (in_order && ssl != nullptr && options_.answers_close) SSL_shutdown(ssl);
        ERR_clear_error();
        SSL_free(ssl);
        return;
      }
      taken += static_cast<std::size_t>(got);
      received_.with([&](std::string& all) { all.append(octets, static_cast<std::size_t>(got)); });
    }
    if (bad && options_.then == Then::kHalfClose) must(::shutdown(connection.get(), SHUT_WR) == 0);
    if (bad && (options_.then == Then::kStall || options_.then == Then::kHalfClose)) {
      while (!stop_ && misbehave_ >= connections_) ::usleep(2000);
    }
    if (bad && options_.then == Then::kEndThenClose) {
      must(::shutdown(connection.get(), SHUT_RDWR) == 0);
      ::usleep(5000);  // so that its FIN is seen alone
    }
    if (bad && options_.then == Then::kReset) {
      const linger now{1, 0};
      must(::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
    }
    if (ssl != nullptr && options_.then == Then::kClose) SSL_shutdown(ssl);
    SSL_free(ssl);
  }

  const Options options_;
  Endpoint at_;
  Fd fd_;
  SSL_CTX* context_ = nullptr;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> ended_in_order_{0};
  std::atomic<int> misbehave_{1 << 30};
  Guarded<std::string> received_;
  std::thread thread_;
};

}  // namespace trapd::test
