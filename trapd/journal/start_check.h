// SPDX-License-Identifier: Apache-2.0
// Before LMDB follows them: the pages of the trees that a start reads, that is all rows and facts,
// the list of free pages, the oldest value's, and the journal's from replay_from or from the
// retransmissions on that a start remembers, whichever is further back. A page that is damaged
// there would crash trapd at each start, and nobody would know why.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::journal {

/// Nothing wrong when there is no data.mdb, or when LMDB will refuse its headers by itself.
Status check_pages_of_start(const std::string& directory);

}  // namespace trapd::journal
