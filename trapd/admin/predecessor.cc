// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/predecessor.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "trapd/admin/unix_address.h"

namespace trapd::admin {
namespace {

using Json = nlohmann::json;
using std::chrono::steady_clock;

constexpr std::size_t kAnswerOctetsMax = 1 << 20;

/// What recvmsg brought beside the octets.
void take_descriptors(msghdr& message, std::vector<Fd>* sockets) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t octets = part->cmsg_len - CMSG_LEN(0);
    for (std::size_t at = 0; at + sizeof(int) <= octets; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
      Fd owned(fd);
      if (sockets != nullptr) sockets->push_back(std::move(owned));
    }
  }
}

}  // namespace

Result<std::optional<Predecessor>> Predecessor::meet(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return failure("the path " + path + " is too long for a Unix socket");
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Unexpected(errno_error("cannot make a socket for", path, errno));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<Predecessor>();
    return Unexpected(errno_error("cannot ask the trapd that runs, at", path, errno));
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) peer.pid = 0;
  return std::optional<Predecessor>(Predecessor(std::move(fd), peer.pid));
}

Status Predecessor::send(const char* command) {
  const std::string line = Json{{"command", command}, {"operator", "successor"}}.dump() + '\n';
  // A line of a hundred octets fits into the socket's buffer whole.
  const ssize_t sent = ::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(line.size())) return {};
  gone_ = errno == EPIPE || errno == ECONNRESET;
  return failure("the trapd that runs (pid " + std::to_string(pid_) +
                 ") does not listen: " + std::strerror(errno));
}

Result<Json> Predecessor::receive(std::chrono::milliseconds at_most, std::vector<Fd>* sockets) {
  const std::string who = "the trapd that runs (pid " + std::to_string(pid_) + ")";
  const auto until = steady_clock::now() + at_most;
  for (;;) {
    if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
      Json answer = Json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end),
                                nullptr, false);
      buffer_.erase(0, end + 1);
      if (answer.is_object()) return answer;
      return failure(who + " gave an answer that cannot be read");
    }
    if (buffer_.size() > kAnswerOctetsMax) return failure(who + " gave too long an answer");
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (left.count() <= 0) {
      return failure(who + " did not answer within " + std::to_string(at_most.count()) + " ms");
    }
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready <= 0) continue;
    std::array<char, 4096> octets{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kSocketsMax * sizeof(int))> control{};
    iovec place{octets.data(), octets.size()};
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      gone_ = true;
      return failure(who + " closed the connection");
    }
    take_descriptors(message, sockets);
    buffer_.append(octets.data(), static_cast<std::size_t>(got));
  }
}

std::string Predecessor::refusal(const Json& answer) const {
  return "the trapd that runs (pid " + std::to_string(pid_) +
         ") does not hand over: " + answer.value("error", "it gave no reason") +
         ". It goes on; to replace it all the same, stop it and start this one without --take-over";
}

Result<std::vector<Predecessor::Socket>> Predecessor::take_sockets() {
  if (auto sent = send("sockets"); !sent) return Unexpected(sent.error());
  std::vector<Fd> descriptors;
  auto answer = receive(kAnswerMax, &descriptors);
  if (!answer) return Unexpected(answer.error());
  if (!answer->value("ok", false)) return failure(refusal(*answer));
  const Json outlive = answer->value("result", Json::object()).value("outlive", Json::array());
  if (outlive.size() != descriptors.size()) {
    return failure("of the sockets of the trapd that runs (pid " + std::to_string(pid_) +
                   ") only some came over; is the limit of open files too low?");
  }
  std::vector<Socket> sockets;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    sockets.push_back({std::move(descriptors[i]), outlive[i] == true});
  }
  return sockets;
}

Result<bool> Predecessor::ask_to_yield() {
  if (auto sent = send("yield"); !sent) {
    return gone_ ? Result<bool>(false) : Result<bool>(Unexpected(sent.error()));
  }
  auto answer = receive(kAnswerMax, nullptr);
  if (!answer && gone_) return false;
  if (!answer) return Unexpected(answer.error());
  if (!answer->value("ok", false)) return failure(refusal(*answer));
  return true;
}

bool Predecessor::await_release(std::chrono::milliseconds at_most) {
  const auto answer = receive(at_most, nullptr);
  return answer && answer->value("released", false);
}

}  // namespace trapd::admin
