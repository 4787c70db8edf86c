// SPDX-License-Identifier: Apache-2.0
#include "trapd/process/in_force.h"

#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace trapd::process {

namespace {

std::string name_of(uid_t uid) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

std::string capabilities() {
  const std::unique_ptr<_cap_struct, int (*)(void*)> held(::cap_get_proc(), ::cap_free);
  const std::unique_ptr<_cap_struct, int (*)(void*)> none(::cap_init(), ::cap_free);
  if (held == nullptr || none == nullptr) return "unknown";
  if (::cap_compare(held.get(), none.get()) == 0) return "none";
  const std::unique_ptr<char, int (*)(void*)> text(::cap_to_text(held.get(), nullptr), ::cap_free);
  return text != nullptr ? text.get() : "unknown";
}

}  // namespace

InForce look() {
  InForce now;
  // Once, and behind the change of the user: name services may take their time.
  static const std::string user = name_of(::geteuid());
  now.user = user;
  now.capabilities = capabilities();
  now.no_new_privs = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  now.seccomp = ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
  rlimit core{};
  const bool limited = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
  now.core_dumps = !limited || ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
  return now;
}

}  // namespace trapd::process
