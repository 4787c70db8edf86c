// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/verify.h"

#include <algorithm>

#include "trapd/audit/log_files.h"

namespace trapd::audit {
namespace {

Result<Verdict> read_once(const std::string& directory, const std::vector<std::string>& closed,
                          const Awaited& awaited) {
  Verdict verdict;
  for (const std::string& hash : awaited) verdict.chain.await(hash);
  std::vector<std::string> names = closed;
  names.emplace_back(kLogName);
  for (const std::string& name : names) {
    bool missing = false;
    std::string path = directory;
    path.append("/").append(name);
    const auto text = read_log_file(path, &missing);
    if (!text) return Unexpected(text.error());
    if (missing) continue;
    ++verdict.files;
    verdict.chain.begin_file(name);
    verdict.chain.lines(*text);
  }
  if (verdict.files == 0) return failure("there is no audit log in " + directory);
  if (names.size() > verdict.files) verdict.chain.log_missing(kLogName);
  verdict.chain.end_of_all();
  return verdict;
}

}  // namespace

Result<Verdict> verify_directory(const std::string& directory, const Awaited& awaited) {
  constexpr int kTries = 3;  // a trapd beside us may close a file, or be in the middle of a line
  for (int tried = 1;; ++tried) {
    const auto closed = closed_files(directory);
    if (!closed) return Unexpected(closed.error());
    auto verdict = read_once(directory, *closed, awaited);
    if (!verdict || !verdict->chain.fault() || tried == kTries) return verdict;
  }
}

Result<Verdict> verify_file(const std::string& path, const Awaited& awaited) {
  const auto text = read_log_file(path);
  if (!text) return Unexpected(text.error());
  Verdict verdict;
  verdict.files = 1;
  for (const std::string& hash : awaited) verdict.chain.await(hash);
  verdict.chain.begin_file(path);
  verdict.chain.lines(*text);
  verdict.chain.end_of_some();
  return verdict;
}

Result<std::vector<Entry>> last_entries(const std::string& directory, std::size_t count) {
  auto names = closed_files(directory);
  if (!names) return Unexpected(names.error());
  names->emplace_back(kLogName);
  std::vector<Entry> newest_first;
  bool any = false;
  while (!names->empty() && newest_first.size() < count) {
    bool missing = false;
    const auto text = read_log_file(directory + "/" + names->back(), &missing);
    names->pop_back();
    if (!text) return Unexpected(text.error());
    any = any || !missing;
    std::string_view rest = *text;
    rest = rest.substr(0, rest.rfind('\n') + 1);
    while (!rest.empty() && newest_first.size() < count) {
      rest.remove_suffix(1);
      const std::size_t begin = rest.rfind('\n') + 1;  // npos + 1 = 0
      if (auto entry = decode(rest.substr(begin))) newest_first.push_back(std::move(*entry));
      rest = rest.substr(0, begin);
    }
  }
  if (!any) return failure("there is no audit log in " + directory);
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
}

}  // namespace trapd::audit
