// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/engine_state_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "trapd/base/fd.h"
#include "trapd/base/hash.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

constexpr std::string_view kFirstLine = "trapd engine state 1\n";
constexpr std::uint64_t kChecksumSeed = 0;  // stored: must not be the process's
constexpr std::size_t kFileOctetsMax = 512;

std::string path_of(const std::string& directory) { return directory + "/engine.state"; }

/// Takes "NAME VALUE\n" off the front; empty when it is not there.
std::string_view take_line(std::string_view name, std::string_view* text) {
  const std::size_t end = text->find('\n');
  if (end == std::string_view::npos || !text->starts_with(name)) return {};
  const std::string_view value = text->substr(name.size(), end - name.size());
  text->remove_prefix(end + 1);
  return value;
}

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Unexpected<Error>(errno_error("cannot write", path, errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return Unexpected<Error>(errno_error("cannot sync", path, errno));
  return {};
}

}  // namespace

std::string encode_engine_state(const OwnState& state) {
  std::string text =
      fmt::format("{}id {}\nboots {}\n", kFirstLine, to_hex(state.engine_id), state.boots);
  text += fmt::format("checksum {:016x}\n", hash_bytes(as_bytes(text), kChecksumSeed));
  return text;
}

std::optional<OwnState> decode_engine_state(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(kFirstLine)) return std::nullopt;
  text.remove_prefix(kFirstLine.size());
  const std::optional<std::vector<std::uint8_t>> id = from_hex(take_line("id ", &text));
  const std::string_view boots_text = take_line("boots ", &text);
  OwnState state;
  const auto [end, error] =
      std::from_chars(boots_text.data(), boots_text.data() + boots_text.size(), state.boots);
  if (!id || id->empty() || error != std::errc() || end != boots_text.data() + boots_text.size()) {
    return std::nullopt;
  }
  if (state.boots == 0 || state.boots > kBootsMaximum) return std::nullopt;
  state.engine_id = *id;
  if (encode_engine_state(state) != whole) return std::nullopt;
  return state;
}

Result<EngineStateFile> read_engine_state(const std::string& directory) {
  const std::string path = path_of(directory);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return EngineStateFile{};
  if (!file) return Unexpected<Error>(errno_error("cannot open", path, errno));
  std::array<char, kFileOctetsMax> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return Unexpected<Error>(errno_error("cannot read", path, errno));
  EngineStateFile found;
  found.state = decode_engine_state({text.data(), static_cast<std::size_t>(size)});
  found.damaged = !found.state.has_value();
  return found;
}

namespace {

Status replace_file(const std::string& directory, std::string_view text) {
  const std::string path = path_of(directory);
  const std::string next = path + ".new";
  const Fd file(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return Unexpected<Error>(errno_error("cannot make", next, errno));
  if (Status done = write_all(file.get(), text, next); !done) return done;
  if (::rename(next.c_str(), path.c_str()) != 0) {
    return Unexpected<Error>(errno_error("cannot replace", path, errno));
  }
  return sync_directory(directory);
}

}  // namespace

Status write_engine_state(const std::string& directory, const OwnState& state) {
  return replace_file(directory, encode_engine_state(state));
}

Status write_engine_state_lost(const std::string& directory) {
  return replace_file(directory, "trapd engine state lost\n");
}

}  // namespace trapd::journal
