// SPDX-License-Identifier: Apache-2.0
// The authentication and privacy protocols of USM as rows of two tables. An unknown name or value
// is an error, never something weaker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trapd::usm {

enum class AuthProtocol : std::uint8_t { kNone, kMd5, kSha1, kSha224, kSha256, kSha384, kSha512 };

/// AES-192/256 are in no RFC; two ways to lengthen a short key exist (KEY-12), and each is a
/// protocol of its own here: Blumenthal (draft-blumenthal-aes-usm-04) and Reeder
/// (draft-reeder-snmpv3-usm-3desede-00, Cisco).
enum class PrivProtocol : std::uint8_t {
  kNone,
  kDes,
  kAes128,
  kAes192Blumenthal,
  kAes192Reeder,
  kAes256Blumenthal,
  kAes256Reeder,
};

inline constexpr std::size_t kDigestOctetsMax = 64;   // SHA-512
inline constexpr std::size_t kMacOctetsMax = 48;      // usmHMAC384SHA512
inline constexpr std::size_t kPrivKeyOctetsMax = 32;  // AES-256
inline constexpr std::size_t kSaltOctets = 8;

struct AuthRow {
  AuthProtocol protocol;
  std::string_view name;      // as in the configuration: "SHA-256"
  std::size_t digest_octets;  // of the hash, and of a localised key
  std::size_t mac_octets;     // on the wire (RFC 3414 6.3, 7.3; RFC 7860 4.1)
  std::size_t block_octets;   // of the HMAC
};
inline constexpr std::array<AuthRow, 7> kAuthRows = {{
    {AuthProtocol::kNone, "none", 0, 0, 0},
    {AuthProtocol::kMd5, "MD5", 16, 12, 64},
    {AuthProtocol::kSha1, "SHA-1", 20, 12, 64},
    {AuthProtocol::kSha224, "SHA-224", 28, 16, 64},
    {AuthProtocol::kSha256, "SHA-256", 32, 24, 64},
    {AuthProtocol::kSha384, "SHA-384", 48, 32, 128},
    {AuthProtocol::kSha512, "SHA-512", 64, 48, 128},
}};
constexpr const AuthRow& row(AuthProtocol protocol) {
  return kAuthRows[static_cast<std::size_t>(protocol)];
}

enum class KeyExtension : std::uint8_t { kNone, kBlumenthal, kReeder };
struct PrivRow {
  PrivProtocol protocol;
  std::string_view name;    // "AES-128", "AES-256-BLUMENTHAL"
  std::string_view family;  // what `security.privacy` lists: "AES-256"
  std::size_t key_octets;   // taken from the localised (and extended) key; DES: 8 key + 8 pre-IV
  KeyExtension extension;
};
inline constexpr std::array<PrivRow, 7> kPrivRows = {{
    {PrivProtocol::kNone, "none", "none", 0, KeyExtension::kNone},
    {PrivProtocol::kDes, "DES", "DES", 16, KeyExtension::kNone},
    {PrivProtocol::kAes128, "AES-128", "AES-128", 16, KeyExtension::kNone},
    {PrivProtocol::kAes192Blumenthal, "AES-192-BLUMENTHAL", "AES-192", 24,
     KeyExtension::kBlumenthal},
    {PrivProtocol::kAes192Reeder, "AES-192-REEDER", "AES-192", 24, KeyExtension::kReeder},
    {PrivProtocol::kAes256Blumenthal, "AES-256-BLUMENTHAL", "AES-256", 32,
     KeyExtension::kBlumenthal},
    {PrivProtocol::kAes256Reeder, "AES-256-REEDER", "AES-256", 32, KeyExtension::kReeder},
}};
constexpr const PrivRow& row(PrivProtocol protocol) {
  return kPrivRows[static_cast<std::size_t>(protocol)];
}

/// Exact name of a row; nullopt otherwise. "none" is a row.
std::optional<AuthProtocol> auth_protocol(std::string_view name);
/// Exact name, or the bare "AES-192"/"AES-256" when `auth` has a hash so long that both
/// extensions give the same key (SHA-224 and up for 192, SHA-256 and up for 256); a bare name with
/// a shorter hash is ambiguous: nullopt.
std::optional<PrivProtocol> priv_protocol(std::string_view name, AuthProtocol auth);

}  // namespace trapd::usm
