// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <map>
#include <vector>

#include "trapd/admin/commands.h"
#include "trapd/admin/predecessor.h"
#include "trapd/admin/unix_address.h"
#include "trapd/base/fd.h"
#include "trapd/base/log.h"

namespace trapd::admin {
namespace {

constexpr std::size_t kOperatorOctetsMax = 64;

struct Write {
  uv_write_t request{};
  std::string text;
};

/// Who asks: the name the client gives itself, and the uid that the kernel vouches for.
std::string describe_peer(const Json& request, uid_t uid) {
  std::string name;
  const auto given = request.find("operator");
  if (given != request.end() && given->is_string()) name = given->get<std::string>();
  for (char& c : name) {
    // Parentheses are ours: nobody calls itself "root (uid 0)".
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '(' || c == ')') c = '?';
  }
  name.resize(std::min(name.size(), kOperatorOctetsMax));
  return (name.empty() ? "" : name + " ") + "(uid " + std::to_string(uid) + ")";
}

/// Someone answers at the path already.
bool answered(const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// The mode is set before the name exists: there is no moment in which others could connect.
Result<Fd> bind_socket(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) {
    return failure("cannot bind " + path + ": the path is too long for a Unix socket");
  }
  if (answered(*address)) return failure("cannot bind " + path + ": another trapd answers there");
  struct stat status {};
  const bool stale = ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
  if (stale) ::unlink(path.c_str());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Unexpected(errno_error("cannot make a socket for", path, errno));
  if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return Unexpected(errno_error("cannot bind", path, errno));
  }
  return fd;
}

}  // namespace

/// One connection. Belongs to State; lives until libuv has called back for its close.
struct Client {
  ControlServer::State* server = nullptr;
  std::uint64_t number = 0;
  uv_pipe_t pipe{};
  uid_t uid = 0;
  pid_t pid = 0;
  std::string input;
  std::list<Write> writes;
  std::size_t unsent = 0;
  std::uint64_t active_ms = 0;
  Unsubscribe unsubscribe;
  bool closing = false;
  bool close_when_sent = false;
};

struct ControlServer::State {
  uv_loop_t* loop = nullptr;
  std::string path;
  Handlers handlers;
  uv_pipe_t listener{};
  uv_timer_t idle_timer{};
  int open_handles = 0;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients;
  std::uint64_t next_number = 1;
  std::array<char, 16 * 1024> read_buffer{};

  Status start(Fd fd);
  void accept();
  void read(Client& client, ssize_t got);
  void serve_lines(Client& client);
  void serve(Client& client, std::string_view line);
  void tail(Client& client, const Json& request);
  void follow_refused(Client& client, const Json& request);
  TailSink lines_to(const Client& client, const char* member);
  void pass_sockets(Client& client, const Json& request);
  void yield(Client& client, const Json& request);
  void send(Client& client, std::string text);
  void close(Client& client);
  void close_idle();
  Client* find(std::uint64_t number);

  static Client& client_of(void* handle) {
    return *static_cast<Client*>(static_cast<uv_handle_t*>(handle)->data);
  }
};

namespace {

uv_handle_t* as_handle(void* handle) { return static_cast<uv_handle_t*>(handle); }
uv_stream_t* as_stream(uv_pipe_t* pipe) { return reinterpret_cast<uv_stream_t*>(pipe); }

}  // namespace

Status ControlServer::State::start(Fd fd) {
  if (::listen(fd.get(), SOMAXCONN) != 0) {
    return Unexpected(errno_error("cannot listen on", path, errno));
  }
  uv_pipe_init(loop, &listener, 0);
  uv_timer_init(loop, &idle_timer);
  listener.data = idle_timer.data = this;
  open_handles = 2;
  int error = uv_pipe_open(&listener, fd.get());
  if (error == 0) {
    fd.release();
    error = uv_listen(as_stream(&listener), SOMAXCONN, [](uv_stream_t* stream, int status) {
      if (status == 0) static_cast<State*>(stream->data)->accept();
    });
  }
  if (error != 0) return Unexpected(errno_error("cannot listen on", path, -error));
  constexpr std::uint64_t kLookMs = 5'000;
  return uv_timer_start(
             &idle_timer, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->close_idle(); },
             kLookMs, kLookMs) == 0
             ? Status()
             : failure("cannot start a timer");
}

