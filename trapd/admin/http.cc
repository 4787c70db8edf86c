// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/http.h"

#include <httplib.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "trapd/admin/http_stream.h"
#include "trapd/base/guarded.h"
#include "trapd/base/thread.h"

namespace trapd::admin {
namespace {

using Json = nlohmann::json;

/// Connections for a fixed number of threads. A full queue makes the acceptor wait: what comes
/// then waits in the kernel's backlog.
class BoundedQueue final : public httplib::TaskQueue {
 public:
  BoundedQueue(std::size_t threads, std::size_t tasks_max) : tasks_max_(tasks_max) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.push_back(start_thread("trapd-http", [this] { work(); }));
    }
  }
  void enqueue(std::function<void()> task) override {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return tasks_.size() < tasks_max_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void shutdown() override {
    {
      const std::lock_guard hold(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    threads_.clear();  // joins
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock hold(mutex_);
      changed_.wait(hold, [&] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      changed_.notify_all();
      hold.unlock();
      task();
    }
  }

  const std::size_t tasks_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::jthread> threads_;
};

/// One request for each connection, within BoundedStream's bounds.
class BoundedServer final : public httplib::Server {
 public:
  /// The whole of one connection; closes it.
  bool serve(socket_t socket) {
    const bool wanted = open_.with([&](Open& open) {
      if (!open.ending) open.sockets.insert(socket);
      return !open.ending;
    });
    const bool served = wanted && answer(socket);
    // Under the lock: a number that is closed may be another connection's at once.
    open_.with([&](Open& open) {
      open.sockets.erase(socket);
      ::close(socket);
    });
    return served;
  }
  /// Nobody is waited for: open connections are cut, and waiting ones not served.
  void cut_connections() {
    open_.with([](Open& open) {
      open.ending = true;
      for (const socket_t socket : open.sockets) ::shutdown(socket, SHUT_RDWR);
    });
  }

 private:
  struct Open {
    std::set<socket_t> sockets;
    bool ending = false;
  };

  bool process_and_close_socket(socket_t socket) override { return serve(socket); }

  bool answer(socket_t socket) {
    BoundedStream stream(socket);
    bool closed = false;
    bool served = false;
    try {
      // A range is not asked for by who reads metrics, and hundreds of them in one request make an
      // answer hundreds of times as long. RFC 9110 14.2: a server may ignore them.
      served = process_request(stream, true, closed,
                               [](httplib::Request& request) { request.ranges.clear(); });
    } catch (const std::exception&) {
      // The library catches what handlers throw, not what it throws itself.
    }
    ::shutdown(socket, SHUT_RDWR);
    return served;
  }

  Guarded<Open> open_;
};

}  // namespace

struct HttpServer::State {
  Options options;
  BoundedServer server;
  Endpoint endpoint;
  std::jthread acceptor;

  void route();
};

void HttpServer::State::route() {
  // Before the library reads a body: it would unpack one of 16 KiB (gzip, br) into gigabytes.
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (request.method == "GET" || request.method == "HEAD") {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 404;
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics_text(options.metrics()),
                         "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/health", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(Json{{"status", "alive"}}.dump() + "\n", "application/json");
  });
  server.Get("/ready", [this](const httplib::Request&, httplib::Response& response) {
    const Readiness readiness = options.ready();
    response.status = readiness.ready ? 200 : 503;
    const Json body = {{"ready", readiness.ready}, {"reasons", readiness.reasons}};
    response.set_content(body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
                         "application/json");
  });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                  std::exception_ptr) { response.status = 500; });
}

Result<std::unique_ptr<HttpServer>> HttpServer::bind(Options options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->route();
  httplib::Server& server = state->server;
  server.new_task_queue = []() -> httplib::TaskQueue* {
    return std::make_unique<BoundedQueue>(kThreads, kQueuedConnectionsMax).release();
  };
  server.set_payload_max_length(1024);
  // The library's default is SO_REUSEPORT, with which two programs would share the port unseen.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  const Endpoint& listen = state->options.listen;
  server.set_address_family(listen.is_v4() ? AF_INET : AF_INET6);
  errno = 0;
  int port = listen.port;
  bool bound = false;
  if (port == 0) {
    port = server.bind_to_any_port(listen.address_text());
    bound = port > 0;
  } else {
    bound = server.bind_to_port(listen.address_text(), port);
  }
  if (!bound) {
    return Unexpected(errno_error("cannot listen for metrics on", listen.text(),
                                  errno != 0 ? errno : EADDRNOTAVAIL));
  }
  state->endpoint = listen;
  state->endpoint.port = static_cast<std::uint16_t>(port);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

void HttpServer::start() {
  state_->acceptor = start_thread("trapd-http", [this] { state_->server.listen_after_bind(); });
  // stop() before the library's loop runs would be lost.
  while (!state_->server.is_running()) std::this_thread::yield();
}

void HttpServer::serve(Fd connection) { state_->server.serve(connection.release()); }

HttpServer::~HttpServer() {
  // Only a running server closes its socket.
  if (!state_->acceptor.joinable()) start();
  state_->server.cut_connections();
  state_->server.stop();
}

Endpoint HttpServer::endpoint() const { return state_->endpoint; }

}  // namespace trapd::admin
