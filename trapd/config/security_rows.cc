// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/security_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

constexpr std::array<Word<snmp::SecurityLevel>, 3> kLevels = {
    {{"noAuthNoPriv", snmp::SecurityLevel::kNoAuthNoPriv},
     {"authNoPriv", snmp::SecurityLevel::kAuthNoPriv},
     {"authPriv", snmp::SecurityLevel::kAuthPriv}}};

void read_level(Reading& reading, const Setting& setting, const Node& node,
                SecurityDraft& security) {
  for (const auto& [word, level] : kLevels) {
    if (!node.is_scalar() || node.text != word) continue;
    security.policy.level = level;
    if (level != snmp::SecurityLevel::kAuthPriv) {
      reading.warning(
          node.at,
          fmt::format("exception: security.level {} lets in messages that "
                      "are not {}",
                      word,
                      level == snmp::SecurityLevel::kAuthNoPriv ? "encrypted" : "authenticated"));
    }
    return;
  }
  reading.unexpected(setting, node);
}

void unknown_word(Reading& reading, const Setting& setting, const Node& item) {
  reading.error(item.at, fmt::format("{}: expected {}, found {}", setting.key, setting.words,
                                     item.is_scalar() ? '"' + item.text + '"' : kind_text(item)));
}

void read_auth(Reading& reading, const Setting& setting, const Node& node,
               SecurityDraft& security) {
  security.policy.auth_allowed = 0;
  read_list(reading, setting, node, [&](const Node& item) {
    const auto protocol = item.is_scalar() ? usm::auth_protocol(item.text) : std::nullopt;
    if (!protocol || *protocol == usm::AuthProtocol::kNone) {
      unknown_word(reading, setting, item);
      return;
    }
    security.policy.auth_allowed |= 1U << static_cast<unsigned>(*protocol);
    if (*protocol == usm::AuthProtocol::kMd5) {
      reading.warning(item.at, "exception: security.auth lets in MD5, which is weak");
    }
  });
}

void read_privacy(Reading& reading, const Setting& setting, const Node& node,
                  SecurityDraft& security) {
  security.policy.priv_allowed = 0;
  read_list(reading, setting, node, [&](const Node& item) {
    std::uint32_t allowed = 0;
    for (const usm::PrivRow& row : usm::kPrivRows) {
      const bool named = item.is_scalar() && (item.text == row.family || item.text == row.name);
      if (named && row.protocol != usm::PrivProtocol::kNone) {
        allowed |= 1U << static_cast<unsigned>(row.protocol);
      }
    }
    if (allowed == 0) unknown_word(reading, setting, item);
    security.policy.priv_allowed |= allowed;
    if (allowed == 1U << static_cast<unsigned>(usm::PrivProtocol::kDes)) {
      reading.warning(item.at, "exception: security.privacy lets in DES, which is weak");
    }
  });
}

void read_communities(Reading& reading, const Setting& setting, const Node& node,
                      SecurityDraft& security) {
  read_list(reading, setting, node, [&](const Node& item) {
    CommunityDraft draft;
    if (!read_mapping(reading, "a community", item, community_rows(), draft)) return;
    Community community;
    community.name = draft.label.empty()
                         ? fmt::format("community-{}", security.communities.size() + 1)
                         : draft.label;
    const bool twice =
        std::any_of(security.communities.begin(), security.communities.end(),
                    [&](const Community& other) { return other.name == community.name; });
    if (twice) {
      reading.error(
          item.place_of("label"),
          fmt::format("label: {} stands for two communities; expected one each", community.name));
    }
    community.text = draft.text.secret;
    community.from = std::move(draft.from);
    reading.warning(item.at, fmt::format("exception: security.communities lets in SNMPv1 and "
                                         "SNMPv2c as {} from {}; nothing in them is protected",
                                         community.name,
                                         community.from.empty() ? "any source" : "its networks"));
    security.communities.push_back(std::move(community));
  });
}

snmp::Deviations read_deviations(Reading& reading, const Setting& setting, const Node& node) {
  snmp::Deviations these;
  read_list(reading, setting, node, [&](const Node& item) {
    for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
      const auto deviation = static_cast<snmp::Deviation>(i);
      if (!item.is_scalar() || item.text != label(deviation)) continue;
      return these.add(snmp::Deviations(deviation));
    }
    unknown_word(reading, setting, item);
  });
  return these;
}

void read_tolerate(Reading& reading, const Setting& setting, const Node& node,
                   SecurityDraft& security) {
  security.tolerances.usual = read_deviations(reading, setting, node);
}

