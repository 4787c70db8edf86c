// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/server.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"
#include "trapd/base/thread.h"
#include "trapd/base/wakeup.h"

namespace trapd::agent {

struct Server::State {
  const Sockets sockets;
  std::unique_ptr<Responder> responder;
  const Clock& clock;
  Wakeup wakeup;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> security_generation{0};
  std::atomic<std::uint64_t> settings_generation{0};
  net::UdpBatch batch;
  std::jthread thread;  // last: joined before what it uses goes

  State(Sockets bound, std::unique_ptr<Responder> answers, const Clock& time)
      : sockets(std::move(bound)), responder(std::move(answers)), clock(time) {}

  int answering_fd() const {
    return sockets.answers ? sockets.answers->fd(0) : sockets.requests.fd(0);
  }
  ByteView answer(const net::Datagram& datagram);
  void work();
  void read();
};

/// A request that cannot be answered (memory, at most) is like one that was lost: the next may be.
ByteView Server::State::answer(const net::Datagram& datagram) {
  try {
    return responder->answer(datagram, clock.monotonic_ns());
  } catch (const std::exception&) {
    responder->gave_up();
    return {};
  }
}

/// One batch; what comes behind it is read at the next turn.
void Server::State::read() {
  const unsigned count = batch.receive(sockets.requests.fd(0), sockets.requests.local());
  for (unsigned i = 0; i < count && !stopping; ++i) {
    const net::Datagram& datagram = batch[i];
    const ByteView message = answer(datagram);
    if (message.empty()) continue;
    if (!net::send_datagram(answering_fd(), datagram.source, datagram.local, message)) {
      responder->not_sent();
    }
  }
}

void Server::State::work() {
  try {
    while (!stopping) {
      pollfd waiting[] = {{sockets.requests.fd(0), POLLIN, 0}, {wakeup.fd(), POLLIN, 0}};
      ::poll(waiting, std::size(waiting), -1);
      wakeup.clear();
      responder->refresh();
      security_generation.store(responder->security_generation(), std::memory_order_release);
      settings_generation.store(responder->settings_generation(), std::memory_order_release);
      if (!stopping) read();
    }
  } catch (const std::exception& e) {
    log::error("the agent has stopped: {}", e.what());
  }
}

Server::Server(Sockets sockets, std::unique_ptr<Responder> responder, const Clock& clock)
    : state_(std::make_unique<State>(std::move(sockets), std::move(responder), clock)) {}
Server::~Server() { stop(); }

void Server::start() {
  state_->thread = start_thread("agent", [state = state_.get()] { state->work(); });
}

void Server::stop() {
  state_->stopping = true;
  state_->wakeup.notify();
  if (state_->thread.joinable()) state_->thread.join();
}

bool Server::await_reload(std::uint64_t security_generation, std::uint64_t settings_generation,
                          std::int64_t until_ns) const {
  state_->wakeup.notify();
  while (state_->security_generation.load(std::memory_order_acquire) != security_generation ||
         state_->settings_generation.load(std::memory_order_acquire) != settings_generation) {
    if (state_->clock.monotonic_ns() > until_ns) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

const AgentCounters& Server::counters() const { return state_->responder->counters(); }
const Server::Sockets& Server::sockets() const { return state_->sockets; }

}  // namespace trapd::agent
