// SPDX-License-Identifier: Apache-2.0
// Where a system call's result is found when a signal handler of SIGSYS returns: the one thing of
// the filter that differs from processor to processor.
#pragma once

#include <ucontext.h>

namespace trapd::process {

#if defined(__x86_64__)
inline void set_call_result(ucontext_t* context, long result) {
  context->uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
inline void set_call_result(ucontext_t* context, long result) {
  context->uc_mcontext.regs[0] = static_cast<unsigned long long>(result);
}
#else
#error "the result register of this processor is not known here"
#endif

}  // namespace trapd::process
