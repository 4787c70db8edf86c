// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/key_derivation.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>
#include <unordered_map>

#include "trapd/base/hash.h"
#include "trapd/base/log.h"
#include "trapd/base/thread.h"
#include "trapd/config/key_file.h"

namespace trapd::config {
namespace {

constexpr std::size_t kThreadsMax = 64;
constexpr std::size_t kPerTurn = 8;
constexpr std::size_t kSaidFrom = 4'000;  // seconds
constexpr int kNiceness = 10;             // a reload must not take the processors from reception

/// One (protocol, passphrase), for all users that have it.
struct Distinct {
  usm::AuthProtocol auth = usm::AuthProtocol::kNone;
  ByteView passphrase;
  bool may_be_kept = true;
  usm::Key ku;
  KeySeal seal;
};

/// Calls `work` for each of them, on as many threads as there are processors.
void on_all_processors(std::vector<Distinct*>& all, const std::function<void(Distinct&)>& work) {
  std::atomic<std::size_t> next{0};
  const auto turns = [&] {
    for (std::size_t from = next.fetch_add(kPerTurn); from < all.size();
         from = next.fetch_add(kPerTurn)) {
      for (std::size_t i = from; i < std::min(from + kPerTurn, all.size()); ++i) work(*all[i]);
    }
  };
  if (all.size() < 2 * kPerTurn) return turns();
  std::vector<std::jthread> threads;
  const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  for (std::size_t i = 0; i < std::min(processors, kThreadsMax); ++i) {
    threads.push_back(start_thread("keys", [&turns] {
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
      turns();
    }));
  }
}

/// Those of `all` that `choose` names.
template <typename Choose>
std::vector<Distinct*> chosen(std::vector<Distinct>& all, Choose choose) {
  std::vector<Distinct*> list;
  for (Distinct& one : all) {
    if (choose(one)) list.push_back(&one);
  }
  return list;
}

/// Fills in what has no key yet; returns how many that were.
std::size_t hash_missing(std::vector<Distinct>& all) {
  std::vector<Distinct*> missing = chosen(all, [](const Distinct& one) { return one.ku.empty(); });
  if (missing.size() >= kSaidFrom) {
    log::info("deriving the keys of {} passphrases, a mebibyte of hashing each (RFC 3414 A.2)",
              missing.size());
  }
  on_all_processors(missing,
                    [](Distinct& one) { one.ku = usm::password_to_key(one.auth, one.passphrase); });
  return missing.size();
}

KeyFile read_or_new(const std::string& path, std::vector<std::string>* warnings) {
  auto file = read_key_file(path);
  if (file) return std::move(*file);
  warnings->push_back(
      fmt::format("{}: warning: {}; it is not used, and made anew", path, file.error().text));
  return new_key_file();
}

/// Takes from the file what it has; then the file holds these keys and no others.
std::size_t derive_kept(std::vector<Distinct>& all, const std::string& path,
                        std::vector<std::string>* warnings) {
  KeyFile file = read_or_new(path, warnings);
  std::vector<Distinct*> kept = chosen(all, [](const Distinct& one) { return one.may_be_kept; });
  on_all_processors(kept, [&file](Distinct& one) {
    one.seal = seal_of(file.salt, one.auth, one.passphrase);
    one.ku = file.open(one.seal, one.auth);
  });
  const bool has_all =
      std::none_of(kept.begin(), kept.end(), [](const Distinct* one) { return one->ku.empty(); });
  const std::size_t hashed = hash_missing(all);
  if (has_all && file.keys.size() == kept.size()) return hashed;
  file.keys.clear();
  for (const Distinct* one : kept) file.add(one->seal, one->ku);
  if (const Status written = write_key_file(path, file); !written) {
    warnings->push_back("warning: " + written.error().text +
                        "; the next start derives the keys anew");
  }
  return hashed;
}

}  // namespace

Derivation derive(std::vector<WantedKey>& wanted, const std::string& key_file) {
  std::map<usm::AuthProtocol, std::unordered_map<std::string_view, std::size_t, BytesHash>> seen;
  std::vector<Distinct> all;
  std::vector<std::size_t> which;
  for (const WantedKey& key : wanted) {
    const ByteView passphrase = key.passphrase->expose();
    const auto [at, added] = seen[key.auth].try_emplace(as_text(passphrase), all.size());
    if (added) all.push_back({key.auth, passphrase, true, {}, {}});
    all[at->second].may_be_kept = all[at->second].may_be_kept && key.may_be_kept;
    which.push_back(at->second);
  }
  Derivation result;
  result.distinct = all.size();
  const auto kept = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const Distinct& one) { return one.may_be_kept; }));
  if (!key_file.empty() && kept >= kKeptFrom && kept <= kKeysInFileMax) {
    result.hashed = derive_kept(all, key_file, &result.warnings);
  } else {
    remove_key_file(key_file);
    result.hashed = hash_missing(all);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) *wanted[i].ku = all[which[i]].ku;
  return result;
}

void remove_key_file(const std::string& key_file) {
  if (key_file.empty()) return;
  ::unlink(key_file.c_str());
  ::unlink((key_file + ".new").c_str());  // of a process that ended while it wrote
}

}  // namespace trapd::config
