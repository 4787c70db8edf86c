// SPDX-License-Identifier: Apache-2.0
// `replaced` in the store's directory: another store has been put in the place of the one that the
// receivers know the alarms of, and no trapd has told them so yet.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::journal {

/// Durable when the caller has synced the directory. Twice is once.
Status mark_replaced(const std::string& directory);
bool is_marked_replaced(const std::string& directory);
/// When the receivers are told, or about to be; without a mark it does nothing.
Status unmark_replaced(const std::string& directory);

}  // namespace trapd::journal
