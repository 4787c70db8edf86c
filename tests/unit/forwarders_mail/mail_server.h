// SPDX-License-Identifier: Apache-2.0
// tests/interop/smtp_sink.py as a child of the test, in a directory of its own.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace trapd::forwarders::mail {

inline bool soon(const std::function<bool()>& condition, int seconds_max = 20) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_max);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class MailServer {
 public:
  /// port: 0 = any. Waits until it listens.
  explicit MailServer(std::vector<std::string> options, int port = 0) {
    char name[] = "/tmp/trapd-mail-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    const char* source = ::getenv("TRAPD_SOURCE_DIR");
    const std::string script =
        std::string(source != nullptr ? source : ".") + "/tests/interop/smtp_sink.py";
    options.insert(options.begin(), {"/usr/bin/python3", script, "--port", std::to_string(port),
                                     "--write-port", directory_ + "/port", "--mails", directory_});
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::vector<char*> arguments;
      for (std::string& option : options) arguments.push_back(option.data());
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    const bool listening = soon([&] {
      if (::waitpid(process_, nullptr, WNOHANG) != 0) throw std::runtime_error("no mail server");
      return static_cast<bool>(std::ifstream(directory_ + "/port") >> port_);
    });
    if (!listening) throw std::runtime_error("the mail server does not listen");
  }
  ~MailServer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  /// In the order of arrival.
  std::vector<nlohmann::json> mails() const {
    std::vector<nlohmann::json> all;
    for (int number = 1;; ++number) {
      std::string digits = std::to_string(number);
      digits.insert(0, 4 - digits.size(), '0');
      std::ifstream file(directory_ + "/" + digits + ".json");
      if (!file) return all;
      all.push_back(nlohmann::json::parse(file));
    }
  }
  /// Commands heard, one a line.
  std::string commands() const {
    std::ifstream file(directory_ + "/commands.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string directory_;
  pid_t process_ = -1;
  int port_ = 0;
};

inline std::string header(const nlohmann::json& mail, const std::string& name) {
  std::string value;
  for (const auto& field : mail["headers"]) {
    if (field[0] == name) value += (value.empty() ? "" : " | ") + field[1].get<std::string>();
  }
  return value;
}

}  // namespace trapd::forwarders::mail
