// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/thread.h"

#include <pthread.h>

#include <csignal>

namespace trapd {

namespace {

/// While it lives; also when no thread can be started.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    // Those of the thread's own instructions cannot wait: blocked, they would end the process
    // without the handler that says why.
    for (const int own : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
      ::sigdelset(&all, own);
    }
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::jthread start_thread(const std::string& name, std::function<void()> body) {
  const SignalsBlocked inherited;  // signals belong to the main thread
  return std::jthread([name, body = std::move(body)] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    body();
  });
}

}  // namespace trapd
