// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/worker.h"

#include <sys/prctl.h>
#include <uv.h>

#include <thread>
#include <utility>

#include "trapd/base/check.h"
#include "trapd/base/thread.h"
#include "trapd/ingest/answer.h"

namespace trapd::ingest {

namespace {
// Batches of one socket before the others and the answers have their turn.
constexpr int kBatchesPerTurn = 16;
constexpr std::uint64_t kRetryMs = 1;
constexpr std::size_t kAnswersPerTurn = 1024;

// A datagram that is read by itself costs the kernel three times what one of many costs, and
// whoever sends it has to wake us. So while they come fast the loop lets some gather before it
// looks again. Slower traffic waits for nothing.
constexpr unsigned kFastFrom = 16;  // read in one turn
constexpr std::chrono::microseconds kFastGather{100};
constexpr unsigned kFasterFrom = 24;
constexpr std::chrono::microseconds kFasterGather{200};
}  // namespace

struct Worker::Loop {
  Loop(Options options_in, std::vector<WorkerSocket> sockets_in,
       const Published<usm::SecurityConfig>& security, const Published<Snapshot>& snapshot,
       usm::EngineTable& engines, const usm::OwnEngine& own, const Wakeup& ledger_in,
       const Clock& clock_in, RefusalObserver* observer)
      : options(std::move(options_in)),
        sockets(std::move(sockets_in)),
        records(options.ring_octets),
        answers(options.ring_octets * 2),
        ledger(ledger_in),
        clock(clock_in),
        pipeline(options.pipeline, security, snapshot, engines, own, records, counters, observer) {}

  void run();
  void open_handles();
  void close_handles();
  void watch_sockets();
  void read_socket(std::size_t index);
  bool finish_batch(const WorkerSocket& socket);
  void block(std::size_t index);
  void unblock();
  void let_gather();
  void publish_generations();
  std::size_t send_answers(std::size_t at_most);
  void drain_and_stop();
  const WorkerSocket* socket_numbered(std::uint32_t number) const;

  const Options options;
  const std::vector<WorkerSocket> sockets;
  SpscRing records;
  SpscRing answers;
  Wakeup wakeup;
  const Wakeup& ledger;
  const Clock& clock;
  WorkerCounters counters;
  Pipeline pipeline;
  net::UdpBatch batch;
  // The batch that the full ring interrupted: [next, count) of the datagrams of one socket.
  unsigned next = 0;
  unsigned count = 0;
  std::size_t blocked_socket = 0;
  bool blocked = false;
  unsigned read_in_turn = 0;
  bool more_waits = false;  // a socket was not read to its end in this turn

  uv_loop_t uv{};
  std::vector<uv_poll_t> polls;
  uv_poll_t wakeup_poll{};
  uv_timer_t retry{};
  uv_prepare_t before_waiting{};
  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> drain_until_ns{0};
  std::atomic<std::uint64_t> security_generation{0};
  std::atomic<std::uint64_t> snapshot_generation{0};
  std::jthread thread;
};

void Worker::Loop::run() {
  ::prctl(PR_SET_TIMERSLACK, 1'000UL);  // nanoseconds: the usual 50 us are half of kFastGather
  CHECK(::uv_loop_init(&uv) == 0);
  open_handles();
  publish_generations();
  ::uv_run(&uv, UV_RUN_DEFAULT);
  CHECK(::uv_loop_close(&uv) == 0);
}

void Worker::Loop::open_handles() {
  polls.resize(sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    CHECK(::uv_poll_init(&uv, &polls[i], sockets[i].fd) == 0);
    polls[i].data = this;
  }
  watch_sockets();
  CHECK(::uv_poll_init(&uv, &wakeup_poll, wakeup.fd()) == 0);
  wakeup_poll.data = this;
  ::uv_poll_start(&wakeup_poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    auto* self = static_cast<Loop*>(poll->data);
    self->wakeup.clear();
    self->publish_generations();
    if (self->send_answers(kAnswersPerTurn) == kAnswersPerTurn) self->wakeup.notify();
    if (self->stopping.load(std::memory_order_acquire)) self->drain_and_stop();
  });
  ::uv_timer_init(&uv, &retry);
  retry.data = this;
  ::uv_prepare_init(&uv, &before_waiting);
  before_waiting.data = this;
  ::uv_prepare_start(&before_waiting, [](uv_prepare_t* prepare) {
    static_cast<Loop*>(prepare->data)->let_gather();
  });
}

void Worker::Loop::close_handles() {
  for (uv_poll_t& poll : polls) ::uv_close(reinterpret_cast<uv_handle_t*>(&poll), nullptr);
  ::uv_close(reinterpret_cast<uv_handle_t*>(&wakeup_poll), nullptr);
  ::uv_close(reinterpret_cast<uv_handle_t*>(&retry), nullptr);
  ::uv_close(reinterpret_cast<uv_handle_t*>(&before_waiting), nullptr);
}

/// A worker without traffic must acknowledge a reload too, hence also on every wake-up.
void Worker::Loop::publish_generations() {
  pipeline.refresh();
  security_generation.store(pipeline.security_generation(), std::memory_order_release);
  snapshot_generation.store(pipeline.snapshot_generation(), std::memory_order_release);
}

void Worker::Loop::read_socket(std::size_t index) {
  if (blocked) return;
  publish_generations();
  for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
    count = batch.receive(sockets[index].fd, sockets[index].local);
    next = 0;
    read_in_turn += count;
    if (count == 0) return;
    if (!finish_batch(sockets[index])) return block(index);
    if (count < net::UdpBatch::kDatagramsMax) return;
  }
  more_waits = true;
}

