// SPDX-License-Identifier: Apache-2.0
// Operators' actions on their way to the ledger's thread, with a promise each. Any thread puts,
// the ledger's takes. Bounded; closed while no ledger thread runs.
#pragma once

#include <future>
#include <utility>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/guarded.h"
#include "trapd/journal/book.h"

namespace trapd::journal {

struct PendingAction {
  OperatorAction action;
  std::promise<Status> done;
};

class OperatorQueue {
 public:
  static constexpr std::size_t kWaitingMax = 256;

  void open() {
    queue_.with([](Queue& queue) { queue.open = true; });
  }
  /// What still waits is refused.
  void close() {
    for (PendingAction& pending : queue_.with([](Queue& queue) {
           queue.open = false;
           return std::exchange(queue.waiting, {});
         })) {
      pending.done.set_value(failure("trapd is stopping"));
    }
  }
  /// The future tells when the action is on disk, or why not.
  std::future<Status> put(OperatorAction action) {
    PendingAction pending{std::move(action), {}};
    std::future<Status> future = pending.done.get_future();
    const char* refused = queue_.with([&](Queue& queue) -> const char* {
      if (!queue.open) return "the ledger is not running";
      if (queue.waiting.size() >= kWaitingMax) return "too many actions wait already";
      queue.waiting.push_back(std::move(pending));
      return nullptr;
    });
    if (refused != nullptr) pending.done.set_value(failure(refused));
    return future;
  }
  std::vector<PendingAction> take() {
    return queue_.with([](Queue& queue) { return std::exchange(queue.waiting, {}); });
  }

 private:
  struct Queue {
    std::vector<PendingAction> waiting;
    bool open = false;
  };
  Guarded<Queue> queue_;
};

}  // namespace trapd::journal
