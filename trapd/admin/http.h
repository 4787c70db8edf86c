// SPDX-License-Identifier: Apache-2.0
// GET /metrics, /health, /ready on a few threads of its own ("trapd-http"), joined in the
// destructor. Nothing else is served; requests without a body, with short headers and in bounded
// time only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "trapd/admin/metrics.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"

namespace trapd::admin {

struct Readiness {
  bool ready = false;
  std::vector<std::string> reasons;  // why not
};

class HttpServer {
 public:
  /// The functions are called on the server's threads, at most kThreads of them at once.
  struct Options {
    Endpoint listen;  // port 0 = any free one
    std::function<MetricsSnapshot()> metrics;
    std::function<Readiness()> ready;
  };
  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kQueuedConnectionsMax = 16;

  /// Binds and listens; nothing is served before start(). Errors name the address.
  static Result<std::unique_ptr<HttpServer>> bind(Options options);
  void start();
  /// One connection, on the caller's thread, as the server's own threads serve theirs: returns
  /// within BoundedStream's time. Any thread, started or not.
  void serve(Fd connection);
  /// With the port that was bound.
  Endpoint endpoint() const;
  /// Stops and joins.
  ~HttpServer();

  struct State;

 private:
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trapd::admin
