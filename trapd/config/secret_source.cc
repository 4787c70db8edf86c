// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/secret_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "trapd/base/fd.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

constexpr std::array<Word<bool>, 2> kModes = {{{"private", false}, {"any", true}}};

constexpr std::array<Row<SecretSource>, 3> kRows = {{
    {{.key = "file",
      .words = "a path",
      .doc = "file that holds the secret in its first line; closed to group and others"},
     &as_text<&SecretSource::file>},
    {{.key = "env", .words = "a name", .doc = "environment variable that holds the secret"},
     &as_text<&SecretSource::env>},
    {{.key = "mode",
      .form = Form::kChoice,
      .words = "private | any",
      .fallback = "private",
      .doc = "any: the file may be readable to group and others"},
     &as_choice<&SecretSource::any_mode, kModes>},
}};

/// A secret in a message would defeat its purpose: reasons name the file, never its content.
std::shared_ptr<const Secret> read_secret_file(Reading& reading, const Setting& setting,
                                               const SecretSource& source) {
  const std::string path = reading.resolve(source.file);
  if (!check_secret_file(reading, setting.key, source.file_at, path, source.any_mode)) {
    return nullptr;
  }
  reading.files.push_back(path);
  if (!reading.read_secrets) return nullptr;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, kSecretOctetsMax + 2> buffer;
  const ssize_t got = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (got < 0) {
    reading.error(source.file_at, fmt::format("{}: cannot read {}: {}; expected a readable file",
                                              setting.key, path, std::strerror(errno)));
    return nullptr;
  }
  const auto all = ByteView(buffer).first(static_cast<std::size_t>(got));
  const std::string_view text = trapd::as_text(all);
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  std::shared_ptr<const Secret> secret;
  if (line.empty() || line.size() > kSecretOctetsMax) {
    reading.error(source.file_at,
                  fmt::format("{}: the first line of {} is {}; expected the secret", setting.key,
                              path, line.empty() ? "empty" : "too long"));
  } else {
    secret = std::make_shared<const Secret>(as_bytes(line));
  }
  wipe(MutableBytes(buffer));
  return secret;
}

std::shared_ptr<const Secret> read_secret_env(Reading& reading, const Setting& setting, Position at,
                                              const std::string& name) {
  if (!reading.read_secrets) return nullptr;
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    reading.error(at, fmt::format("{}: the environment variable {} is not set; expected the secret",
                                  setting.key, name));
    return nullptr;
  }
  return std::make_shared<const Secret>(as_bytes(value));
}

}  // namespace

std::span<const Row<SecretSource>> secret_source_rows() { return kRows; }

bool check_secret_file(Reading& reading, std::string_view key, Position at, const std::string& path,
                       bool any_mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int reason = errno;
    if (reason == EACCES && !reading.read_secrets) return true;
    reading.error(at, fmt::format("{}: cannot read {}: {}; expected a file", key, path,
                                  std::strerror(reason)));
    return false;
  }
  if (!S_ISREG(status.st_mode)) {
    reading.error(at, fmt::format("{}: {} is no file", key, path));
    return false;
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0 && !any_mode) {
    reading.error(at, fmt::format("{}: {} has mode {:04o}, open to group or others; expected 0600 "
                                  "or stricter (chmod 600), or mode: any beside file:",
                                  key, path, status.st_mode & 07777));
    return false;
  }
  return true;
}

SecretValue read_secret(Reading& reading, const Setting& setting, const Node& node) {
  SecretValue value{.given = true, .at = node.at, .secret = nullptr, .from_environment = false};
  if (node.is_scalar() && !node.text.empty()) {
    value.secret = std::make_shared<const Secret>(as_bytes(node.text));
    reading.secret_marks.add(node.at, true, value.secret.get());
    return value;
  }
  if (!node.is_mapping()) {
    reading.unexpected(setting, node);
    return value;
  }
  SecretSource source;
  read_mapping(reading, setting.key, node, secret_source_rows(), source);
  if (source.file.empty() == source.env.empty()) {
    reading.error(node.at, fmt::format("{}: expected either file: or env:", setting.key));
  } else if (!source.env.empty()) {
    value.secret = read_secret_env(reading, setting, node.find("env")->at, source.env);
    value.from_environment = true;
  } else {
    source.file_at = node.find("file")->at;
    value.secret = read_secret_file(reading, setting, source);
  }
  reading.secret_marks.add(node.at, false, value.secret.get());
  return value;
}

}  // namespace trapd::config
