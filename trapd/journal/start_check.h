// SPDX-License-Identifier: Apache-2.0
// Before LMDB follows them: the pages that a start reads, that is all rows and facts, and the
// journal from replay_from on. A page that is damaged there would crash trapd at each start, and
// nobody would know why.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::journal {

/// Nothing wrong when there is no data.mdb, or when LMDB will refuse its headers by itself.
Status check_pages_of_start(const std::string& directory);

}  // namespace trapd::journal