void read_source_tolerate(Reading& reading, const Setting& setting, const Node& node,
                          ToleranceDraft& draft) {
  draft.tolerated = read_deviations(reading, setting, node);
}

/// Each datagram's source is held against all of them, before anything is known about it.
constexpr std::size_t kToleranceNetworksMax = 256;

void read_sources(Reading& reading, const Setting& setting, const Node& node,
                  SecurityDraft& security) {
  std::size_t networks = 0;
  read_list(reading, setting, node, [&](const Node& item) {
    ToleranceDraft draft;
    if (!read_mapping(reading, "a tolerance", item, tolerance_rows(), draft)) return;
    const std::size_t before = networks;
    networks += draft.from.size();
    if (before <= kToleranceNetworksMax && networks > kToleranceNetworksMax) {
      reading.error(item.at, fmt::format("tolerances: more than {} networks in all; expected fewer "
                                         "and larger ones",
                                         kToleranceNetworksMax));
    }
    security.tolerances.rules.push_back({std::move(draft.from), draft.tolerated});
  });
}

constexpr std::string_view kDeviationWords =
    "padded_numbers | unsigned_without_zero | empty_numbers | empty_oids | old_types | "
    "trailing_octets | privacy_padding | foreign_requests";

constexpr std::array<Row<SecurityDraft>, 6> kSecurity = {{
    {{.key = "level",
      .form = Form::kChoice,
      .words = "noAuthNoPriv | authNoPriv | authPriv",
      .fallback = "authPriv",
      .doc = "the least that is accepted"},
     &read_level},
    {{.key = "auth",
      .form = Form::kWritten,
      .words = "MD5 | SHA-1 | SHA-224 | SHA-256 | SHA-384 | SHA-512",
      .fallback = "[SHA-1, SHA-224, SHA-256, SHA-384, SHA-512]",
      .doc = "list of hashes that are accepted; MD5 is off unless listed, and warned about"},
     &read_auth},
    {{.key = "privacy",
      .form = Form::kWritten,
      .words = "DES | AES-128 | AES-192 | AES-256",
      .fallback = "[AES-128, AES-192, AES-256]",
      .doc = "list of ciphers that are accepted; DES is off unless listed, and warned about"},
     &read_privacy},
    {{.key = "communities",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "SNMPv1 and SNMPv2c are refused unless a community is named here"},
     &read_communities},
    {{.key = "tolerate",
      .form = Form::kWritten,
      .words = kDeviationWords,
      .fallback = "[padded_numbers, unsigned_without_zero, privacy_padding, foreign_requests]",
      .doc = "list of deviations from the standards that are let pass and counted; []: none"},
     &read_tolerate},
    {{.key = "tolerances",
      .form = Form::kList,
      .fallback = "[]",
      .doc = "other deviations for some sources; the first entry that contains a source decides"},
     &read_sources},
}};

constexpr std::array<Row<ToleranceDraft>, 2> kTolerance = {{
    {{.key = "from",
      .form = Form::kWritten,
      .words = "a list of networks",
      .required = true,
      .doc = "sources that it is for",
      .example = "[192.0.2.0/24]"},
     &as_networks<&ToleranceDraft::from>},
    {{.key = "tolerate",
      .form = Form::kWritten,
      .words = kDeviationWords,
      .required = true,
      .doc = "instead of security.tolerate",
      .example = "[padded_numbers, empty_numbers]"},
     &read_source_tolerate},
}};

constexpr std::array<Row<CommunityDraft>, 3> kCommunity = {{
    {{.key = "name",
      .form = Form::kSecret,
      .required = true,
      .doc = "the community string, which is a secret",
      .example = "{file: secrets/old-devices.community}"},
     &as_secret<CommunityDraft, &CommunityDraft::text>},
    {{.key = "label",
      .words = "a name",
      .max = 64,
      .doc = "what records and messages call it; without it community-1, community-2 …",
      .example = "old-devices"},
     &as_text<&CommunityDraft::label>},
    {{.key = "from",
      .form = Form::kWritten,
      .words = "a list of networks",
      .doc = "sources that may use it; without it: any",
      .example = "[192.0.2.0/24]"},
     &as_networks<&CommunityDraft::from>},
}};

}  // namespace

std::span<const Row<SecurityDraft>> security_rows() { return kSecurity; }
std::span<const Row<ToleranceDraft>> tolerance_rows() { return kTolerance; }
std::span<const Row<CommunityDraft>> community_rows() { return kCommunity; }

}  // namespace trapd::config