void ControlServer::State::accept() {
  auto owned = std::make_unique<Client>();
  Client& client = *owned;
  client.server = this;
  client.number = next_number++;
  client.active_ms = uv_now(loop);
  uv_pipe_init(loop, &client.pipe, 0);
  client.pipe.data = &client;
  ++open_handles;
  const bool full = clients.size() >= kClientsMax;
  clients.emplace(client.number, std::move(owned));
  if (uv_accept(as_stream(&listener), as_stream(&client.pipe)) != 0) return close(client);
  if (full) {
    client.close_when_sent = true;
    return send(client, error_line("too many connections to trapd; at most " +
                                   std::to_string(kClientsMax)));
  }
  uv_os_fd_t fd = -1;
  ucred peer{};
  socklen_t size = sizeof peer;
  uv_fileno(as_handle(&client.pipe), &fd);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
    client.uid = peer.uid;
    client.pid = peer.pid;
  }
  uv_read_start(
      as_stream(&client.pipe),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        // One buffer for all: libuv reads and calls back at once, on this thread.
        State& state = *client_of(handle).server;
        *buffer =
            uv_buf_init(state.read_buffer.data(), static_cast<unsigned>(state.read_buffer.size()));
      },
      [](uv_stream_t* stream, ssize_t got, const uv_buf_t*) {
        Client& from = client_of(stream);
        from.server->read(from, got);
      });
}

void ControlServer::State::read(Client& client, ssize_t got) {
  if (got < 0) {
    // Who has asked and closed its side still gets what is on its way.
    client.close_when_sent = true;
    if (client.writes.empty() || got != UV_EOF || client.unsubscribe) close(client);
    return;
  }
  client.active_ms = uv_now(loop);
  client.input.append(read_buffer.data(), static_cast<std::size_t>(got));
  serve_lines(client);
  if (!client.closing && client.input.size() > kLineOctetsMax) {
    uv_read_stop(as_stream(&client.pipe));
    client.close_when_sent = true;
    send(client, error_line("the request is longer than 1 MiB"));
  }
}

void ControlServer::State::serve_lines(Client& client) {
  std::size_t start = 0;
  for (std::size_t end = client.input.find('\n'); end != std::string::npos && !client.closing;
       end = client.input.find('\n', start)) {
    serve(client, std::string_view(client.input).substr(start, end - start));
    start = end + 1;
  }
  client.input.erase(0, start);
}

void ControlServer::State::serve(Client& client, std::string_view line) {
  if (line.size() > kLineOctetsMax || client.unsubscribe) return;
  const Json request = Json::parse(line, nullptr, false);
  const auto command = request.is_object() ? request.find("command") : request.end();
  if (!request.is_object() || command == request.end() || !command->is_string()) {
    return send(client, error_line("expected one line of JSON: {\"command\": \"...\", ...}"));
  }
  if (*command == "tail") return tail(client, request);
  if (*command == "refused" && request.value("follow", Json()) == true) {
    return follow_refused(client, request);
  }
  if (*command == "sockets") return pass_sockets(client, request);
  if (*command == "yield") return yield(client, request);
  const Request asked{command->get<std::string>(), request, describe_peer(request, client.uid)};
  auto result = run_command(handlers, asked);
  send(client, result ? ok_line(std::move(*result)) : error_line(result.error().text));
}

void ControlServer::State::tail(Client& client, const Json& request) {
  const auto filter = read_filter(request);
  if (!filter) return send(client, error_line(filter.error().text));
  send(client, ok_line({{"tailing", true}}));
  if (client.closing) return;
  client.unsubscribe = handlers.subscribe_tail(*filter, lines_to(client, "record"));
}

void ControlServer::State::follow_refused(Client& client, const Json& request) {
  const auto reason = read_reason(request);
  if (!reason) return send(client, error_line(reason.error().text));
  send(client, ok_line({{"following", true}}));
  if (client.closing) return;
  client.unsubscribe = handlers.subscribe_refused(*reason, lines_to(client, "refused"));
}

/// Makes lines {member: what it is given} to the client, as long as it is there.
TailSink ControlServer::State::lines_to(const Client& client, const char* member) {
  return [this, number = client.number, member](const Json& what) {
    Client* to = find(number);
    if (to != nullptr && !to->closing) send(*to, to_line({{member, what}}));
  };
}

