// SPDX-License-Identifier: Apache-2.0
// A successor at the control socket: both ends are the real ones; the server's loop runs in a
// thread, because a successor waits for each answer.
#include "trapd/admin/predecessor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/unit/admin/canned_handlers.h"
#include "trapd/admin/control.h"

namespace trapd::admin {
namespace {

/// A server that runs until this object goes.
class Running {
 public:
  explicit Running(std::vector<ListeningSocket> sockets) {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-succ-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    asked.sockets = std::move(sockets);
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &end_, [](uv_async_t* async) { uv_stop(async->loop); });
    auto server = ControlServer::listen(&loop_, path(), canned_handlers(asked));
    REQUIRE(server.has_value());
    server_ = std::move(*server);
    thread_ = std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); });
  }
  ~Running() {
    uv_async_send(&end_);
    thread_.join();
    server_.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&end_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop_) == 0);
    std::filesystem::remove_all(directory_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  std::string path() const { return directory_ + "/" + kSocketName; }

  Asked asked;

 private:
  std::string directory_;
  uv_loop_t loop_{};
  uv_async_t end_{};
  std::unique_ptr<ControlServer> server_;
  std::thread thread_;
};

std::uint64_t cookie(int fd) {
  std::uint64_t value = 0;
  socklen_t size = sizeof value;
  CHECK(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &size) == 0);
  return value;
}

std::vector<Fd> udp_sockets(std::size_t count) {
  std::vector<Fd> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    REQUIRE(sockets.back());
  }
  return sockets;
}

/// Every second one outlives the process.
std::vector<ListeningSocket> listed(const std::vector<Fd>& sockets) {
  std::vector<ListeningSocket> all;
  for (const Fd& fd : sockets) all.push_back({fd.get(), all.size() % 2 == 1});
  return all;
}

Predecessor met(const std::string& path) {
  auto predecessor = Predecessor::meet(path);
  REQUIRE(predecessor.has_value());
  REQUIRE(predecessor->has_value());
  return std::move(**predecessor);
}

TEST_CASE("a successor gets the very sockets, in their order") {
  const std::vector<Fd> sockets = udp_sockets(24);
  const Running server(listed(sockets));
  Predecessor predecessor = met(server.path());
  CHECK(predecessor.pid() == ::getpid());
  const auto passed = predecessor.take_sockets();
  REQUIRE(passed.has_value());
  REQUIRE(passed->size() == sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const int got = (*passed)[i].fd.get();
    CHECK(got != sockets[i].get());
    CHECK(cookie(got) == cookie(sockets[i].get()));
    CHECK(::fcntl(got, F_GETFD) == FD_CLOEXEC);
    CHECK((*passed)[i].outlives == (i % 2 == 1));
  }
}

TEST_CASE("as many sockets as one message of the kernel carries, and no more") {
  const std::vector<Fd> sockets = udp_sockets(Predecessor::kSocketsMax + 1);
  std::vector<ListeningSocket> all = listed(sockets);
  {
    const Running server(all);
    const auto passed = met(server.path()).take_sockets();
    REQUIRE_FALSE(passed.has_value());
    CHECK(passed.error().text.find("cannot pass 254 sockets") != std::string::npos);
  }
  all.pop_back();
  const Running server(all);
  const auto passed = met(server.path()).take_sockets();
  REQUIRE(passed.has_value());
  CHECK(passed->size() == Predecessor::kSocketsMax);
}

TEST_CASE("who yields says on the same connection when the store is released") {
  Running server({});
  Predecessor predecessor = met(server.path());
  const auto asked = predecessor.ask_to_yield();
  REQUIRE(asked.has_value());
  CHECK(*asked);
  CHECK_FALSE(predecessor.await_release(std::chrono::milliseconds(50)));
  const std::string released = "{\"released\":true}\n";
  const Fd connection = server.asked.successor.get_future().get();
  CHECK(::send(connection.get(), released.data(), released.size(), 0) ==
        static_cast<ssize_t>(released.size()));
  CHECK(predecessor.await_release(std::chrono::seconds(10)));
}

TEST_CASE("one that dies while it yields has not said that the store is released") {
  std::optional<Predecessor> predecessor;
  {
    Running server({});
    predecessor = met(server.path());
    const auto asked = predecessor->ask_to_yield();
    REQUIRE(asked.has_value());
    CHECK(*asked);
    server.asked.successor.get_future().get().reset();
  }
  CHECK_FALSE(predecessor->await_release(std::chrono::seconds(10)));
}

TEST_CASE("one that has died before it is asked is gone, which is no error") {
  std::optional<Predecessor> predecessor;
  {
    const Running server({});
    predecessor = met(server.path());
    CHECK(predecessor->take_sockets().has_value());
  }
  const auto asked = predecessor->ask_to_yield();
  if (!asked) FAIL(asked.error().text);
  CHECK_FALSE(*asked);
}

TEST_CASE("nobody at the path is nobody to succeed") {
  const auto met = Predecessor::meet("/nonexistent/trapd.sock");
  REQUIRE(met.has_value());
  CHECK_FALSE(met->has_value());
}

}  // namespace
}  // namespace trapd::admin
