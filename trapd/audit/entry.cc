// SPDX-License-Identifier: Apache-2.0
#include "trapd/audit/entry.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "trapd/base/bytes.h"

namespace trapd::audit {
namespace {

static_assert(kNoPrevious.size() == 2 * SHA256_DIGEST_LENGTH);

bool is_hash(std::string_view text) {
  return text.size() == kNoPrevious.size() && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string line_of(const Entry& entry, const Json& detail) {
  const nlohmann::ordered_json line = {{"seq", entry.sequence}, {"time", entry.time},
                                       {"who", entry.who},      {"action", entry.action},
                                       {"detail", detail},      {"previous", entry.previous}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

const std::string* text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace

std::string encode(const Entry& entry) {
  std::string line = line_of(entry, entry.detail);
  if (line.size() <= kLineOctetsMax) return line;
  return line_of(entry, {{"left_out_octets", line.size()}});
}

std::optional<Entry> decode(std::string_view line) {
  constexpr std::size_t kMembers = 6;
  if (line.size() > kLineOctetsMax) return std::nullopt;
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.size() != kMembers) return std::nullopt;
  const auto sequence = json.find("seq");
  const auto detail = json.find("detail");
  const std::string* time = text_in(json, "time");
  const std::string* who = text_in(json, "who");
  const std::string* action = text_in(json, "action");
  const std::string* previous = text_in(json, "previous");
  if (sequence == json.end() || !sequence->is_number_unsigned() || *sequence == 0U) {
    return std::nullopt;
  }
  if (detail == json.end() || !detail->is_object()) return std::nullopt;
  if (time == nullptr || who == nullptr || action == nullptr || previous == nullptr) {
    return std::nullopt;
  }
  if (!is_hash(*previous)) return std::nullopt;
  return Entry{sequence->get<std::uint64_t>(), *time, *who, *action, *detail, *previous};
}

std::string sha256_hex(std::string_view octets) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  const ByteView bytes = as_bytes(octets);
  ::SHA256(bytes.data(), bytes.size(), digest.data());
  return to_hex(digest);
}

}  // namespace trapd::audit