/// Processes [next, count). False: the ring is full.
bool Worker::Loop::finish_batch(const WorkerSocket& socket) {
  const std::int64_t now_ns = clock.monotonic_ns();
  const Arrival arrival{socket.listener, socket.number};
  const auto put = [this] { return counters.handed_over.get() + counters.heard_only.get(); };
  const std::uint64_t before = put();
  bool room = true;
  for (; next < count; ++next) {
    const net::Datagram& datagram = batch[next];
    room = pipeline.process(datagram, arrival, now_ns);
    if (!room) break;
    if (!pipeline.reply().empty() &&
        !net::send_datagram(socket.fd, datagram.source, datagram.local, pipeline.reply())) {
      counters.answers_unsent.add();
    }
  }
  if (put() != before) ledger.notify();
  return room;
}

void Worker::Loop::block(std::size_t index) {
  blocked = true;
  blocked_socket = index;
  counters.ring_full.add();
  for (uv_poll_t& poll : polls) ::uv_poll_stop(&poll);
  ::uv_timer_start(
      &retry,
      [](uv_timer_t* timer) {
        auto* self = static_cast<Loop*>(timer->data);
        if (self->finish_batch(self->sockets[self->blocked_socket])) self->unblock();
        if (self->stopping.load(std::memory_order_acquire)) self->drain_and_stop();
      },
      kRetryMs, kRetryMs);
}

void Worker::Loop::unblock() {
  blocked = false;
  ::uv_timer_stop(&retry);
  watch_sockets();
}

void Worker::Loop::let_gather() {
  const unsigned count_read = std::exchange(read_in_turn, 0);
  const bool behind = std::exchange(more_waits, false) || blocked;
  if (count_read < kFastFrom || behind || stopping.load(std::memory_order_relaxed)) return;
  std::this_thread::sleep_for(count_read < kFasterFrom ? kFastGather : kFasterGather);
}

void Worker::Loop::watch_sockets() {
  for (uv_poll_t& poll : polls) {
    ::uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* readable, int status, int) {
      auto* self = static_cast<Loop*>(readable->data);
      self->read_socket(static_cast<std::size_t>(readable - self->polls.data()));
      // An error of the socket: libuv has stopped looking at it. Reading has taken the error off.
      if (status < 0 && !self->blocked) self->watch_sockets();
    });
  }
}

const WorkerSocket* Worker::Loop::socket_numbered(std::uint32_t number) const {
  for (const WorkerSocket& socket : sockets) {
    if (socket.number == number) return &socket;
  }
  return nullptr;
}

std::size_t Worker::Loop::send_answers(std::size_t at_most) {
  std::size_t sent = 0;
  for (; sent < at_most; ++sent) {
    const ByteView item = answers.front();
    if (item.empty()) break;
    AnswerHeader header;
    std::memcpy(&header, item.data(), sizeof header);
    const WorkerSocket* socket = socket_numbered(header.socket);
    CHECK(socket != nullptr);
    if (net::send_datagram(socket->fd, header.peer, header.local,
                           item.subspan(sizeof header, header.message_octets))) {
      counters.responses.add();
    } else {
      counters.answers_unsent.add();
    }
    answers.pop();
  }
  return sent;
}

/// The last turn: what lies in the kernel's queues is read until each was once empty.
void Worker::Loop::drain_and_stop() {
  const std::int64_t until = drain_until_ns.load(std::memory_order_acquire);
  if (blocked && clock.monotonic_ns() < until) return;  // the retry timer comes back here
  for (std::size_t i = 0; i < sockets.size() && !blocked; ++i) {
    do {
      read_socket(i);
    } while (!blocked && count > 0 && clock.monotonic_ns() < until);
  }
  if (blocked && clock.monotonic_ns() < until) return;
  // What the ledger left no room for is given up, but not hidden: the last line shows it in flight.
  if (blocked) counters.received[sockets[blocked_socket].listener].add(count - next);
  send_answers(answers.capacity());
  close_handles();
}

Worker::Worker(Options options, std::vector<WorkerSocket> sockets,
               const Published<usm::SecurityConfig>& security, const Published<Snapshot>& snapshot,
               usm::EngineTable& engines, const usm::OwnEngine& own, const Wakeup& ledger,
               const Clock& clock, RefusalObserver* observer)
    : loop_(std::make_unique<Loop>(std::move(options), std::move(sockets), security, snapshot,
                                   engines, own, ledger, clock, observer)) {}

Worker::~Worker() { stop(std::chrono::milliseconds(0)); }

void Worker::start() {
  loop_->thread = start_thread("ingest-" + std::to_string(loop_->options.index),
                               [loop = loop_.get()] { loop->run(); });
}

void Worker::stop(std::chrono::milliseconds drain_max) {
  if (!loop_->thread.joinable()) return;
  loop_->drain_until_ns.store(loop_->clock.monotonic_ns() + drain_max.count() * kNsPerMs,
                              std::memory_order_release);
  loop_->stopping.store(true, std::memory_order_release);
  loop_->wakeup.notify();
  loop_->thread.join();
}

void Worker::send_last_answers() { loop_->send_answers(loop_->answers.capacity()); }
SpscRing& Worker::records() { return loop_->records; }
SpscRing& Worker::answers() { return loop_->answers; }
const Wakeup& Worker::wakeup() const { return loop_->wakeup; }
const WorkerCounters& Worker::counters() const { return loop_->counters; }
std::uint64_t Worker::security_generation() const {
  return loop_->security_generation.load(std::memory_order_acquire);
}
std::uint64_t Worker::snapshot_generation() const {
  return loop_->snapshot_generation.load(std::memory_order_acquire);
}

}  // namespace trapd::ingest
