// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/client.h"

#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "trapd/admin/control.h"
#include "trapd/config/config.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::ctl {
namespace {

/// Who sits at the terminal: behind sudo, the one who called it.
std::string operator_name() {
  if (const char* behind = std::getenv("SUDO_USER"); behind != nullptr && *behind != '\0') {
    return behind;
  }
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "";
}

std::string no_answer_text(const std::string& path, int reason) {
  std::string text = "no trapd answers at " + path + ": " + std::strerror(reason) + ".\n";
  if (reason == EACCES) return text + "Only root and the user that trapd runs as may ask it.";
  return text +
         "Is it running? Start it with `systemctl start trapd` or `trapd --config FILE`, and give "
         "trapctl the same --config FILE: the socket lies in its store.directory.";
}

}  // namespace

std::string store_directory(const std::string& config_file) {
  std::string directory = config::StartConfig().store_directory;
  std::ifstream file(config_file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  config::Diagnostics ignored(config_file);
  const auto root = config::parse_yaml(text, &ignored);
  const config::Node* store = root ? root->find("store") : nullptr;
  const config::Node* configured = store != nullptr ? store->find("directory") : nullptr;
  if (configured != nullptr && configured->is_scalar()) directory = configured->text;
  const std::filesystem::path base = std::filesystem::absolute(config_file).parent_path();
  return (base / directory).lexically_normal().string();
}

std::string socket_path(const std::string& config_file) {
  return store_directory(config_file) + "/" + admin::kSocketName;
}

Result<Client> Client::connect(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    return failure("the path " + path + " is too long for a Unix socket");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Unexpected(errno_error("cannot make a socket for", path, errno));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failure(no_answer_text(path, errno));
  }
  return Client(std::move(fd));
}

Status Client::send(const Json& request) {
  const std::string line = request.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t got = ::send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (got < 0 && errno == EINTR) continue;
    // What trapd said before it closed is worth more than the broken pipe.
    if (got < 0) return errno == EPIPE ? Status() : failure(std::strerror(errno));
    sent += static_cast<std::size_t>(got);
  }
  return {};
}

Result<Json> Client::receive(int timeout_s) {
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t end = buffer_.find('\n', looked_at);
    if (end != std::string::npos) {
      Json answer = Json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end),
                                nullptr, false);
      buffer_.erase(0, end + 1);
      if (answer.is_object()) return answer;
      return failure("trapd gave an answer that cannot be read");
    }
    looked_at = buffer_.size();
    if (buffer_.size() > kAnswerOctetsMax) return failure("trapd's answer is too long");
    pollfd waiting{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, timeout_s < 0 ? -1 : timeout_s * 1'000);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0)
      return failure("trapd did not answer within " + std::to_string(timeout_s) + " s");
    std::array<char, 65536> bytes;
    const ssize_t got = ::read(fd_.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failure("trapd closed the connection");
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

Result<Json> Client::call(const std::string& command, Json arguments) {
  arguments["command"] = command;
  arguments["operator"] = operator_name();
  if (auto sent = send(arguments); !sent) return Unexpected(sent.error());
  auto answer = receive(kAnswerSeconds);
  if (!answer) return answer;
  if (answer->value("ok", false)) return (*answer)["result"];
  return failure(answer->value("error", std::string("trapd gave no reason")));
}

Status Client::follow(const std::string& command, Json arguments, const char* member,
                      const std::function<bool(const Json&)>& sink) {
  if (auto begun = call(command, std::move(arguments)); !begun) return Unexpected(begun.error());
  for (;;) {
    auto line = receive(-1);
    if (!line) return Unexpected(line.error());
    if (line->contains(member) && !sink((*line)[member])) return {};
  }
}

}  // namespace trapd::ctl
