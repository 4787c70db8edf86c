// SPDX-License-Identifier: Apache-2.0
// From one process to the next: the sockets, and what the kernel dropped on them in between.
#include <thread>

#include "trapd/base/log.h"
#include "trapd/gateway_parts.h"
#include "trapd/journal/store_directory.h"

namespace trapd {

using admin::Json;

namespace {

// Queues, last commit, answers: a stop takes milliseconds, with a slow disk some seconds. What
// takes longer is said, and waited for: there is no way back once the other has begun to stop.
constexpr std::chrono::milliseconds kReleaseExpected{10'000};
constexpr std::chrono::milliseconds kLockRetry{20};

std::string kernel_drops_path(const config::Config& config) {
  return config.start.store_directory + "/kernel.drops";
}

}  // namespace

/// Its sockets, or those that systemd passes when nobody is there to be succeeded.
Result<PassedSockets> Gateway::Parts::meet_predecessor(const std::string& store_directory) {
  auto met = admin::Predecessor::meet(store_directory + "/" + admin::kSocketName);
  if (!met) return Unexpected(met.error());
  predecessor = std::move(*met);
  if (!predecessor) {
    log::info("no trapd runs on {}: there is nothing to take over", store_directory);
    return sockets_passed_by_systemd();
  }
  auto sockets = predecessor->take_sockets();
  if (!sockets && !predecessor->gone()) return Unexpected(sockets.error());
  if (!sockets) {
    log::warning("{}: an ordinary start", sockets.error().text);
    predecessor.reset();
    return sockets_passed_by_systemd();
  }
  return PassedSockets{std::move(*sockets), true};
}

Status Gateway::Parts::await_predecessor() {
  log::info("everything is loaded: the trapd that runs (pid {}) is asked to end",
            predecessor->pid());
  const auto asked = predecessor->ask_to_yield();
  if (!asked) return Unexpected(asked.error());
  const bool released = *asked && predecessor->await_release(kReleaseExpected);
  if (!released) {
    log::warning("the trapd that ran (pid {}) has not said that it is done: its lock on {} decides",
                 predecessor->pid(), config.start.store_directory);
  }
  predecessor_pid = predecessor->pid();
  predecessor.reset();
  return await_store();
}

/// Until no process holds the store; it may have died, or still be at its last commit.
Status Gateway::Parts::await_store() {
  for (;;) {
    const auto hold = journal::try_hold(config.start.store_directory);
    if (!hold) return Unexpected(hold.error());
    if (hold->other == 0) return {};
    log::limited(
        log::Level::kWarning, "predecessor",
        fmt::format(
            "waiting for the store {}, which {} still holds", config.start.store_directory,
            hold->other > 0 ? fmt::format("pid {}", hold->other) : std::string("another process")));
    std::this_thread::sleep_for(kLockRetry);
  }
}

/// For whoever reads the sockets next; a change is in the file within a second.
void Gateway::Parts::keep_kernel_drops() {
  KernelDropCounts counts = listeners->counted_kernel_drops();
  if (counts == kernel_drops_kept) return;
  if (auto written = write_kernel_drops(kernel_drops_path(config), counts); !written) {
    log::limited(log::Level::kWarning, "kernel drops", written.error().text);
    return;
  }
  kernel_drops_kept = std::move(counts);
}

void Gateway::Parts::add_succession(admin::Handlers* handlers) {
  handlers->sockets = [this](const std::string& who) {
    audit->note(who, "sockets", Json::object());
    auto sockets = listeners->descriptors();
    if (agent != nullptr) {
      const auto& [requests, answers] = agent->sockets();
      sockets.push_back({requests.fd(0), requests.outlives()});
      if (answers) sockets.push_back({answers->fd(0), answers->outlives()});
    }
    return sockets;
  };
  handlers->yield = [this](Fd connection, const std::string& who) {
    successor_who = who;
    successor = std::move(connection);
    ::uv_stop(&loop);
  };
}

void Gateway::Parts::resume_kernel_drops() {
  listeners->resume_kernel_drops(read_kernel_drops(kernel_drops_path(config)));
}

}  // namespace trapd
