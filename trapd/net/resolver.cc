// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/resolver.h"

#include <netdb.h>
#include <resolv.h>

#include <condition_variable>
#include <mutex>
#include <system_error>

#include "trapd/base/thread.h"

namespace trapd::net {

namespace {

constexpr std::size_t kAddressesMax = 16;
constexpr int kRetransmitSeconds = 2;
constexpr int kTries = 2;

struct Query {
  std::string host;
  std::uint16_t port = 0;
  friend bool operator==(const Query&, const Query&) = default;
};

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Query> wanted;   // what the owner asked for last and the helper has not begun
  std::optional<Query> running;  // what the helper is at
  std::optional<Query> answered_query;
  std::optional<Result<Addresses>> answer;
  bool stop = false;
};

Result<Addresses> system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // one entry per address, not one per socket type
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    return failure(
        "cannot resolve " + host + ": " +
        (code == EAI_SYSTEM ? std::generic_category().message(errno) : ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* at = list; at != nullptr && addresses.size() < kAddressesMax;
       at = at->ai_next) {
    Endpoint endpoint = Endpoint::from_sockaddr(at->ai_addr);
    endpoint.port = port;
    addresses.push_back(endpoint);
  }
  if (addresses.empty()) return failure("cannot resolve " + host + ": it has no address");
  return addresses;
}

Resolver::Resolver(Lookup lookup)
    : lookup_(std::move(lookup)), shared_(std::make_unique<Shared>()) {}

Resolver::~Resolver() {
  {
    const std::lock_guard hold(shared_->mutex);
    shared_->stop = true;
  }
  shared_->changed.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Resolver::start(const std::string& host, std::uint16_t port, std::int64_t deadline_ns) {
  host_ = host;
  port_ = port;
  deadline_ns_ = deadline_ns;
  pending_ = true;
  literal_.reset();
  answered_.clear();
  if (auto address = Endpoint::parse_address(host)) {
    address->port = port;
    literal_ = Addresses{*address};
    answered_.notify();
    return;
  }
  {
    const std::lock_guard hold(shared_->mutex);
    shared_->answer.reset();
    const Query query{host, port};
    if (shared_->running == query) {
      shared_->wanted.reset();
    } else {
      shared_->wanted = query;
    }
  }
  if (!thread_.joinable()) {
    thread_ = start_thread("resolver", [this] { work(); });
  }
  shared_->changed.notify_all();
}

std::optional<Result<Addresses>> Resolver::take(std::int64_t now_ns) {
  if (!pending_) return std::nullopt;
  std::optional<Result<Addresses>> result;
  if (literal_) {
    result = std::move(*literal_);
    literal_.reset();
  } else {
    const std::lock_guard hold(shared_->mutex);
    if (shared_->answer) {
      if (shared_->answered_query == Query{host_, port_}) result = std::move(shared_->answer);
      // Otherwise it answers an earlier question, which nobody waits for any more.
      shared_->answer.reset();
      answered_.clear();
    }
  }
  if (!result && now_ns >= deadline_ns_) {
    result = failure("cannot resolve " + host_ + ": no answer in time");
  }
  if (result) {
    pending_ = false;
    answered_.clear();
  }
  return result;
}

void Resolver::work() {
  // The options belong to this thread only (glibc keeps them per thread).
  ::res_init();
  _res.retrans = kRetransmitSeconds;
  _res.retry = kTries;
  std::unique_lock hold(shared_->mutex);
  for (;;) {
    shared_->changed.wait(hold, [&] { return shared_->stop || shared_->wanted; });
    if (shared_->stop) return;
    const Query query = *shared_->wanted;
    shared_->wanted.reset();
    shared_->running = query;
    hold.unlock();
    Result<Addresses> answer = lookup_(query.host, query.port);
    hold.lock();
    shared_->running.reset();
    shared_->answered_query = query;
    shared_->answer = std::move(answer);
    answered_.notify();
  }
}

}  // namespace trapd::net
