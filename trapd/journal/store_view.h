// SPDX-License-Identifier: Apache-2.0
// A store as another program than its trapd sees it (trapctl store verify, backup, restore). The
// work is done in that program, and not in trapd: it needs none of trapd's memory, threads or
// rights to write elsewhere (the systemd unit leaves it none), and a store that is damaged cannot
// take down the trapd that still receives with it.
//
// While a trapd holds the store it is read beside it, in short transactions as LMDB offers them to
// several processes: a place in its table of readers keeps the pages of one commit from being
// used again. While none runs the store's own lock is held instead, so that none can start.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "trapd/base/error.h"
#include "trapd/journal/page_file.h"

namespace trapd::journal {

class StoreView {
 public:
  /// Errors: no store there; no right to read it; damaged so far that LMDB does not open it (only
  /// beside a trapd). Makes no file.
  static Result<std::unique_ptr<StoreView>> open(const std::string& directory);
  /// Of a backup, or of a store whose lock the caller holds: nobody else writes to it.
  static Result<std::unique_ptr<StoreView>> open_unlocked(const std::string& directory);
  ~StoreView();

  /// Process id of the trapd beside which this reads; 0 = none, as long as this lives.
  int beside() const;
  const std::string& directory() const;
  const PageFile& file() const;

  /// One consistent look, as of the newest commit. Beside a trapd it must be short: pages that are
  /// freed meanwhile cannot be used again, and data.mdb grows.
  Status look(const std::function<Status(const PageSnapshot&)>& visit);

 private:
  struct State;
  explicit StoreView(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trapd::journal