/// The answer and the descriptors in one message, past libuv: nothing may wait before them.
void ControlServer::State::pass_sockets(Client& client, const Json& request) {
  std::vector<int> sockets;
  Json outlive = Json::array();
  for (const ListeningSocket& socket : handlers.sockets(describe_peer(request, client.uid))) {
    sockets.push_back(socket.fd);
    outlive.push_back(socket.outlives);
  }
  if (!client.writes.empty() || sockets.size() > Predecessor::kSocketsMax) {
    return send(client, error_line("cannot pass " + std::to_string(sockets.size()) +
                                   " sockets on this connection; at most " +
                                   std::to_string(Predecessor::kSocketsMax)));
  }
  std::string line = ok_line({{"sockets", sockets.size()}, {"outlive", std::move(outlive)}});
  std::vector<char> control(CMSG_SPACE(sockets.size() * sizeof(int)));
  iovec text{line.data(), line.size()};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sockets.size() * sizeof(int));
  if (!sockets.empty()) {
    std::memcpy(CMSG_DATA(part), sockets.data(), sockets.size() * sizeof(int));
  }
  uv_os_fd_t fd = -1;
  uv_fileno(as_handle(&client.pipe), &fd);
  if (::sendmsg(fd, &message, MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) close(client);
}

void ControlServer::State::yield(Client& client, const Json& request) {
  uv_os_fd_t fd = -1;
  uv_fileno(as_handle(&client.pipe), &fd);
  Fd connection(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!connection) return send(client, error_line(std::strerror(errno)));
  // Past libuv: one that has given up meanwhile (this loop may have been busy) is not obeyed.
  const std::string line = ok_line({{"yielding", true}});
  if (::send(connection.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size())) {
    log::warning("a successor (pid {}) asked to take over and is gone: nothing changes",
                 client.pid);
    return close(client);
  }
  log::info("a successor takes over (pid {}, uid {})", client.pid, client.uid);
  handlers.yield(std::move(connection), describe_peer(request, client.uid));
}

void ControlServer::State::send(Client& client, std::string text) {
  if (client.closing) return;
  if (client.unsent + text.size() > kUnsentOctetsMax && client.unsent > 0) {
    log::limited(log::Level::kWarning, "control-slow",
                 "a client of the control socket reads too slowly; its connection is closed");
    return close(client);
  }
  Write& write = client.writes.emplace_back();
  write.text = std::move(text);
  write.request.data = &client;
  client.unsent += write.text.size();
  const uv_buf_t buffer = uv_buf_init(write.text.data(), static_cast<unsigned>(write.text.size()));
  const int error = uv_write(&write.request, as_stream(&client.pipe), &buffer, 1,
                             [](uv_write_t* request, int status) {
                               Client& to = *static_cast<Client*>(request->data);
                               // libuv finishes the writes of a stream in their order.
                               to.unsent -= to.writes.front().text.size();
                               to.writes.pop_front();
                               const bool done = to.close_when_sent && to.writes.empty();
                               if (status != 0 || done) to.server->close(to);
                             });
  if (error != 0) {
    client.unsent -= write.text.size();
    client.writes.pop_back();
    close(client);
  }
}

void ControlServer::State::close(Client& client) {
  if (client.closing) return;
  client.closing = true;
  if (client.unsubscribe) std::exchange(client.unsubscribe, nullptr)();
  uv_close(as_handle(&client.pipe), [](uv_handle_t* handle) {
    Client& gone = client_of(handle);
    State& state = *gone.server;
    --state.open_handles;
    state.clients.erase(gone.number);
  });
}

void ControlServer::State::close_idle() {
  const std::uint64_t now = uv_now(loop);
  for (auto& [number, client] : clients) {
    const bool idle = now - client->active_ms > kIdleSeconds * 1'000;
    if (idle && !client->unsubscribe) close(*client);
  }
}

Client* ControlServer::State::find(std::uint64_t number) {
  const auto found = clients.find(number);
  return found != clients.end() ? found->second.get() : nullptr;
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(uv_loop_t* loop,
                                                             const std::string& path,
                                                             Handlers handlers) {
  auto fd = bind_socket(path);
  if (!fd) return Unexpected(fd.error());
  auto state = std::make_unique<State>();
  state->loop = loop;
  state->path = path;
  state->handlers = std::move(handlers);
  std::unique_ptr<ControlServer> server(new ControlServer(std::move(state)));
  if (auto started = server->state_->start(std::move(*fd)); !started) {
    return Unexpected(started.error());
  }
  return server;
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

ControlServer::~ControlServer() {
  if (state_->open_handles == 0) return;
  ::unlink(state_->path.c_str());
  for (auto& [number, client] : state_->clients) state_->close(*client);
  const auto closed = [](uv_handle_t* handle) {
    --static_cast<State*>(handle->data)->open_handles;
  };
  uv_close(as_handle(&state_->listener), closed);
  uv_close(as_handle(&state_->idle_timer), closed);
  while (state_->open_handles > 0) uv_run(state_->loop, UV_RUN_NOWAIT);
}

std::size_t ControlServer::clients() const { return state_->clients.size(); }

}  // namespace trapd::admin
