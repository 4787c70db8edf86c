// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/key_derivation.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <system_error>
#include <thread>
#include <unordered_map>

#include "trapd/base/hash.h"
#include "trapd/base/log.h"
#include "trapd/base/thread.h"

namespace trapd::config {
namespace {

constexpr std::size_t kThreadsMax = 8;
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

/// Of the calling thread. A process that is nicer already stays so.
void step_back() {
  const auto self = static_cast<id_t>(::gettid());
  errno = 0;
  if (const int now = ::getpriority(PRIO_PROCESS, self); errno == 0 && now >= kNiceness) return;
  if (::setpriority(PRIO_PROCESS, self, kNiceness) == 0) return;
  if (errno == EPERM) return;  // the owner's filter of calls: the systemd unit's is one
  log::limited(
      log::Level::kWarning, "key threads",
      fmt::format("keys are derived at the priority of reception: {}", std::strerror(errno)));
}

/// Calls `work` for each of them, on `threads_wanted` threads, or as many as there can be.
void on_threads(std::size_t threads_wanted, std::vector<Distinct*>& all,
                const std::function<void(Distinct&)>& work) {
  std::atomic<std::size_t> next{0};
  const auto turns = [&] {
    for (std::size_t from = next.fetch_add(kPerTurn); from < all.size();
         from = next.fetch_add(kPerTurn)) {
      for (std::size_t i = from; i < std::min(from + kPerTurn, all.size()); ++i) work(*all[i]);
    }
  };
  if (all.size() < 2 * kPerTurn) return turns();
  std::vector<std::jthread> threads;
  threads.reserve(threads_wanted);
  try {
    while (threads.size() < threads_wanted) {
      threads.push_back(start_thread("keys", [&turns] {
        step_back();
        turns();
      }));
    }
  } catch (const std::system_error& error) {
    log::limited(log::Level::kWarning, "no key thread",
                 fmt::format("{} of {} threads to derive keys: {}", threads.size(), threads_wanted,
                             error.what()));
    if (threads.empty()) turns();
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
std::size_t hash_missing(std::vector<Distinct>& all, std::size_t threads) {
  std::vector<Distinct*> missing = chosen(all, [](const Distinct& one) { return one.ku.empty(); });
  if (missing.size() >= kSaidFrom) {
    log::info("deriving the keys of {} passphrases, a mebibyte of hashing each (RFC 3414 A.2)",
              missing.size());
  }
  on_threads(threads, missing,
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

/// Takes from the file what it has; it is to hold these keys and no others.
void derive_kept(std::vector<Distinct>& all, const std::string& path, std::size_t threads,
                 Derivation* result) {
  KeyFile file = read_or_new(path, &result->warnings);
  std::vector<Distinct*> kept = chosen(all, [](const Distinct& one) { return one.may_be_kept; });
  on_threads(threads, kept, [&file](Distinct& one) {
    one.seal = seal_of(file.salt, one.auth, one.passphrase);
    one.ku = file.open(one.seal, one.auth);
  });
  const bool has_all =
      std::none_of(kept.begin(), kept.end(), [](const Distinct* one) { return one->ku.empty(); });
  result->hashed = hash_missing(all, threads);
  if (has_all && file.keys.size() == kept.size()) return;
  file.keys.clear();
  for (const Distinct* one : kept) file.add(one->seal, one->ku);
  result->change = {KeyFileChange::Kind::kWrite, std::move(file)};
}

}  // namespace

Derivation derive(std::vector<WantedKey>& wanted, const KeyUse& use) {
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
  const std::size_t threads = threads_for_keys(use.packets_flow);
  if (!use.key_file.empty() && kept >= use.kept_from && kept <= kKeysInFileMax) {
    derive_kept(all, use.key_file, threads, &result);
  } else {
    if (!use.key_file.empty()) result.change.kind = KeyFileChange::Kind::kRemove;
    result.hashed = hash_missing(all, threads);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) *wanted[i].ku = all[which[i]].ku;
  return result;
}

std::size_t threads_for_keys(bool packets_flow) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // It fails with more processors than the set has room for: then there are enough.
  const std::size_t processors = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0
                                     ? static_cast<std::size_t>(CPU_COUNT(&allowed))
                                     : kThreadsMax + 1;
  return std::clamp(processors - (packets_flow ? 1 : 0), std::size_t{1}, kThreadsMax);
}

}  // namespace trapd::config
