// SPDX-License-Identifier: Apache-2.0
// Settings of one destination, as the configuration gives them: what is common to all kinds, and
// one struct per kind. Plain values; files and secrets are already read.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "trapd/alarm/x733.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/secret.h"
#include "trapd/base/time_span.h"
#include "trapd/usm/user.h"

namespace trapd::forwarders {

/// One condition list; an absent key matches everything, a present one matches any of its values
/// (an empty list matches nothing).
struct Match {
  std::optional<std::vector<alarm::Severity>> severity;
  std::optional<std::vector<alarm::EventType>> type;
  std::optional<std::vector<std::string>> name;    // alarm names
  std::optional<std::vector<std::string>> device;  // identity, name or address
  std::optional<std::vector<std::string>> site;
  std::optional<std::vector<std::string>> tenant;
  std::optional<std::vector<Network>> source;  // who has sent it; trapd's own have no source
  std::optional<std::vector<std::string>>
      resource;                               // whole, or the beginning of it with a * behind
  std::optional<std::vector<TimeSpan>> time;  // when it was received
  std::optional<bool> own;                    // origin: own / device
  friend bool operator==(const Match&, const Match&) = default;
};

/// Ordered; the first match decides; what matches none is not forwarded when there is any `allow`
/// entry, else it is.
struct Filter {
  struct Entry {
    bool allow = true;
    Match match;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;
  friend bool operator==(const Filter&, const Filter&) = default;
};

/// Host and port as written; resolved again at each connect.
struct Peer {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const { return host + ":" + std::to_string(port); }
  friend bool operator==(const Peer&, const Peer&) = default;
};

enum class TlsVerify : std::uint8_t { kName, kIp, kFingerprint };
struct TlsSettings {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  TlsVerify verify = TlsVerify::kName;
  std::string fingerprint;  // "sha-256:AA:BB:…"
  std::string server_name;  // what to expect instead of the host
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct SyslogSettings {
  enum class Transport : std::uint8_t { kUdp, kTcp, kTls };
  enum class Format : std::uint8_t { kRfc5424, kRfc3164, kOvoc, kJson };
  enum class Framing : std::uint8_t { kOctetCounting, kLf };
  Transport transport = Transport::kUdp;
  Peer peer;
  TlsSettings tls;
  Format format = Format::kRfc5424;
  Framing framing = Framing::kOctetCounting;
  std::uint8_t facility = 3;  // daemon
  std::uint32_t message_octets_max = 8192;
  std::uint64_t resend_octets = 4 << 20;
  friend bool operator==(const SyslogSettings&, const SyslogSettings&) = default;
};

struct MailSettings {
  enum class Tls : std::uint8_t { kStartTls, kImplicit, kOff };
  Tls tls = Tls::kStartTls;
  Peer peer;
  TlsSettings tls_settings;
  std::string user;
  std::shared_ptr<const Secret> password;
  std::string from;
  std::vector<std::string> recipients;
  std::chrono::seconds digest_window{60};
  std::uint32_t digest_max = 200;
  std::string subject;  // template; empty = default
  std::string body;     // template of one entry; empty = default
  bool html = true;     // beside the plain text
  enum class Format : std::uint8_t { kTrapd, kOvoc };
  Format format = Format::kTrapd;  // the words of subject and body where no template has them
};

struct SnmpSettings {
  enum class Version : std::uint8_t { kV2c, kV3 };
  enum class Format : std::uint8_t { kOriginal, kAlarm };
  Version version = Version::kV3;
  Peer peer;
  std::string community;
  std::shared_ptr<const usm::User> user;
  bool inform = false;
  Format format = Format::kAlarm;
  std::uint16_t source_port_first = 1180;
  std::uint16_t source_port_last = 1220;
  std::chrono::milliseconds timeout{15'000};  // NBS-02
  std::uint32_t retries = 3;
  std::uint32_t window = 64;          // informs outstanding, at most one per device
  std::chrono::seconds heartbeat{0};  // 0 = none
};

struct Destination {
  std::string name;
  std::string was;  // takes over the cursor of this name
  enum class Send : std::uint8_t { kAll, kChanges };
  Send send = Send::kAll;
  enum class Start : std::uint8_t { kNow, kOldest };
  Start start = Start::kNow;
  Filter filter;
  std::variant<SyslogSettings, MailSettings, SnmpSettings> settings;
};

/// Equal in everything, secrets and keys by their content: such a destination need not be started
/// anew by a reload.
bool same_settings(const Destination& a, const Destination& b);

}  // namespace trapd::forwarders
