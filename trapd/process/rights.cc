// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/rights.h"

#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

namespace trapd {

namespace {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

Result<Account> find_account(const std::string& user) {
  errno = 0;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    return failure("process.user: there is no user '" + user +
                   "' on this machine; make it with: useradd --system " + user);
  }
  return Account{entry->pw_uid, entry->pw_gid};
}

Status become(const std::string& user, const Account& account) {
  if (::initgroups(user.c_str(), account.gid) != 0) {
    return Unexpected(errno_error("cannot take the groups of", user, errno));
  }
  if (::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0) {
    return Unexpected(errno_error("cannot become user", user, errno));
  }
  if (account.uid != 0 && ::setuid(0) == 0) {
    return failure("dropping rights to user " + user + " did not hold: root came back");
  }
  return {};
}

Status drop_capabilities() {
  const std::unique_ptr<_cap_struct, int (*)(void*)> none(::cap_init(), ::cap_free);
  if (none == nullptr || ::cap_set_proc(none.get()) != 0) {
    return Unexpected(errno_error("cannot drop", "capabilities", errno));
  }
  return {};
}

}  // namespace

Status prepare_directory(const std::string& directory, const std::string& user) {
  if (::geteuid() != 0 || user.empty() || user == "root") return {};
  auto account = find_account(user);
  if (!account) return Unexpected(account.error());
  std::error_code error;
  if (!std::filesystem::create_directories(directory, error)) {
    if (error) return failure("cannot make " + directory + ": " + error.message());
    return {};  // it was there: its rights are the owner's business
  }
  if (::chmod(directory.c_str(), 0700) != 0 ||
      ::chown(directory.c_str(), account->uid, account->gid) != 0) {
    return Unexpected(errno_error("cannot give to user " + user + ":", directory, errno));
  }
  return {};
}

Status drop_rights(const std::string& user) {
  rlimit locked{};  // for secrets (locked_memory.h): all that the owner lets us have
  if (::getrlimit(RLIMIT_MEMLOCK, &locked) == 0) {
    locked.rlim_cur = locked.rlim_max;
    ::setrlimit(RLIMIT_MEMLOCK, &locked);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const bool root = ::geteuid() == 0;
  const bool stays_root = root && (user.empty() || user == "root");
  if (root && !stays_root) {
    auto account = find_account(user);
    if (!account) return Unexpected(account.error());
    if (auto done = become(user, *account); !done) return done;
  }
  // Also of one that was never root: a unit gives CAP_NET_BIND_SERVICE, and what is inherited
  // would reach the MIB compiler too.
  if (!stays_root) {
    if (auto done = drop_capabilities(); !done) return done;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Unexpected(errno_error("cannot set", "no_new_privs", errno));
  }
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return {};
}

}  // namespace trapd
