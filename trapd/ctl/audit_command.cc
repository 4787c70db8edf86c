// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/audit_command.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "forwarders/record_text.h"
#include "trapd/audit/trail.h"
#include "trapd/audit/verify.h"
#include "trapd/base/clock.h"
#include "trapd/ctl/client.h"
#include "trapd/ctl/table.h"
#include "trapd/journal/store_directory.h"

namespace trapd::ctl {
namespace {

using audit::Chain;
using Json = nlohmann::json;

std::string now_text() { return forwarders::time_text(SystemClock().wall_ns()); }

/// As trapd writes an operator: who runs trapctl.
std::string own_name() {
  const passwd* account = ::getpwuid(::getuid());
  const std::string uid = "(uid " + std::to_string(::getuid()) + ")";
  return account == nullptr ? uid : std::string(account->pw_name) + " " + uid;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// By a trapd that runs, or one cannot tell.
bool is_held(const std::string& directory) {
  const auto hold = journal::try_hold(directory);
  return !hold || hold->other != 0;
}

Json fault_json(const Chain& chain) {
  if (!chain.fault()) return nullptr;
  return {{"file", chain.fault()->file},
          {"line", chain.fault()->line},
          {"text", chain.fault()->text},
          {"places", chain.faults()}};
}

std::string verdict_text(const Chain& chain) {
  std::string text;
  if (chain.entries() == 0) {
    text = "no entry\n";
  } else {
    text = fmt::format("entries {} to {}\nlast hash {}\n", chain.first_sequence(),
                       chain.last_sequence(), chain.last_hash());
  }
  if (chain.torn_lines() > 0) {
    text += fmt::format("note: {} torn by a crash; the entry behind says so\n",
                        chain.torn_lines() == 1 ? std::string("a line was")
                                                : fmt::format("{} lines were", chain.torn_lines()));
  }
  const auto& fault = chain.fault();
  if (!fault) return text + "good: the chain holds\n";
  text += safe_text(fault->line == 0 ? fmt::format("wrong: {}: {}", fault->file, fault->text)
                                     : fmt::format("wrong: {}, line {}: {}", fault->file,
                                                   fault->line, fault->text)) +
          "\n";
  if (const std::uint64_t more = chain.faults() - 1; more > 0) {
    text += fmt::format("and {} place{} behind it\n", more, more == 1 ? "" : "s");
  }
  return text;
}

std::string entry_text(const audit::Entry& entry) {
  return safe_text(fmt::format("{} {} {} {} {}", entry.sequence, entry.time, entry.who,
                               entry.action, entry.detail.dump())) +
         "\n";
}

Json entry_json(const audit::Entry& entry) {
  return {{"seq", entry.sequence},  {"time", entry.time},     {"who", entry.who},
          {"action", entry.action}, {"detail", entry.detail}, {"previous", entry.previous}};
}

/// The hash of the last entry that the running trapd has written.
std::optional<std::string> running_hash(const AuditRequest& request) {
  if (request.socket.empty() || !request.file.empty()) return std::nullopt;
  auto client = Client::connect(request.socket);
  if (!client) return std::nullopt;
  const auto status = client->call("status");
  const Json audit = status ? status->value("audit", Json()) : Json();
  // That of another store says nothing about this one.
  if (!audit.is_object() || audit.value("directory", Json()) != request.directory) {
    return std::nullopt;
  }
  if (audit.value("sequence", Json(0)) == 0) return std::nullopt;
  return audit.value("hash", std::string());
}

bool is_hash(const std::string& text) {
  return text.size() == audit::kNoPrevious.size() &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Result<StoreAnswer> show_audit(const AuditRequest& request) {
  const auto entries = audit::last_entries(request.directory, request.limit);
  if (!entries) return Unexpected(entries.error());
  StoreAnswer answer;
  answer.json = Json::array();
  for (const audit::Entry& entry : *entries) {
    answer.json.push_back(entry_json(entry));
    answer.text += entry_text(entry);
  }
  return answer;
}

Result<StoreAnswer> verify_audit(const AuditRequest& request) {
  audit::Awaited awaited;
  if (!request.expect.empty()) {
    if (!is_hash(request.expect)) {
      return failure("--expect: a hash has 64 digits 0 to 9 and a to f");
    }
    awaited.push_back(request.expect);
  }
  // Before the files are read: what comes meanwhile stands behind it.
  const auto running = running_hash(request);
  if (running) awaited.push_back(*running);
  const auto verdict = request.file.empty() ? audit::verify_directory(request.directory, awaited)
                                            : audit::verify_file(request.file, awaited);
  if (!verdict) return Unexpected(verdict.error());
  const Chain& chain = verdict->chain;
  StoreAnswer answer;
  answer.status = chain.fault() ? 1 : 0;
  answer.json = {{"good", !chain.fault()},
                 {"files", verdict->files},
                 {"entries", chain.entries()},
                 {"first_sequence", chain.first_sequence()},
                 {"last_sequence", chain.last_sequence()},
                 {"last_hash", chain.last_hash()},
                 {"torn_lines", chain.torn_lines()},
                 {"running", running.has_value()},
                 {"fault", fault_json(chain)}};
  answer.text = verdict_text(chain);
  if (chain.fault()) return answer;
  answer.text += running
                     ? "the trapd that runs knows the same last entry\n"
                     : "whether lines are gone from the end tells a hash that was written down: "
                       "--expect HASH, from trapd's log or from here\n";
  return answer;
}

Result<StoreAnswer> recorded(const std::string& directory, const std::string& action, Json detail,
                             const std::function<Result<StoreAnswer>()>& work) {
  // Where there is no directory, or trapd runs, the work is refused, and says so.
  if (!is_directory(directory) || is_held(directory)) return work();
  audit::TrailOptions options;
  options.directory = directory;
  options.now = now_text;
  audit::Trail trail(std::move(options));
  const auto entry = trail.write(own_name(), action, std::move(detail));
  if (!entry) {
    return failure("not done, because the audit log cannot tell of it: " + entry.error().text);
  }
  auto answer = work();
  if (!answer) {
    trail.note(own_name(), "failed", {{"entry", *entry}, {"reason", answer.error().text}});
  }
  return answer;
}

}  // namespace trapd::ctl
