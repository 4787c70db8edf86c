// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/user_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "trapd/base/check.h"
#include "trapd/config/value_rows.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/own_engine.h"

namespace trapd::config {
namespace {

constexpr std::size_t kPassphraseOctetsMin = 8;  // RFC 3414 11.2

void read_name(Reading& reading, const Setting& setting, const Node& node, UserDraft& draft) {
  as_text<&usm::User::name>(reading, setting, node, draft.user);
  draft.name_at = node.at;
}

void read_use(Reading& reading, const Setting& setting, const Node& node, UserDraft& draft) {
  draft.use.given = true;
  draft.use.at = node.at;
  read_list(reading, setting, node, [&](const Node& item) {
    if (item.is_scalar() && item.text == "receive") {
      draft.use.receive = true;
    } else if (item.is_scalar() && item.text == "send") {
      draft.use.send = true;
    } else if (item.is_scalar() && item.text == "agent") {
      draft.use.agent = true;
    } else {
      reading.unexpected(setting, item);
    }
  });
  if (node.is_sequence() && node.items.empty()) reading.unexpected(setting, node);
}

template <ProtocolDraft UserDraft::*Member, auto Rows>
void read_protocol(Reading& reading, const Setting& setting, const Node& node, UserDraft& draft) {
  ProtocolDraft& protocol = draft.*Member;
  protocol.at = node.at;
  protocol.given = read_mapping(reading, setting.key, node, Rows(), protocol);
  protocol.protocol_at = node.place_of("protocol");
  if (const Node* name = node.find("protocol")) protocol.protocol_at = name->at;
  if (protocol.given && protocol.passphrase.given == protocol.key.given) {
    reading.error(node.at, fmt::format("{}: expected either passphrase: or key:", setting.key));
    protocol.key = {};  // said once; which of the two was meant is not known
  }
}

void read_engines(Reading& reading, const Setting& setting, const Node& node, UserDraft& draft) {
  if (node.is_scalar() && node.text == "any") return;
  if (!node.is_sequence() || node.items.empty()) {
    reading.unexpected(setting, node);
    return;
  }
  for (const Node& item : node.items) {
    auto id = read_hex(reading, setting, item);
    if (!id) continue;
    auto& engines = draft.user.engines;
    if (!usm::legal_engine_id(*id)) {
      reading.error(item.at,
                    "engines: not a legal engine ID; expected 5 to 32 octets, neither "
                    "all 00 nor all FF");
    } else if (std::find(engines.begin(), engines.end(), *id) != engines.end()) {
      reading.error(item.at, fmt::format("engines: 0x{} stands twice; expected once", to_hex(*id)));
    } else {
      engines.push_back(std::move(*id));
    }
  }
}

constexpr std::array<Row<UserDraft>, 5> kUser = {{
    {{.key = "name",
      .words = "1 to 32 octets",
      .required = true,
      .max = 32,
      .doc = "USM user name; compared octet by octet",
      .example = "noc"},
     &read_name},
    {{.key = "use",
      .form = Form::kWritten,
      .words = "a list of receive, send, agent",
      .doc = "what it is for; default: send for a user that a destination names, else receive",
      .example = "[receive]"},
     &read_use},
    {{.key = "auth",
      .form = Form::kMapping,
      .doc = "authentication; without it the user is noAuthNoPriv",
      .example = "{protocol: SHA-256, passphrase: {file: secrets/noc.auth}}"},
     &read_protocol<&UserDraft::auth, &auth_rows>},
    {{.key = "priv",
      .form = Form::kMapping,
      .doc = "privacy; needs authentication",
      .example = "{protocol: AES-128, passphrase: {file: secrets/noc.priv}}"},
     &read_protocol<&UserDraft::priv, &priv_rows>},
    {{.key = "engines",
      .form = Form::kWritten,
      .words = "any or a list of engine IDs like 0x8000138b0500000001",
      .fallback = "any",
      .doc = "engines the user is known on; keys are localised on first sight"},
     &read_engines},
}};

constexpr Row<ProtocolDraft> passphrase_row(std::string_view example) {
  return {{.key = "passphrase",
           .form = Form::kSecret,
           .doc = "at least 8 octets; the key is derived from it once at load",
           .example = example},
          &as_secret<ProtocolDraft, &ProtocolDraft::passphrase>};
}
constexpr Row<ProtocolDraft> key_row(std::string_view example) {
  return {{.key = "key",
           .form = Form::kSecret,
           .instead = true,
           .doc = "instead of passphrase: a localised key in hexadecimal (trapctl key); needs "
                  "exactly one engine",
           .example = example},
          &as_secret<ProtocolDraft, &ProtocolDraft::key>};
}

constexpr std::array<Row<ProtocolDraft>, 3> kAuth = {{
    {{.key = "protocol",
      .words = "MD5 | SHA-1 | SHA-224 | SHA-256 | SHA-384 | SHA-512",
      .required = true,
      .doc = "hash",
      .example = "SHA-256"},
     &as_text<&ProtocolDraft::protocol>},
    passphrase_row("{file: secrets/noc.auth}"),
    key_row("{env: NOC_AUTH_KEY}"),
}};

constexpr std::array<Row<ProtocolDraft>, 3> kPriv = {{
    {{.key = "protocol",
      .words = "DES | AES-128 | AES-192[-BLUMENTHAL | -REEDER] | AES-256[-BLUMENTHAL | -REEDER]",
      .required = true,
      .doc = "cipher; the bare AES-192 and AES-256 only with a hash as long as the key",
      .example = "AES-128"},
     &as_text<&ProtocolDraft::protocol>},
    passphrase_row("{file: secrets/noc.priv}"),
    key_row("{env: NOC_PRIV_KEY}"),
}};

/// Octets after which the passphrase repeats itself; its length when it does not. RFC 3414 A.2
/// repeats the passphrase, so "bertbert" gives the key of "bert".
std::size_t period(ByteView passphrase) {
  const std::size_t size = passphrase.size();
  for (std::size_t length = 1; length < size; ++length) {
    if (size % length != 0) continue;
    bool repeats = true;
    for (std::size_t i = length; i < size && repeats; ++i) {
      repeats = passphrase[i] == passphrase[i - length];
    }
    if (repeats) return length;
  }
  return size;
}

void check_passphrase(Reading& reading, const UserDraft& draft, const char* which,
                      const SecretValue& value) {
  if (value.secret == nullptr) return;
  const ByteView passphrase = value.secret->expose();
  if (passphrase.size() < kPassphraseOctetsMin) {
    reading.error(value.at, fmt::format("{}: a passphrase of {} octets; expected at least 8, "
                                        "better 12 (RFC 3414 11.2)",
                                        which, passphrase.size()));
  } else if (const std::size_t length = period(passphrase); length < passphrase.size()) {
    reading.warning(value.at, fmt::format("user {}: the {} passphrase repeats {} octets, and is "
                                          "only as strong as these",
                                          draft.user.name, which, length));
  } else if (trapd::as_text(passphrase) == draft.user.name) {
    reading.warning(value.at,
                    fmt::format("user {}: the {} passphrase is the name", draft.user.name, which));
  }
}

/// `sizes`: octets a localised key of this protocol may have.
void check_key(Reading& reading, const UserDraft& draft, const char* which,
               const SecretValue& value, std::initializer_list<std::size_t> sizes) {
  if (!value.given) return;
  if (draft.user.engines.size() != 1) {
    reading.error(value.at, fmt::format("{}: a localised key belongs to one engine; expected "
                                        "engines: with exactly one engine ID",
                                        which));
  }
  if (value.secret == nullptr) return;
  auto key = from_hex(trapd::as_text(value.secret->expose()));
  const std::size_t octets = key ? key->size() : 0;
  if (key) wipe(*key);
  if (std::find(sizes.begin(), sizes.end(), octets) == sizes.end()) {
    reading.error(value.at,
                  fmt::format("{}: expected a key of 0x and {} octets in hexadecimal digits, {}",
                              which, fmt::join(sizes, " or "),
                              octets == 0 ? std::string("found something else")
                                          : fmt::format("found {} octets", octets)));
  }
}

void check_auth(Reading& reading, UserDraft& draft) {
  check_passphrase(reading, draft, "auth", draft.auth.passphrase);
  if (draft.auth.protocol.empty()) return;
  const auto protocol = usm::auth_protocol(draft.auth.protocol);
  if (!protocol || *protocol == usm::AuthProtocol::kNone) {
    reading.error(draft.auth.protocol_at,
                  fmt::format("protocol: expected one of MD5, SHA-1, SHA-224, SHA-256, SHA-384, "
                              "SHA-512, found \"{}\"",
                              draft.auth.protocol));
    return;
  }
  draft.user.auth = *protocol;
  check_key(reading, draft, "auth", draft.auth.key, {usm::row(*protocol).digest_octets});
}

std::string bad_privacy_text(const UserDraft& draft) {
  const std::string& name = draft.priv.protocol;
  const bool family = name == "AES-192" || name == "AES-256";
  if (family && draft.user.auth != usm::AuthProtocol::kNone) {
    return fmt::format(
        "protocol: {0} is ambiguous with {1}: its hash is too short for the key, and devices "
        "lengthen it in two ways; expected {0}-BLUMENTHAL (Net-SNMP's AES-192/256, SNMP4J) or "
        "{0}-REEDER (Cisco; Net-SNMP's AES-192-C/256-C)",
        name, usm::row(draft.user.auth).name);
  }
  return fmt::format(
      "protocol: expected one of DES, AES-128, AES-192, AES-256, the last two also with "
      "-BLUMENTHAL or -REEDER, found \"{}\"",
      name);
}

void check_priv(Reading& reading, UserDraft& draft) {
  check_passphrase(reading, draft, "priv", draft.priv.passphrase);
  if (!draft.auth.given) {
    reading.error(draft.priv.at, fmt::format("user {}: priv without auth; expected auth: as well "
                                             "(RFC 3412 6.4)",
                                             draft.user.name));
    return;
  }
  if (draft.priv.protocol.empty() || draft.user.auth == usm::AuthProtocol::kNone) return;
  const auto protocol = usm::priv_protocol(draft.priv.protocol, draft.user.auth);
  if (!protocol || *protocol == usm::PrivProtocol::kNone) {
    reading.error(draft.priv.protocol_at, bad_privacy_text(draft));
    return;
  }
  draft.user.priv = *protocol;
  if (*protocol == usm::PrivProtocol::kDes && !usm::Cipher::des_available()) {
    reading.error(draft.priv.protocol_at,
                  "protocol: DES needs OpenSSL's legacy provider, which is not installed; "
                  "expected another cipher");
  }
  check_key(reading, draft, "priv", draft.priv.key,
            {usm::row(*protocol).key_octets, usm::row(draft.user.auth).digest_octets});
}

bool engines_meet(const usm::User& a, const usm::User& b) {
  if (a.for_any_engine() || b.for_any_engine()) return a.for_any_engine() && b.for_any_engine();
  return std::any_of(a.engines.begin(), a.engines.end(), [&](const auto& engine) {
    return std::find(b.engines.begin(), b.engines.end(), engine) != b.engines.end();
  });
}

void take_key(const ProtocolDraft& draft, usm::AuthProtocol auth, usm::Key* ku, usm::Key* kul,
              std::vector<WantedKey>* wanted) {
  if (const SecretValue& given = draft.passphrase; given.secret != nullptr) {
    wanted->push_back({auth, given.secret, !given.from_environment, ku});
  } else if (draft.key.secret != nullptr) {
    auto octets = from_hex(trapd::as_text(draft.key.secret->expose()));
    CHECK(octets.has_value());
    *kul = usm::Key(*octets);
    wipe(*octets);
  }
}

}  // namespace

std::span<const Row<UserDraft>> user_rows() { return kUser; }
std::span<const Row<ProtocolDraft>> auth_rows() { return kAuth; }
std::span<const Row<ProtocolDraft>> priv_rows() { return kPriv; }

void read_users(Reading& reading, const Setting& setting, const Node& node,
                std::vector<UserDraft>& users) {
  read_list(reading, setting, node, [&](const Node& item) {
    UserDraft draft;
    draft.at = item.at;
    draft.name_at = item.at;
    if (!read_mapping(reading, "a user", item, user_rows(), draft)) return;
    if (draft.auth.given) check_auth(reading, draft);
    if (draft.priv.given) check_priv(reading, draft);
    users.push_back(std::move(draft));
  });
}

void settle_use(UserDraft& draft, bool named_by_destination) {
  const bool given = draft.use.given;
  draft.user.may_receive = given ? draft.use.receive : !named_by_destination;
  draft.user.may_send = given ? draft.use.send : named_by_destination;
  draft.user.may_use_agent = given && draft.use.agent;
}

void check_against_policy(Reading& reading, const UserDraft& draft, const usm::Policy& policy) {
  const usm::User& user = draft.user;
  if (user.name.empty()) return;
  const auto say = [&](Position at, std::string_view what, bool allowed) {
    reading.warning(at, allowed ? fmt::format("exception: user {} has {}", user.name, what)
                                : fmt::format("user {} has {}, which security: does not allow; "
                                              "its messages will be refused",
                                              user.name, what));
  };
  if (user.level() < policy.level) {
    say(draft.name_at, snmp::to_text(user.level()), false);
  } else if (user.level() != snmp::SecurityLevel::kAuthPriv) {
    say(draft.name_at, snmp::to_text(user.level()), true);
  }
  const bool weak_auth = user.auth == usm::AuthProtocol::kMd5;
  const bool auth_allowed = user.auth == usm::AuthProtocol::kNone || policy.allows(user.auth);
  if (weak_auth || !auth_allowed) {
    say(draft.auth.protocol_at, usm::row(user.auth).name, auth_allowed);
  }
  const bool weak_priv = user.priv == usm::PrivProtocol::kDes;
  const bool priv_allowed = user.priv == usm::PrivProtocol::kNone || policy.allows(user.priv);
  if (weak_priv || !priv_allowed) {
    say(draft.priv.protocol_at, usm::row(user.priv).name, priv_allowed);
  }
}

void check_overlaps(Reading& reading, const std::vector<UserDraft>& users) {
  std::map<std::string_view, std::vector<const UserDraft*>> by_name;
  for (const UserDraft& draft : users) {
    if (draft.user.name.empty()) continue;
    auto& earlier = by_name[draft.user.name];
    for (const UserDraft* other : earlier) {
      if (!engines_meet(other->user, draft.user)) continue;
      reading.error(draft.name_at,
                    fmt::format("user {} overlaps with the one at line {}: both are for {}; "
                                "expected different engines",
                                draft.user.name, other->name_at.line,
                                draft.user.for_any_engine() ? "any engine" : "one engine"));
      break;
    }
    earlier.push_back(&draft);
  }
}

void take_keys(UserDraft& draft, std::vector<WantedKey>* wanted) {
  usm::User& user = draft.user;
  if (draft.auth.given) take_key(draft.auth, user.auth, &user.auth_ku, &user.auth_kul, wanted);
  if (draft.priv.given) take_key(draft.priv, user.auth, &user.priv_ku, &user.priv_kul, wanted);
}

}  // namespace trapd::config
