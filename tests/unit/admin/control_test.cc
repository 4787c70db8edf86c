// SPDX-License-Identifier: Apache-2.0
// The control socket with real clients: the loop runs in the test's thread, the clients are plain
// sockets whose calls do not block.
#include "trapd/admin/control.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/unit/admin/canned_handlers.h"
#include "trapd/base/fd.h"

namespace trapd::admin {
namespace {

class Fixture {
 public:
  Fixture() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-admin-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    path_ = name + "/" + kSocketName;
    uv_loop_init(&loop_);
    start();
  }
  ~Fixture() {
    server_.reset();
    CHECK(uv_loop_close(&loop_) == 0);  // no handle is left behind
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

 protected:
  void start() {
    auto server = ControlServer::listen(&loop_, path_, canned_handlers(asked_));
    if (!server) FAIL(server.error().text);
    server_ = std::move(*server);
  }
  Fd connect() {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }
  /// Runs the loop until `done` or ten seconds have passed.
  template <typename Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      if (uv_run(&loop_, UV_RUN_NOWAIT) != 0) {
        pollfd backend{uv_backend_fd(&loop_), POLLIN, 0};
        ::poll(&backend, 1, 1);
      }
    }
    return true;
  }
  void send(const Fd& fd, const std::string& text) {
    std::size_t sent = 0;
    REQUIRE(run_until([&] {
      const ssize_t got = ::send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (got > 0) sent += static_cast<std::size_t>(got);
      return sent == text.size() || (got < 0 && errno != EAGAIN);
    }));
  }
  /// The next line; empty when the other side closed.
  std::string line(const Fd& fd) {
    std::string text;
    bool closed = false;
    REQUIRE(run_until([&] {
      char c = 0;
      while (true) {
        const ssize_t got = ::recv(fd.get(), &c, 1, 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) closed = true;
        if (got != 1) break;
        if (c == '\n') return true;
        text += c;
      }
      return closed;
    }));
    return text;
  }
  Json ask(const Fd& fd, const Json& request) {
    send(fd, request.dump() + "\n");
    return Json::parse(line(fd));
  }

  std::string directory_;
  std::string path_;
  uv_loop_t loop_{};
  Asked asked_;
  std::unique_ptr<ControlServer> server_;
};

TEST_CASE_FIXTURE(Fixture, "requests are answered in their order on one connection") {
  const Fd fd = connect();
  send(fd, "{\"command\":\"status\"}\n{\"command\":\"alarms\"}\n");
  CHECK(Json::parse(line(fd))["result"]["version"] == "1");
  CHECK(Json::parse(line(fd))["result"][0]["id"] == 7);
  const Json refused = ask(fd, {{"command", "ack"}, {"id", 9}});
  CHECK(refused["ok"] == false);
  CHECK(refused["error"] == "no active alarm has the id 9");
}

TEST_CASE_FIXTURE(Fixture, "a request may come octet by octet") {
  const Fd fd = connect();
  for (const char c : std::string("{\"command\":\"status\"}\n")) send(fd, std::string(1, c));
  CHECK(Json::parse(line(fd))["ok"] == true);
}

TEST_CASE_FIXTURE(Fixture, "who acts is the name given with the uid that the kernel tells") {
  const Fd fd = connect();
  CHECK(ask(fd, {{"command", "ack"}, {"id", 7}, {"operator", "al\x1b[31mice"}})["ok"] == true);
  CHECK(asked_.who == "al?[31mice (uid " + std::to_string(::geteuid()) + ")");
  CHECK(ask(fd, {{"command", "ack"}, {"id", 7}})["ok"] == true);
  CHECK(asked_.who == "(uid " + std::to_string(::geteuid()) + ")");
}

TEST_CASE_FIXTURE(Fixture, "what is no request gets an error and the connection goes on") {
  const Fd fd = connect();
  for (const char* bad : {"", "x", "[]", "{}", "{\"command\":5}", "{\"command\":\"status\""}) {
    send(fd, std::string(bad) + "\n");
    CHECK(Json::parse(line(fd))["ok"] == false);
  }
  CHECK(ask(fd, {{"command", "status"}})["ok"] == true);
}

