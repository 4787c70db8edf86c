// SPDX-License-Identifier: Apache-2.0
// `trapctl store verify | backup | restore | set-aside`: the work on a store's files, which
// trapctl does itself (trapd/journal/store_view.h says why), beside a running trapd or without one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "trapd/base/error.h"

namespace trapd::ctl {

/// What was done, as JSON and in words, and the exit status.
struct StoreAnswer {
  nlohmann::json json;
  std::string text;
  int status = 0;
};

/// Status 1 when anything is wrong with the store.
Result<StoreAnswer> verify_store(const std::string& directory);
Result<StoreAnswer> back_up_store(const std::string& directory, const std::string& to);
/// These two stand in the audit log of the directory; without an entry they do nothing.
Result<StoreAnswer> restore_store(const std::string& directory, const std::string& from,
                                  bool with_newer);
Result<StoreAnswer> set_store_aside(const std::string& directory);

}  // namespace trapd::ctl
