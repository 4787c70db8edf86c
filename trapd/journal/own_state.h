// SPDX-License-Identifier: Apache-2.0
// Our own engine ID and boots, in the store and in a small checksummed file beside it
// (`engine.state`), because they must survive the loss or the restore of the store: start uses the
// larger boots + 1, and a restored store never lowers them (RFC 3414 2.2.2).
//
// The engine ID is the configured one, else the file's, else the store's, else a new one. Then,
// with a and b the boots that store and file have for this engine ID:
//
//   store | file    | else                                  | boots
//   a     | b       |                                       | max(a, b) + 1
//   a     | none    |                                       | a + 1, file written anew
//   none  | b       |                                       | b + 1
//   none  | damaged |                                       | lost
//   none  | none    | the ID is configured, no other ID is  | lost
//         |         | known, and the store is not new       |
//   none  | none    | otherwise: a first start, or a new ID | 1
//
// Lost means 2147483647 and a critical alarm, never 1; so does counting beyond it. It leaves only
// with another engine ID (INF-04, INF-05).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

inline constexpr std::uint32_t kBootsMaximum = 2147483647;

struct OwnState {
  std::vector<std::uint8_t> engine_id;
  std::uint32_t boots = 0;
  bool boots_lost = false;  // boots are 2147483647: tell the operator
  /// That of the last start, when it was another one: our own alarms still stand under it.
  std::vector<std::uint8_t> former_id = {};
};

/// Value of the fact "own_engine"; nothing when it is none.
std::optional<OwnState> decode_own_engine(const std::string& value);

/// What start finds.
struct OwnStateFound {
  std::vector<std::uint8_t> configured_id;  // empty = auto
  std::optional<OwnState> in_store;
  std::optional<OwnState> in_file;
  bool file_damaged = false;
  bool store_is_new = false;
};
/// The table above. make_id is called when no engine ID is known.
OwnState decide_own_state(const OwnStateFound& found, std::vector<std::uint8_t> (*make_id)());

/// Reads both places, decides by the table above, writes both (file first, fsync of file and
/// directory) and only then returns: INF-03. configured_id: empty = auto (keep, or make one with
/// make_id). An engine ID that differs from the stored one starts anew at boots 1. Before the
/// ledger starts: it writes to the store.
Result<OwnState> raise_own_boots(Store& store, const std::vector<std::uint8_t>& configured_id,
                                 std::vector<std::uint8_t> (*make_id)());

}  // namespace trapd::journal
