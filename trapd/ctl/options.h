// SPDX-License-Identifier: Apache-2.0
// What was given on trapctl's command line, and how an answer is shown. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "trapd/ctl/audit_command.h"
#include "trapd/ctl/client.h"
#include "trapd/ctl/explain_command.h"
#include "trapd/ctl/key_command.h"
#include "trapd/ctl/rules_command.h"
#include "trapd/ctl/store_command.h"

namespace trapd::ctl {

// Exit statuses.
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNobodyAnswers = 3;

struct Options {
  std::string config_file = "/etc/trapd/trapd.yaml";
  std::string socket;
  bool json = false;
  // of the commands
  std::string severity;
  std::string device;
  std::string name;
  std::uint64_t id = 0;
  std::string why;
  std::uint64_t alarm = 0;
  std::string since;
  std::string until;
  std::uint64_t before = 0;
  std::uint32_t limit = 100;
  std::string text;
  std::string engine;
  ExplainRequest explain;
  std::vector<std::uint64_t> sequences;
  std::string directory;
  std::string path;
  std::string to;
  bool without_newer = false;
  bool stop = false;
  KeyRequest key;
  RuleTestRequest rule_test;
  AuditRequest audit;

  std::string store_directory() const {
    return directory.empty() ? ctl::store_directory(config_file) : directory;
  }

  std::string socket_path() const {
    return socket.empty() ? ctl::socket_path(config_file) : socket;
  }
  Json filter() const {
    Json arguments = Json::object();
    if (!severity.empty()) arguments["severity"] = severity;
    if (!device.empty()) arguments["device"] = device;
    if (!name.empty()) arguments["name"] = name;
    if (alarm != 0) arguments["alarm"] = alarm;
    return arguments;
  }
};

/// To standard error, each line safe on its own: an error may have several.
void complain(const std::string& text);
void print_json(const Json& json);

/// Asks and shows; returns the exit status. `text` turns the answer into words.
int ask(const Options& options, const char* command, Json arguments,
        const std::function<std::string(const Json&)>& text);
/// Shows what trapctl found itself; returns the exit status.
int show(const Options& options, const Result<StoreAnswer>& answer);

}  // namespace trapd::ctl
