// SPDX-License-Identifier: Apache-2.0
// `trapctl audit` and `trapctl audit verify`: trapctl reads the files of the audit log itself,
// beside a running trapd or without one; and entries of its own for what it does to a store.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "trapd/ctl/store_command.h"

namespace trapd::ctl {

struct AuditRequest {
  std::string directory;  // of the store
  std::string socket;     // of the trapd that may run there; empty = not asked
  std::string file;       // empty = all files of the directory
  std::string expect;     // a hash that was written down; empty = none
  std::size_t limit = 50;
};
/// The newest entries, oldest first.
Result<StoreAnswer> show_audit(const AuditRequest& request);
/// Status 1 when the chain does not hold.
Result<StoreAnswer> verify_audit(const AuditRequest& request);

/// Does `work` between two entries of the audit log in `directory`: what is asked for, and when it
/// fails, why. Does nothing when the first cannot be written. A directory without an audit log gets
/// one, unless it is not there.
Result<StoreAnswer> recorded(const std::string& directory, const std::string& action,
                             nlohmann::json detail,
                             const std::function<Result<StoreAnswer>()>& work);

}  // namespace trapd::ctl
