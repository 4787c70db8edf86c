// SPDX-License-Identifier: Apache-2.0
// The client against the real control socket, whose loop runs in a thread.
#include "trapd/ctl/client.h"

#include <doctest/doctest.h>
#include <uv.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "tests/unit/admin/canned_handlers.h"
#include "trapd/admin/control.h"
#include "trapd/base/thread.h"

namespace trapd::ctl {
namespace {

class RunningServer {
 public:
  RunningServer() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-ctl-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &stop_, [](uv_async_t* async) { uv_stop(async->loop); });
    uv_async_init(&loop_, &show_, [](uv_async_t* async) {
      static_cast<RunningServer*>(async->data)->asked_.show({{"sequence", 1}});
    });
    show_.data = this;
    auto server = admin::ControlServer::listen(&loop_, path(), admin::canned_handlers(asked_));
    if (!server) FAIL(server.error().text);
    server_ = std::move(*server);
    thread_ = start_thread("test-loop", [this] {
      uv_run(&loop_, UV_RUN_DEFAULT);
      server_.reset();
      uv_close(reinterpret_cast<uv_handle_t*>(&stop_), nullptr);
      uv_close(reinterpret_cast<uv_handle_t*>(&show_), nullptr);
      uv_run(&loop_, UV_RUN_DEFAULT);
      uv_loop_close(&loop_);
    });
  }
  ~RunningServer() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    uv_async_send(&stop_);
    thread_.join();
  }
  void show_record() { uv_async_send(&show_); }
  std::string path() const { return directory_ + "/" + admin::kSocketName; }

 private:
  std::string directory_;
  uv_loop_t loop_{};
  uv_async_t stop_{};
  uv_async_t show_{};
  admin::Asked asked_;
  std::unique_ptr<admin::ControlServer> server_;
  std::jthread thread_;
};

TEST_CASE("the client asks and gets results and errors") {
  RunningServer server;
  auto client = Client::connect(server.path());
  REQUIRE(client);
  CHECK((*client->call("status"))["version"] == "1");
  const auto refused = client->call("ack", {{"id", 9}});
  REQUIRE(!refused);
  CHECK(refused.error().text == "no active alarm has the id 9");
  CHECK(client->call("alarms")->size() == 1);
}

TEST_CASE("tail gives records until the sink has enough or trapd goes") {
  RunningServer server;
  auto client = Client::connect(server.path());
  REQUIRE(client);
  std::atomic<int> seen = 0;
  auto keep_showing = start_thread("test-show", [&] {
    // Shown until the client is subscribed and has its two.
    for (int i = 0; i < 1'000 && seen < 2; ++i) {
      server.show_record();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  CHECK(client->follow("tail", Json::object(), "record", [&](const Json& record) {
    CHECK(record["sequence"] == 1);
    return ++seen < 2;
  }));
  keep_showing.join();
  auto second = Client::connect(server.path());
  REQUIRE(second);
  CHECK(second->call("status"));
  server.stop();
  const auto ended = second->call("status");
  REQUIRE(!ended);
  CHECK(ended.error().text == "trapd closed the connection");
}

TEST_CASE("nobody there: the path and what to do") {
  const auto client = Client::connect("/nonexistent/trapd.sock");
  REQUIRE(!client);
  CHECK(client.error().text.starts_with(
      "no trapd answers at /nonexistent/trapd.sock: No such file or directory."));
  CHECK(client.error().text.find("systemctl start trapd") != std::string::npos);
}

TEST_CASE("the socket lies in the store directory of the configuration, errors in it or not") {
  std::string directory = (std::filesystem::temp_directory_path() / "trapd-ctl-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  const std::string file = directory + "/t.yaml";
  std::ofstream(file) << "store: {directory: state, typo: 1}\n";
  CHECK(socket_path(file) == directory + "/state/trapd.sock");
  std::ofstream(file) << "store: {directory: /run/x}\n";
  CHECK(socket_path(file) == "/run/x/trapd.sock");
  std::ofstream(file) << "store: [";
  CHECK(socket_path(file) == "/var/lib/trapd/trapd.sock");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace trapd::ctl