TEST_CASE_FIXTURE(Fixture, "a request beyond 1 MiB ends its connection") {
  const Fd fd = connect();
  send(fd, std::string(ControlServer::kLineOctetsMax + 100'000, 'x'));
  CHECK(Json::parse(line(fd))["error"] == "the request is longer than 1 MiB");
  CHECK(line(fd).empty());
  CHECK(run_until([&] { return server_->clients() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "tail streams records until the client goes") {
  Fd fd = connect();
  CHECK(ask(fd, {{"command", "tail"}, {"severity", "critical"}})["result"]["tailing"] == true);
  CHECK(asked_.filter.severities == std::vector{alarm::Severity::kCritical});
  REQUIRE(asked_.tails.size() == 1);
  asked_.show({{"sequence", 1}});
  asked_.show({{"sequence", 2}});
  CHECK(Json::parse(line(fd))["record"]["sequence"] == 1);
  CHECK(Json::parse(line(fd))["record"]["sequence"] == 2);
  fd.reset();
  CHECK(run_until([&] { return asked_.tails.empty() && server_->clients() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "refused datagrams are followed until the client goes") {
  Fd fd = connect();
  CHECK(ask(fd, {{"command", "refused"}, {"follow", false}})["result"].size() == 1);
  CHECK(ask(fd, {{"command", "refused"}, {"follow", true}, {"reason", "x"}})["ok"] == false);
  const Json begun = ask(fd, {{"command", "refused"}, {"follow", true}, {"reason", "malformed"}});
  CHECK(begun["result"]["following"] == true);
  CHECK(asked_.reason == snmp::DropReason::kMalformed);
  asked_.show({{"number", 1}});
  CHECK(Json::parse(line(fd))["refused"]["number"] == 1);
  fd.reset();
  CHECK(run_until([&] { return asked_.tails.empty() && server_->clients() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "who does not read is dropped, and bounds what waits") {
  const Fd fd = connect();
  CHECK(ask(fd, {{"command", "tail"}})["ok"] == true);
  const Json record = {{"text", std::string(100'000, 'x')}};
  int shown = 0;
  while (!asked_.tails.empty() && shown < 1'000) {
    asked_.show(record);
    ++shown;
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  CHECK(asked_.tails.empty());
  CHECK(shown < 200);  // 8 MiB here and what the kernel holds
  CHECK(run_until([&] { return server_->clients() == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "the 33rd connection is told and closed, the others go on") {
  std::vector<Fd> clients;
  for (std::size_t i = 0; i < ControlServer::kClientsMax; ++i) clients.push_back(connect());
  CHECK(run_until([&] { return server_->clients() == ControlServer::kClientsMax; }));
  const Fd further = connect();
  CHECK(Json::parse(line(further))["error"] == "too many connections to trapd; at most 32");
  CHECK(line(further).empty());
  CHECK(ask(clients[0], {{"command", "status"}})["ok"] == true);
  clients.pop_back();
  CHECK(run_until([&] { return server_->clients() < ControlServer::kClientsMax; }));
  const Fd again = connect();
  CHECK(ask(again, {{"command", "status"}})["ok"] == true);
}

TEST_CASE_FIXTURE(Fixture, "only the owner may connect") {
  struct stat status {};
  REQUIRE(::stat(path_.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE_FIXTURE(Fixture, "another trapd at the path is an error, a dead one's socket is not") {
  const auto second = ControlServer::listen(&loop_, path_, canned_handlers(asked_));
  REQUIRE(!second);
  CHECK(second.error().text == "cannot bind " + path_ + ": another trapd answers there");
  server_.reset();
  CHECK(!std::filesystem::exists(path_));
  {
    // A socket whose process is gone.
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(std::filesystem::exists(path_));
  start();
  CHECK(ask(connect(), {{"command", "status"}})["ok"] == true);
}

TEST_CASE_FIXTURE(Fixture, "a file that is no socket is left alone") {
  server_.reset();
  std::ofstream(path_) << "mine";
  CHECK(!ControlServer::listen(&loop_, path_, canned_handlers(asked_)));
  CHECK(std::filesystem::file_size(path_) == 4);
  CHECK(!ControlServer::listen(&loop_, directory_ + "/" + std::string(120, 'x'),
                               canned_handlers(asked_)));
}

}  // namespace
}  // namespace trapd::admin
