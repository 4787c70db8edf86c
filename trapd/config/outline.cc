// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/outline.h"

#include <fmt/format.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "trapd/base/check.h"
#include "trapd/base/hash.h"
#include "trapd/config/text_file.h"

namespace trapd::config {
namespace {

constexpr std::string_view kMasked = "(secret)";

/// Of this process alone: what leaves memory can be compared with nothing.
std::uint64_t fingerprint_of(ByteView secret) {
  static const auto key = [] {
    std::array<std::uint8_t, 32> octets{};
    CHECK(::RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1);
    return octets;
  }();
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> sum{};
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), secret.data(), secret.size(),
         sum.data(), nullptr);
  std::uint64_t print = 0;
  std::memcpy(&print, sum.data(), sizeof print);
  return print | 1;
}

/// Short enough to be shown; the rest of what is longer counts by its fingerprint.
std::string shown(std::string_view text, std::uint64_t* fingerprint) {
  if (text.size() <= Outline::kShownMax) return std::string(text);
  *fingerprint = hash_bytes(as_bytes(text)) | 1;
  return std::string(text.substr(0, Outline::kShownMax)) + "…";
}

/// What names an element of a list for people.
std::string name_of(const Node& item, const SecretMarks& secrets) {
  for (const char* key : {"name", "label", "udp"}) {
    const Node* value = item.find(key);
    if (value != nullptr && value->is_scalar() && !secrets.is_inline(value->at)) return value->text;
  }
  return {};
}

std::string_view section_of(std::string_view path) {
  return path.substr(0, path.find_first_of(".["));
}

}  // namespace

std::string sha256_hex(std::string_view octets) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> sum{};
  const ByteView bytes = as_bytes(octets);
  ::SHA256(bytes.data(), bytes.size(), sum.data());
  return to_hex(sum);
}

void SecretMarks::add(Position at, bool inline_text, const Secret* secret) {
  any_inline_ = any_inline_ || inline_text;
  marks_[{at.line, at.column}] = {inline_text,
                                  secret != nullptr ? fingerprint_of(secret->expose()) : 1};
}

std::uint64_t SecretMarks::fingerprint(Position at) const {
  const auto found = marks_.find({at.line, at.column});
  return found == marks_.end() ? 0 : found->second.fingerprint;
}

bool SecretMarks::is_inline(Position at) const {
  const auto found = marks_.find({at.line, at.column});
  return found != marks_.end() && found->second.inline_text;
}

Outline::Outline(const Node& root, const SecretMarks& secrets) {
  add("", root, secrets);
  std::sort(values_.begin(), values_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  if (octets_ > kOctetsMax) fold();
}

void Outline::put(const std::string& path, std::string shown, std::uint64_t fingerprint) {
  octets_ += path.size() + shown.size();
  values_.push_back({path, {std::move(shown), fingerprint}});
}

void Outline::add(const std::string& path, const Node& node, const SecretMarks& secrets) {
  const std::uint64_t secret = secrets.fingerprint(node.at);
  if (secret != 0 && !node.is_null()) put(path, std::string(kMasked), secret);
  switch (node.kind) {
    case Node::Kind::kNull:
      break;
    case Node::Kind::kScalar:
      if (secret == 0) {
        std::uint64_t fingerprint = 0;
        std::string text = shown(node.text, &fingerprint);
        put(path, std::move(text), fingerprint);
      }
      break;
    case Node::Kind::kSequence:
      add_list(path, node, secrets);
      break;
    case Node::Kind::kMapping:
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        add(path.empty() ? node.keys[i].text : path + "." + node.keys[i].text, node.items[i],
            secrets);
      }
      break;
  }
}

/// Words stand together; elements of their own go by their names, so that one more among them does
/// not move the others.
void Outline::add_list(const std::string& path, const Node& node, const SecretMarks& secrets) {
  const bool words = std::all_of(node.items.begin(), node.items.end(), [&](const Node& item) {
    return item.is_scalar() && secrets.fingerprint(item.at) == 0;
  });
  if (words) {
    std::string text = "[";
    for (const Node& item : node.items) text += (text.size() > 1 ? ", " : "") + item.text;
    std::uint64_t fingerprint = 0;
    text = shown(text + "]", &fingerprint);
    return put(path, std::move(text), fingerprint);
  }
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    std::string name = name_of(node.items[i], secrets);
    if (name.empty()) name = std::to_string(i + 1);
    const int times = ++seen[name];
    if (times > 1) name += "#" + std::to_string(times);
    std::string inner = path;
    inner.append("[").append(name).append("]");
    add(inner, node.items[i], secrets);
  }
}

void Outline::add_file(const std::string& path) {
  Diagnostics quiet("");
  std::string text;
  if (!read_text_file(path, kConfigOctetsMax, &text, &quiet)) return;
  put("file " + path, "sha256 " + sha256_hex(text), 0);
  std::sort(values_.begin(), values_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

void Outline::fold() {
  std::vector<std::pair<std::string, Value>> sections;
  for (const auto& [path, value] : values_) {
    const std::string_view section = section_of(path);
    if (sections.empty() || sections.back().first != section) {
      sections.push_back({std::string(section), {"(too large to be shown)", 1}});
    }
    const std::string all = fmt::format("{} {} {} {}", sections.back().second.fingerprint, path,
                                        value.shown, value.fingerprint);
    sections.back().second.fingerprint = hash_bytes(as_bytes(all));
  }
  values_ = std::move(sections);
}

std::vector<Outline::Change> Outline::changes(const Outline& before, const Outline& after) {
  std::vector<Change> changes;
  auto old = before.values_.begin();
  auto now = after.values_.begin();
  while (old != before.values_.end() || now != after.values_.end()) {
    const bool gone =
        now == after.values_.end() || (old != before.values_.end() && old->first < now->first);
    const bool fresh = !gone && (old == before.values_.end() || now->first < old->first);
    if (gone) {
      changes.push_back({old->first, old->second.shown, ""});
      ++old;
    } else if (fresh) {
      changes.push_back({now->first, "", now->second.shown});
      ++now;
    } else {
      if (old->second != now->second) {
        changes.push_back({now->first, old->second.shown, now->second.shown});
      }
      ++old;
      ++now;
    }
  }
  return changes;
}

std::string Outline::sha256() const {
  std::string all;
  for (const auto& [path, value] : values_) all += path + ": " + value.shown + "\n";
  return sha256_hex(all);
}

}  // namespace trapd::config
