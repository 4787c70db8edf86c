// SPDX-License-Identifier: Apache-2.0
// Reads the journal record by record.
#pragma once

#include <cstdint>
#include <functional>

#include "trapd/alarm/record.h"
#include "trapd/base/error.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

/// Visits the records from `from` on (or from the oldest, when that is later) in their order,
/// until `visit` says false or none is left. Holds no transaction while it visits. Errors: the
/// store's, and a record that cannot be read, with its place. Any thread.
Status scan(const Store& store, std::uint64_t from,
            const std::function<bool(const alarm::RecordView&)>& visit);

}  // namespace trapd::journal
