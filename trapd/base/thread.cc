// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/thread.h"

#include <pthread.h>

#include <csignal>

namespace trapd {

std::jthread start_thread(const std::string& name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // Those of the thread's own instructions cannot wait: blocked, they would end the process without
  // the handler that says why.
  for (const int own : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    ::sigdelset(&all, own);
  }
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited: signals belong to the main thread
  std::jthread thread([name, body = std::move(body)] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    body();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace trapd
