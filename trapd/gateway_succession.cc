// SPDX-License-Identifier: Apache-2.0
// From one process to the next: the sockets, and what the kernel dropped on them in between.
#include "trapd/base/log.h"
#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

// Queues, last commit, answers: a stop takes milliseconds, with a slow disk some seconds.
constexpr std::chrono::milliseconds kReleaseMax{30'000};

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
  if (!sockets) return Unexpected(sockets.error());
  return PassedSockets{std::move(*sockets), true};
}

Status Gateway::Parts::await_predecessor() {
  if (!predecessor) return {};
  log::info("everything is loaded: the trapd that runs (pid {}) is asked to end",
            predecessor->pid());
  if (auto asked = predecessor->ask_to_yield(); !asked) return asked;
  if (auto released = predecessor->await_release(kReleaseMax); !released) return released;
  predecessor.reset();
  return {};
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
  handlers->sockets = [this] { return listeners->descriptors(); };
  handlers->yield = [this](Fd connection) {
    successor = std::move(connection);
    ::uv_stop(&loop);
  };
}

void Gateway::Parts::resume_kernel_drops() {
  listeners->resume_kernel_drops(read_kernel_drops(kernel_drops_path(config)));
}

}  // namespace trapd
