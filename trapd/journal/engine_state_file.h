// SPDX-License-Identifier: Apache-2.0
// The file `engine.state` beside the store (FORMAT.md): four lines of text with a checksum.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trapd/journal/own_state.h"

namespace trapd::journal {

std::string encode_engine_state(const OwnState& state);
/// Nothing unless every octet is as encode_engine_state() writes it.
std::optional<OwnState> decode_engine_state(std::string_view text);

struct EngineStateFile {
  std::optional<OwnState> state;
  bool damaged = false;  // it is there, and not readable as above
};
/// A missing file is neither. Errors: the file cannot be read at all (permission, I/O).
Result<EngineStateFile> read_engine_state(const std::string& directory);
/// Replaces the file as a whole; on disk when it returns.
Status write_engine_state(const std::string& directory, const OwnState& state);
/// A file that says that the boots are lost: a start takes it for damaged (own_state.h).
Status write_engine_state_lost(const std::string& directory);

}  // namespace trapd::journal
