// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/own_state.h"

#include <algorithm>

#include "trapd/base/log.h"
#include "trapd/journal/engine_state_file.h"

namespace trapd::journal {

namespace {

constexpr const char* kFact = "own_engine";  // boots u32, engine id

std::string encode_fact(const OwnState& state) {
  std::string value(4, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(value.data()), state.boots);
  return value + std::string(as_text(state.engine_id));
}

std::uint32_t boots_for(const std::vector<std::uint8_t>& engine_id,
                        const std::optional<OwnState>& known) {
  return known && known->engine_id == engine_id ? known->boots : 0;
}

std::vector<std::uint8_t> choose_id(const OwnStateFound& found,
                                    std::vector<std::uint8_t> (*make_id)()) {
  if (!found.configured_id.empty()) return found.configured_id;
  if (found.in_file) return found.in_file->engine_id;
  if (found.in_store) return found.in_store->engine_id;
  return make_id();
}

}  // namespace

std::optional<OwnState> decode_own_engine(const std::string& value) {
  if (value.size() <= 4) return std::nullopt;
  const ByteView bytes = as_bytes(value);
  OwnState state;
  state.boots = load_le<std::uint32_t>(bytes.data());
  state.engine_id.assign(bytes.begin() + 4, bytes.end());
  return state;
}

OwnState decide_own_state(const OwnStateFound& found, std::vector<std::uint8_t> (*make_id)()) {
  OwnState state;
  state.engine_id = choose_id(found, make_id);
  const std::uint32_t known = std::max(boots_for(state.engine_id, found.in_store),
                                       boots_for(state.engine_id, found.in_file));
  const bool forgotten =
      !found.configured_id.empty() && !found.in_store && !found.in_file && !found.store_is_new;
  if (known > 0) {
    state.boots = std::min(known, kBootsMaximum - 1) + 1;
  } else {
    state.boots = found.file_damaged || forgotten ? kBootsMaximum : 1;
  }
  state.boots_lost = state.boots == kBootsMaximum;
  // Alarms are the store's: its word counts before the file's.
  const std::optional<OwnState>& last = found.in_store ? found.in_store : found.in_file;
  if (last && last->engine_id != state.engine_id) state.former_id = last->engine_id;
  return state;
}

Result<OwnState> raise_own_boots(Store& store, const std::vector<std::uint8_t>& configured_id,
                                 std::vector<std::uint8_t> (*make_id)()) {
  const Result<EngineStateFile> file = read_engine_state(store.directory());
  if (!file) return failure(file.error().text);
  const Result<std::string> fact = store.fact(kFact);
  if (!fact) return failure(fact.error().text);
  const OwnStateFound found{.configured_id = configured_id,
                            .in_store = decode_own_engine(*fact),
                            .in_file = file->state,
                            .file_damaged = file->damaged,
                            .store_is_new = store.usage().newest_sequence == 0};
  const OwnState state = decide_own_state(found, make_id);
  if (file->damaged) log::warning("{}/engine.state is damaged and is made anew", store.directory());
  if (state.boots_lost) {
    log::error(
        "the boots of our engine {} are lost or used up: they are {} now, and every inform "
        "is refused until engine.id is another one",
        to_hex(state.engine_id), state.boots);
  }
  if (Status done = write_engine_state(store.directory(), state); !done) {
    return Unexpected<Error>(std::move(done.error()));
  }
  const RowChange row{.table = Table::kFacts, .key = kFact, .value = encode_fact(state)};
  if (Status done = store.commit({}, {row}); !done) {
    return Unexpected<Error>(std::move(done.error()));
  }
  return state;
}

}  // namespace trapd::journal
