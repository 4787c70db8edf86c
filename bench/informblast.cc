// SPDX-License-Identifier: Apache-2.0
// informblast: authPriv informs at a paced rate from several source addresses to a receiver on this
// machine, without waiting for one Response before the next inform; prints how long each Response
// took from the sending. Nothing is sent again: what stays unanswered is counted.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench/signed_informs.h"
#include "trapd/base/clock.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"

namespace trapd::bench {
namespace {

constexpr std::int64_t kNotSent = 0;
constexpr std::int64_t kQuestionNs = 500 * kNsPerMs;
constexpr int kQuestionsMax = 20;

struct Options {
  TrapSource source;
  std::string to = "127.0.0.1:1162";
  double rate = 5000;
  double seconds = 10;
  double wait = 3;  // for Responses after the last inform
  unsigned senders = 16;
};

/// One connected socket per sender, 127.1.0.1 …
std::vector<pollfd> open_sockets(unsigned senders, const Endpoint& to, std::vector<Fd>* owners) {
  std::vector<pollfd> sockets;
  for (unsigned i = 0; i < senders; ++i) {
    Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f010000U + i + 1);
    sockaddr_storage peer{};
    const socklen_t size = to.to_sockaddr(&peer);
    if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(fd.get(), reinterpret_cast<sockaddr*>(&peer), size) != 0) {
      return {};
    }
    sockets.push_back({fd.get(), POLLIN, 0});
    owners->push_back(std::move(fd));
  }
  return sockets;
}

class Run {
 public:
  Run(const Options& options, std::vector<pollfd> sockets)
      : options_(options), informs_(options.source), sockets_(std::move(sockets)) {}

  bool discover();
  void send_and_await();
  nlohmann::json result();

 private:
  void send_one();
  void take_answers(std::int64_t until_ns);
  void take(int fd);

  const Options& options_;
  const SystemClock clock_;
  SignedInforms informs_;
  std::vector<pollfd> sockets_;
  std::vector<std::int64_t> sent_ns_;  // by number; kNotSent: the kernel refused it
  std::vector<std::int64_t> took_ns_;  // of the Responses, in the order they came
  std::vector<bool> answered_;
  std::uint64_t refused_ = 0;
  std::uint64_t again_ = 0;
  std::uint64_t strange_ = 0;
  double seconds_ = 0;
};

bool Run::discover() {
  std::array<std::uint8_t, 2048> room;
  for (int i = 0; i < kQuestionsMax && !informs_.ready(); ++i) {
    const std::size_t octets = informs_.question(room);
    pollfd waiting = sockets_.front();
    if (::send(waiting.fd, room.data(), octets, 0) < 0) continue;
    if (::poll(&waiting, 1, poll_timeout_ms(kQuestionNs)) <= 0) continue;
    const ssize_t got = ::recv(waiting.fd, room.data(), room.size(), 0);
    if (got <= 0) continue;
    informs_.learn(ByteView(room).first(static_cast<std::size_t>(got)), clock_.monotonic_ns());
  }
  return informs_.ready();
}

void Run::send_one() {
  std::array<std::uint8_t, 1024> room;
  const auto number = static_cast<std::uint32_t>(sent_ns_.size());
  const std::size_t octets = informs_.make(number, clock_.monotonic_ns(), room);
  sent_ns_.push_back(clock_.monotonic_ns());
  answered_.push_back(false);
  if (::send(sockets_[number % sockets_.size()].fd, room.data(), octets, 0) < 0) {
    sent_ns_.back() = kNotSent;
    ++refused_;
  }
}

void Run::take(int fd) {
  std::array<std::uint8_t, 2048> room;
  ssize_t got = 0;
  while ((got = ::recv(fd, room.data(), room.size(), 0)) > 0) {
    const std::int64_t now_ns = clock_.monotonic_ns();
    const auto number = informs_.answered(ByteView(room).first(static_cast<std::size_t>(got)));
    if (!number || *number >= sent_ns_.size()) {
      ++strange_;
    } else if (answered_[*number]) {
      ++again_;
    } else {
      answered_[*number] = true;
      took_ns_.push_back(now_ns - sent_ns_[*number]);
    }
  }
}

