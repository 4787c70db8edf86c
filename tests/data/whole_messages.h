// SPDX-License-Identifier: Apache-2.0
// Whole SNMPv3 messages as hexadecimal text, one line for each field.
//
// Engine ID 000000000000000000000002, passphrase "maplesyrup" for authentication and privacy,
// msgID 4660, msgMaxSize 65507, engine boots 7 (W1: 0). Each holds linkDown for ifIndex 3 with
// sysUpTime 12345 and request-id 1; contextEngineID is the engine ID. Net-SNMP accepts them when
// they are sent in this order to a fresh receiver.
#pragma once

#include <array>
#include <string_view>

namespace trapd::test {

struct WholeMessage {
  const char* name;
  const char* user;
  bool encrypted;
  std::string_view hex;
};

// The ScopedPDU that all of them hold.
inline constexpr std::string_view kLinkDownScopedPdu =
    "3057"                                                // ScopedPDU
    "040c000000000000000000000002"                        // contextEngineID
    "0400"                                                // contextName
    "a745"                                                // SNMPv2-Trap
    "020101"                                              // request-id
    "020100"                                              // error-status
    "020100"                                              // error-index
    "303a"                                                // VarBindList
    "300e06082b0601020101030043023039"                    // sysUpTime.0
    "3017060a2b06010603010104010006092b0601060301010503"  // snmpTrapOID.0 = linkDown
    "300f060a2b060102010202010103020103";                 // ifIndex.3 = 3

inline constexpr std::array<WholeMessage, 10> kWholeMessages = {{
    // W1: noAuthNoPriv, user noa
    {"W1", "noa", false,
     "30818e"                                              // SNMPv3Message
     "020103"                                              // msgVersion
     "300f"                                                // msgGlobalData
     "02021234"                                            // msgID
     "020300ffe3"                                          // msgMaxSize
     "040100"                                              // msgFlags
     "020103"                                              // msgSecurityModel
     "041f"                                                // msgSecurityParameters
     "301d"                                                // UsmSecurityParameters
     "040c000000000000000000000002"                        // msgAuthoritativeEngineID
     "020100"                                              // msgAuthoritativeEngineBoots
     "020100"                                              // msgAuthoritativeEngineTime
     "04036e6f61"                                          // msgUserName
     "0400"                                                // msgAuthenticationParameters
     "0400"                                                // msgPrivacyParameters
     "3057"                                                // ScopedPDU
     "040c000000000000000000000002"                        // contextEngineID
     "0400"                                                // contextName
     "a745"                                                // SNMPv2-Trap
     "020101"                                              // request-id
     "020100"                                              // error-status
     "020100"                                              // error-index
     "303a"                                                // VarBindList
     "300e06082b0601020101030043023039"                    // sysUpTime.0
     "3017060a2b06010603010104010006092b0601060301010503"  // snmpTrapOID.0 = linkDown
     "300f060a2b060102010202010103020103"},                // ifIndex.3 = 3
    // W2: HMAC-MD5-96, user bert, time 1001
    {"W2", "bert", false,
     "30819c"                                              // SNMPv3Message
     "020103"                                              // msgVersion
     "300f"                                                // msgGlobalData
     "02021234"                                            // msgID
     "020300ffe3"                                          // msgMaxSize
     "040101"                                              // msgFlags
     "020103"                                              // msgSecurityModel
     "042d"                                                // msgSecurityParameters
     "302b"                                                // UsmSecurityParameters
     "040c000000000000000000000002"                        // msgAuthoritativeEngineID
     "020107"                                              // msgAuthoritativeEngineBoots
     "020203e9"                                            // msgAuthoritativeEngineTime
     "040462657274"                                        // msgUserName
     "040c0c3bc2357c3c9957a9e99211"                        // msgAuthenticationParameters
     "0400"                                                // msgPrivacyParameters
     "3057"                                                // ScopedPDU
     "040c000000000000000000000002"                        // contextEngineID
     "0400"                                                // contextName
     "a745"                                                // SNMPv2-Trap
     "020101"                                              // request-id
     "020100"                                              // error-status
     "020100"                                              // error-index
     "303a"                                                // VarBindList
     "300e06082b0601020101030043023039"                    // sysUpTime.0
     "3017060a2b06010603010104010006092b0601060301010503"  // snmpTrapOID.0 = linkDown
     "300f060a2b060102010202010103020103"},                // ifIndex.3 = 3
    // W3: HMAC-MD5-96 + DES-CBC, user bert, time 1002, salt 0000000700000001
    {"W3", "bert", true,
     "3081ad"                        // SNMPv3Message
     "020103"                        // msgVersion
     "300f"                          // msgGlobalData
     "02021234"                      // msgID
     "020300ffe3"                    // msgMaxSize
     "040103"                        // msgFlags
     "020103"                        // msgSecurityModel
     "0435"                          // msgSecurityParameters
     "3033"                          // UsmSecurityParameters
     "040c000000000000000000000002"  // msgAuthoritativeEngineID
     "020107"                        // msgAuthoritativeEngineBoots
     "020203ea"                      // msgAuthoritativeEngineTime
     "040462657274"                  // msgUserName
     "040c9fc32accd3efa05fe55b31d8"  // msgAuthenticationParameters
     "04080000000700000001"          // msgPrivacyParameters
     "0460"                          // encryptedPDU
     "aa646d0b296b9c36190b6b35c03f1909ef0d092e57a05e96ca4e55c7978932055cc31e"  // ciphertext
     "497e24ebdd01dcc5de92a74f7c470887bf187ffe08b3cce178ad1f5d588c452b5ccddb"
     "4d9d022b4a692b6e292ffbaed246c354e48c1480f5c597a5469d"},
    // W4: HMAC-SHA-96 + AES-128, user sha, time 1003, salt 0123456789abcdef
    {"W4", "sha", true,
     "3081a5"                        // SNMPv3Message
     "020103"                        // msgVersion
     "300f"                          // msgGlobalData
     "02021234"                      // msgID
     "020300ffe3"                    // msgMaxSize
     "040103"                        // msgFlags
     "020103"                        // msgSecurityModel
     "0434"                          // msgSecurityParameters
     "3032"                          // UsmSecurityParameters
     "040c000000000000000000000002"  // msgAuthoritativeEngineID
     "020107"                        // msgAuthoritativeEngineBoots
     "020203eb"                      // msgAuthoritativeEngineTime
     "0403736861"                    // msgUserName
     "040cdd92809501fc3786222c30a3"  // msgAuthenticationParameters
     "04080123456789abcdef"          // msgPrivacyParameters
     "0459"                          // encryptedPDU
     "6cffa72d2d3b0986f9715e0dd045e475247ef3ee97fb9cab1d1f1d4606b33a71b99dff"  // ciphertext
     "4cf9c4b1b4e591f643ec6333dd24e6092b8655aebcb3402d883b3dbdbb2c0eef626924"
     "16baabfcece8329ef3553001dfa3d2b4e76f1a"},
    // W5: HMAC-192-SHA-256, user sha256, time 1004
    {"W5", "sha256", false,
     "3081aa"                                                // SNMPv3Message
     "020103"                                                // msgVersion
     "300f"                                                  // msgGlobalData
     "02021234"                                              // msgID
     "020300ffe3"                                            // msgMaxSize
     "040101"                                                // msgFlags
     "020103"                                                // msgSecurityModel
     "043b"                                                  // msgSecurityParameters
     "3039"                                                  // UsmSecurityParameters
     "040c000000000000000000000002"                          // msgAuthoritativeEngineID
     "020107"                                                // msgAuthoritativeEngineBoots
     "020203ec"                                              // msgAuthoritativeEngineTime
     "0406736861323536"                                      // msgUserName
     "0418eeb66354753c40a0bfbba2f01843b9d22f9a707e3f835d4f"  // msgAuthenticationParameters
     "0400"                                                  // msgPrivacyParameters
     "3057"                                                  // ScopedPDU
     "040c000000000000000000000002"                          // contextEngineID
     "0400"                                                  // contextName
     "a745"                                                  // SNMPv2-Trap
     "020101"                                                // request-id
     "020100"                                                // error-status
     "020100"                                                // error-index
     "303a"                                                  // VarBindList
     "300e06082b0601020101030043023039"                      // sysUpTime.0
     "3017060a2b06010603010104010006092b0601060301010503"    // snmpTrapOID.0 = linkDown
     "300f060a2b060102010202010103020103"},                  // ifIndex.3 = 3
    // W6: HMAC-192-SHA-256 + AES-128, user sha256, time 1005, salt as W4
    {"W6", "sha256", true,
     "3081b4"                                                // SNMPv3Message
     "020103"                                                // msgVersion
     "300f"                                                  // msgGlobalData
     "02021234"                                              // msgID
     "020300ffe3"                                            // msgMaxSize
     "040103"                                                // msgFlags
     "020103"                                                // msgSecurityModel
     "0443"                                                  // msgSecurityParameters
     "3041"                                                  // UsmSecurityParameters
     "040c000000000000000000000002"                          // msgAuthoritativeEngineID
     "020107"                                                // msgAuthoritativeEngineBoots
     "020203ed"                                              // msgAuthoritativeEngineTime
     "0406736861323536"                                      // msgUserName
     "0418f6865e9d5244d3a2e50b24952beab5a71e3d6ca2649a807b"  // msgAuthenticationParameters
     "04080123456789abcdef"                                  // msgPrivacyParameters
     "0459"                                                  // encryptedPDU
     "1fcf1a94026a78293fcbdeaa2c930b32f0e69dc17efc1b3a7008aa8e843fa633b54436"  // ciphertext
     "d32c31971091893432151f2b9fdb00f371b93781c45f38999a8af40b08ca3e21b88249"
     "07c20ae33df361f8b2b4a69e73c55b32889fe4"},
    // W7: HMAC-384-SHA-512 + AES-128, user sha512, time 1006, salt as W4
    {"W7", "sha512", true,
     "3081cc"                        // SNMPv3Message
     "020103"                        // msgVersion
     "300f"                          // msgGlobalData
     "02021234"                      // msgID
     "020300ffe3"                    // msgMaxSize
     "040103"                        // msgFlags
     "020103"                        // msgSecurityModel
     "045b"                          // msgSecurityParameters
     "3059"                          // UsmSecurityParameters
     "040c000000000000000000000002"  // msgAuthoritativeEngineID
     "020107"                        // msgAuthoritativeEngineBoots
     "020203ee"                      // msgAuthoritativeEngineTime
     "0406736861353132"              // msgUserName
     "0430"                          // msgAuthenticationParameters
     "4100d24f26d0d2fab3a3f464a18578f1bff76f5e97a5460dc6fd63e0ccfaeceed5"
     "814abdc5e13620e3dbd1212e239918"
     "04080123456789abcdef"  // msgPrivacyParameters
     "0459"                  // encryptedPDU
     "c38495bf91c5f79b83177327a9d99b3013e970d01eb5b8162b5d0abaa3b294edcef9c0"  // ciphertext
     "01afe4ec68a77202211c8f8fae46ce4859b813455ef54c1301dfb320962a7ae002bb76"
     "f5778e9324320d034aae78d185f925ca31f45a"},
    // W8: HMAC-SHA-96 + AES-256 Blumenthal, user sha1b, time 1007, salt as W4
    {"W8", "sha1b", true,
     "3081a7"                        // SNMPv3Message
     "020103"                        // msgVersion
     "300f"                          // msgGlobalData
     "02021234"                      // msgID
     "020300ffe3"                    // msgMaxSize
     "040103"                        // msgFlags
     "020103"                        // msgSecurityModel
     "0436"                          // msgSecurityParameters
     "3034"                          // UsmSecurityParameters
     "040c000000000000000000000002"  // msgAuthoritativeEngineID
     "020107"                        // msgAuthoritativeEngineBoots
     "020203ef"                      // msgAuthoritativeEngineTime
     "04057368613162"                // msgUserName
     "040c41b5c8b666a5e1c6d9c56c6e"  // msgAuthenticationParameters
     "04080123456789abcdef"          // msgPrivacyParameters
     "0459"                          // encryptedPDU
     "e8e3cfe07fdcd1945f59802d8c8fa4ee403436e29a871078fa14dba6c70a7cb09599be"  // ciphertext
     "cbc846a9433bb32c1f221950a652a87129c28357277ac63b264d442f559f9000a6387d"
     "6073012f3f0be87f2ee924e44fe8e4352c3329"},
    // W9: HMAC-SHA-96 + AES-256 Reeder, user sha1r, time 1008, salt as W4
    {"W9", "sha1r", true,
     "3081a7"                        // SNMPv3Message
     "020103"                        // msgVersion
     "300f"                          // msgGlobalData
     "02021234"                      // msgID
     "020300ffe3"                    // msgMaxSize
     "040103"                        // msgFlags
     "020103"                        // msgSecurityModel
     "0436"                          // msgSecurityParameters
     "3034"                          // UsmSecurityParameters
     "040c000000000000000000000002"  // msgAuthoritativeEngineID
     "020107"                        // msgAuthoritativeEngineBoots
     "020203f0"                      // msgAuthoritativeEngineTime
     "04057368613172"                // msgUserName
     "040cd4da94c849f7ea74f239a574"  // msgAuthenticationParameters
     "04080123456789abcdef"          // msgPrivacyParameters
     "0459"                          // encryptedPDU
     "95daad5e4cf602809b761a19dfd0085f983c3e415fdc696ab9f989e73d057ea372da13"  // ciphertext
     "3e544fdb6f5177ccc1a79fde21b3e2586bd98f935ee55d2d18dc9f48ca7de21c9a45e8"
     "4f27ebf8f8720782566d64b631a01043ae06af"},
    // W10: as W2 at time 1009 but outer length in four-octet long form, MAC over those octets
    {"W10", "bert", false,
     "30840000009c"                                        // SNMPv3Message
     "020103"                                              // msgVersion
     "300f"                                                // msgGlobalData
     "02021234"                                            // msgID
     "020300ffe3"                                          // msgMaxSize
     "040101"                                              // msgFlags
     "020103"                                              // msgSecurityModel
     "042d"                                                // msgSecurityParameters
     "302b"                                                // UsmSecurityParameters
     "040c000000000000000000000002"                        // msgAuthoritativeEngineID
     "020107"                                              // msgAuthoritativeEngineBoots
     "020203f1"                                            // msgAuthoritativeEngineTime
     "040462657274"                                        // msgUserName
     "040c422c6d17de9c17c7ea6e49cd"                        // msgAuthenticationParameters
     "0400"                                                // msgPrivacyParameters
     "3057"                                                // ScopedPDU
     "040c000000000000000000000002"                        // contextEngineID
     "0400"                                                // contextName
     "a745"                                                // SNMPv2-Trap
     "020101"                                              // request-id
     "020100"                                              // error-status
     "020100"                                              // error-index
     "303a"                                                // VarBindList
     "300e06082b0601020101030043023039"                    // sysUpTime.0
     "3017060a2b06010603010104010006092b0601060301010503"  // snmpTrapOID.0 = linkDown
     "300f060a2b060102010202010103020103"},                // ifIndex.3 = 3
}};

}  // namespace trapd::test
