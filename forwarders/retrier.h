// SPDX-License-Identifier: Apache-2.0
// Sends dead letters again that an operator has marked: beside the destination's own order, over a
// forwarder of its own that lives as long as there are any, so that a record which is refused once
// more, or answered by nobody, holds up nothing.
//
//   ledger: letters marked --look()--> read from the journal --> forwarder --> ledger: gone,
//                                                                  or refused again
//
// A mark is on disk, so a retry goes on after a restart; a crash between delivery and commit sends
// it twice (at least once). One thread, from the first mark on until stop().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "forwarders/forwarder.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/store.h"

namespace trapd::forwarders {

class Retrier {
 public:
  using Make = std::function<std::unique_ptr<Forwarder>()>;
  /// Under way at once; the others wait for them.
  static constexpr std::size_t kBatchMax = 32;

  /// make is called on the retrier's thread; empty = nothing is ever sent. is_up, on any thread:
  /// does the destination take anything at all? While it does not, marked letters wait like all
  /// else. What is referred to outlives this.
  Retrier(std::string destination, Make make, std::function<bool()> is_up,
          const journal::Store& store, journal::Ledger& ledger, const Clock& clock);
  ~Retrier();
  Retrier(const Retrier&) = delete;
  Retrier& operator=(const Retrier&) = delete;

  /// There may be marked letters; not from several threads at once.
  void look();
  /// Ends the thread; what is not delivered stays marked. Blocks for a moment. Twice does nothing.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::forwarders