/// Reads what comes until the time is reached; without waiting when it has passed.
void Run::take_answers(std::int64_t until_ns) {
  do {
    const std::int64_t left = std::max<std::int64_t>(until_ns - clock_.monotonic_ns(), 0);
    const timespec timeout = {left / kNsPerSecond, left % kNsPerSecond};
    if (::ppoll(sockets_.data(), sockets_.size(), &timeout, nullptr) <= 0) continue;
    for (const pollfd& socket : sockets_) {
      if (socket.revents != 0) take(socket.fd);
    }
  } while (clock_.monotonic_ns() < until_ns);
}

void Run::send_and_await() {
  const auto count = static_cast<std::size_t>(options_.rate * options_.seconds);
  sent_ns_.reserve(count);
  took_ns_.reserve(count);
  answered_.reserve(count);
  const std::int64_t start_ns = clock_.monotonic_ns();
  while (sent_ns_.size() < count) {
    const double due_s = static_cast<double>(sent_ns_.size()) / options_.rate;
    const std::int64_t due_ns = start_ns + static_cast<std::int64_t>(due_s * 1e9);
    if (clock_.monotonic_ns() < due_ns) take_answers(due_ns);
    send_one();
  }
  seconds_ = static_cast<double>(clock_.monotonic_ns() - start_ns) / 1e9;
  const std::int64_t end_ns =
      clock_.monotonic_ns() + static_cast<std::int64_t>(options_.wait * 1e9);
  while (took_ns_.size() + refused_ < sent_ns_.size() && clock_.monotonic_ns() < end_ns) {
    take_answers(std::min(end_ns, clock_.monotonic_ns() + 10 * kNsPerMs));
  }
}

nlohmann::json Run::result() {
  std::sort(took_ns_.begin(), took_ns_.end());
  const auto ms = [this](double part) {
    if (took_ns_.empty()) return -1.0;
    const auto last = static_cast<double>(took_ns_.size() - 1);
    return static_cast<double>(took_ns_[static_cast<std::size_t>(part * last)]) / 1e6;
  };
  return {{"sent", sent_ns_.size() - refused_},
          {"refused", refused_},
          {"unanswered", sent_ns_.size() - refused_ - took_ns_.size()},
          {"answered_again", again_},
          {"other_datagrams", strange_},
          {"rate", static_cast<double>(sent_ns_.size()) / seconds_},
          {"p50_ms", ms(0.5)},
          {"p99_ms", ms(0.99)},
          {"p999_ms", ms(0.999)},
          {"max_ms", ms(1)}};
}

int run(const Options& options) {
  const auto to = Endpoint::parse(options.to);
  if (!to || !to->is_v4()) {
    std::fprintf(stderr, "informblast: --to wants an IPv4 address and a port\n");
    return 1;
  }
  std::vector<Fd> owners;
  std::vector<pollfd> sockets = open_sockets(options.senders, *to, &owners);
  if (sockets.empty()) {
    std::fprintf(stderr, "informblast: cannot open sockets to %s\n", options.to.c_str());
    return 1;
  }
  Run run(options, std::move(sockets));
  if (!run.discover()) {
    std::fprintf(stderr, "informblast: %s does not answer the discovery\n", options.to.c_str());
    return 1;
  }
  run.send_and_await();
  std::printf("%s\n", run.result().dump().c_str());
  return 0;
}

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  trapd::bench::Options options;
  CLI::App app("informs at a paced rate, and how long the Responses take", "informblast");
  app.add_option("--to", options.to, "address:port of the receiver")->capture_default_str();
  app.add_option("--rate", options.rate, "informs per second")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "for how long")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  app.add_option("--wait", options.wait, "seconds for the last Responses")->capture_default_str();
  app.add_option("--senders", options.senders, "source addresses 127.1.0.1 …")
      ->check(CLI::Range(1, 250))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return trapd::bench::run(options);
}
