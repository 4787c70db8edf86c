// SPDX-License-Identifier: Apache-2.0
#include "trapd/listeners.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <algorithm>

namespace trapd {

namespace {

struct Passed {
  Endpoint local;
  Fd fd;
  bool outlives = false;
};

std::vector<Passed> with_addresses(std::vector<admin::Predecessor::Socket> sockets) {
  std::vector<Passed> passed;
  for (admin::Predecessor::Socket& socket : sockets) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const Endpoint local = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
    passed.push_back({local, std::move(socket.fd), socket.outlives});
  }
  return passed;
}

std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

std::vector<Fd> take_passed(std::vector<Passed>& passed, const Endpoint& local, bool* outlive) {
  std::vector<Fd> taken;
  for (Passed& socket : passed) {
    if (socket.fd && socket.local.address == local.address && socket.local.port == local.port) {
      taken.push_back(std::move(socket.fd));
      *outlive = *outlive || socket.outlives;
    }
  }
  return taken;
}

}  // namespace

Result<PassedSockets> sockets_passed_by_systemd() {
  PassedSockets passed;
  const int count = ::sd_listen_fds(1);
  if (count < 0) return Unexpected(errno_error("cannot take", "LISTEN_FDS", -count));
  for (int i = 0; i < count; ++i) {
    Fd fd(SD_LISTEN_FDS_START + i);
    if (::sd_is_socket(fd.get(), AF_UNSPEC, SOCK_DGRAM, -1) <= 0) {
      return failure("LISTEN_FDS: passed descriptor " + std::to_string(fd.release()) +
                     " is not a datagram socket");
    }
    passed.sockets.push_back({std::move(fd), true});
  }
  return passed;
}

Result<std::unique_ptr<Listeners>> Listeners::open(const std::vector<config::Listener>& listeners,
                                                   PassedSockets given) {
  std::vector<Passed> passed = with_addresses(std::move(given.sockets));
  auto all = std::make_unique<Listeners>();
  for (const config::Listener& listener : listeners) {
    bool outlive = false;
    std::vector<Fd> sockets = take_passed(passed, listener.udp, &outlive);
    net::UdpGroup::Options options;
    options.local = listener.udp;
    options.receive_buffer_bytes = listener.receive_buffer_bytes;
    auto group = sockets.empty() ? net::UdpGroup::open(options)
                                 : net::UdpGroup::adopt(std::move(sockets),
                                                        listener.receive_buffer_bytes, outlive);
    if (!group) return Unexpected(group.error());
    std::vector<Seen> seen(group->size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      seen[i].cookie = cookie_of(group->fd(i));
      seen[i].last = group->kernel_drops(i).value_or(0);
    }
    all->seen_.push_back(std::move(seen));
    all->groups_.push_back(std::move(*group));
    all->texts_.push_back(listener.text);
  }
  for (const Passed& socket : passed) {
    if (socket.fd && !given.from_predecessor) {
      return failure("LISTEN_FDS: the passed socket " + socket.local.text() +
                     " stands in no entry of listen:");
    }
  }
  return all;
}

std::vector<ingest::WorkerSocket> Listeners::sockets_of(unsigned worker, unsigned workers) const {
  std::vector<ingest::WorkerSocket> mine;
  std::uint32_t number = 0;
  for (std::size_t listener = 0; listener < groups_.size(); ++listener) {
    const net::UdpGroup& group = groups_[listener];
    for (std::size_t socket = 0; socket < group.size(); ++socket, ++number) {
      // By the place within its group, so that one source meets one worker on each listener.
      if (socket % workers != worker) continue;
      mine.push_back(
          {group.fd(socket), static_cast<std::uint16_t>(listener), group.local(), number});
    }
  }
  return mine;
}

std::vector<admin::ListeningSocket> Listeners::descriptors() const {
  std::vector<admin::ListeningSocket> all;
  for (const net::UdpGroup& group : groups_) {
    for (std::size_t i = 0; i < group.size(); ++i) all.push_back({group.fd(i), group.outlives()});
  }
  return all;
}

std::uint64_t Listeners::kernel_drops(std::size_t listener) { return kernel_drops(listener, 0, 1); }

std::uint64_t Listeners::kernel_drops(std::size_t listener, unsigned worker, unsigned workers) {
  const std::lock_guard hold(mutex_);
  std::uint64_t total = 0;
  for (std::size_t socket = worker; socket < seen_[listener].size(); socket += workers) {
    Seen& seen = seen_[listener][socket];
    if (counting_) {
      const std::uint32_t now = groups_[listener].kernel_drops(socket).value_or(seen.last);
      seen.total += static_cast<std::uint32_t>(now - seen.last);  // modulo 2^32, as the kernel's
      seen.last = now;
    }
    total += seen.total;
  }
  return total;
}

void Listeners::resume_kernel_drops(const KernelDropCounts& counted) {
  const std::lock_guard hold(mutex_);
  for (std::size_t listener = 0; listener < groups_.size(); ++listener) {
    if (!groups_[listener].adopted()) continue;  // bound by this process: it has seen all
    for (Seen& seen : seen_[listener]) {
      const auto found = counted.find(seen.cookie);
      seen.last = found != counted.end() ? found->second : 0;
    }
  }
}

KernelDropCounts Listeners::counted_kernel_drops() {
  const std::lock_guard hold(mutex_);
  KernelDropCounts counts;
  for (const std::vector<Seen>& group : seen_) {
    for (const Seen& seen : group) counts[seen.cookie] = seen.last;
  }
  return counts;
}

void Listeners::stop_counting() {
  for (std::size_t listener = 0; listener < size(); ++listener) kernel_drops(listener);
  const std::lock_guard hold(mutex_);
  counting_ = false;
}

bool Listeners::any_outlives() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const net::UdpGroup& group) { return group.outlives(); });
}

void Listeners::refuse_new() const {
  for (const net::UdpGroup& group : groups_) group.refuse_new();
}

}  // namespace trapd
