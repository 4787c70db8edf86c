// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "trapd/config/destination_rows.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

using forwarders::SyslogSettings;
using forwarders::TlsSettings;
using forwarders::TlsVerify;

void read_to(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft) {
  struct Scheme {
    std::string_view prefix;
    SyslogSettings::Transport transport;
    std::uint16_t port;  // 0 = none is registered (RFC 6587)
  };
  static constexpr std::array<Scheme, 3> kSchemes = {
      {{"udp://", SyslogSettings::Transport::kUdp, 514},
       {"tcp://", SyslogSettings::Transport::kTcp, 0},
       {"tls://", SyslogSettings::Transport::kTls, 6514}}};
  for (const Scheme& scheme : kSchemes) {
    if (!node.is_scalar() || !node.text.starts_with(scheme.prefix)) continue;
    const auto peer = parse_host_port(std::string_view(node.text).substr(scheme.prefix.size()));
    if (!peer) break;
    if (peer->port == 0 && scheme.port == 0) {
      reading.error(node.at, "to: tcp:// has no registered port; expected tcp://HOST:PORT");
      return;
    }
    draft.syslog.transport = scheme.transport;
    draft.syslog.peer = {peer->host, peer->port != 0 ? peer->port : scheme.port};
    return;
  }
  reading.unexpected(setting, node);
}

constexpr std::array<Word<SyslogSettings::Format>, 4> kFormats = {
    {{"rfc5424", SyslogSettings::Format::kRfc5424},
     {"rfc3164", SyslogSettings::Format::kRfc3164},
     {"ovoc", SyslogSettings::Format::kOvoc},
     {"json", SyslogSettings::Format::kJson}}};
constexpr std::array<Word<SyslogSettings::Framing>, 2> kFramings = {
    {{"octet-counting", SyslogSettings::Framing::kOctetCounting},
     {"lf", SyslogSettings::Framing::kLf}}};
constexpr std::array<Word<TlsVerify>, 3> kVerify = {
    {{"name", TlsVerify::kName}, {"ip", TlsVerify::kIp}, {"fingerprint", TlsVerify::kFingerprint}}};

void read_format(Reading& reading, const Setting& setting, const Node& node,
                 DestinationDraft& draft) {
  as_choice<&SyslogSettings::format, kFormats>(reading, setting, node, draft.syslog);
}
void read_framing(Reading& reading, const Setting& setting, const Node& node,
                  DestinationDraft& draft) {
  as_choice<&SyslogSettings::framing, kFramings>(reading, setting, node, draft.syslog);
}
template <auto Member>
void as_syslog_number(Reading& reading, const Setting& setting, const Node& node,
                      DestinationDraft& draft) {
  as_number<Member>(reading, setting, node, draft.syslog);
}

constexpr std::array<Row<DestinationDraft>, 7> kSyslog = {{
    {{.key = "to",
      .form = Form::kWritten,
      .words = "udp://HOST[:514], tcp://HOST:PORT or tls://HOST[:6514]",
      .required = true,
      .doc = "transport and receiver",
      .example = "tls://logs.example.net:6514"},
     &read_to},
    {{.key = "tls",
      .form = Form::kMapping,
      .doc = "with tls:// only",
      .example = "{ca: ca.pem, certificate: client.pem, key: client.key, verify: name}"},
     &read_tls},
    {{.key = "format",
      .form = Form::kChoice,
      .words = "rfc5424 | rfc3164 | ovoc | json",
      .fallback = "rfc5424",
      .doc = "rfc5424: with the structured data of RFC 5675 and 5674; ovoc: the wording of OVOC"},
     &read_format},
    {{.key = "framing",
      .form = Form::kChoice,
      .words = "octet-counting | lf",
      .fallback = "octet-counting",
      .instead = true,
      .doc = "with tcp:// only: RFC 6587 3.4.1, or a line feed behind each message"},
     &read_framing},
    {{.key = "facility",
      .form = Form::kInteger,
      .fallback = "3",
      .min = 0,
      .max = 23,
      .doc = "syslog facility; 3 = daemon"},
     &as_syslog_number<&SyslogSettings::facility>},
    {{.key = "message_size",
      .form = Form::kSize,
      .fallback = "8KiB",
      .min = 480,
      .max = 1 << 16,
      .doc = "longest message; what is longer is shortened with a mark. With udp:// 2KiB unless "
             "said (RFC 5426 3.2: a larger one may not arrive)"},
     &as_syslog_number<&SyslogSettings::message_octets_max>},
    {{.key = "resend",
      .form = Form::kSize,
      .fallback = "4MiB",
      .min = 0,
      .max = 1 << 30,
      .doc = "sent again after an abnormal close of tcp:// or tls://"},
     &as_syslog_number<&SyslogSettings::resend_octets>},
}};

template <auto Member>
void as_tls_file(Reading& reading, const Setting& setting, const Node& node, TlsDraft& draft) {
  as_file_name<Member>(reading, setting, node, draft.settings);
}

/// PATH, or {file: PATH, mode: any} for a key that is readable to others on purpose.
void read_tls_key(Reading& reading, const Setting& setting, const Node& node, TlsDraft& draft) {
  SecretSource source;
  if (node.is_scalar() && !node.text.empty()) {
    source.file = node.text;
  } else if (!node.is_mapping() ||
             !read_mapping(reading, setting.key, node, secret_source_rows(), source) ||
             source.file.empty()) {
    reading.unexpected(setting, node);
    return;
  }
  const std::string path = reading.resolve(source.file);
  const Node* file = node.find("file");
  if (check_secret_file(reading, setting.key, file != nullptr ? file->at : node.at, path,
                        source.any_mode)) {
    draft.settings.key_file = path;
  }
}

void read_verify(Reading& reading, const Setting& setting, const Node& node, TlsDraft& draft) {
  as_choice<&TlsSettings::verify, kVerify>(reading, setting, node, draft.settings);
}

void read_fingerprint(Reading& reading, const Setting& setting, const Node& node, TlsDraft& draft) {
  constexpr std::string_view kPrefix = "sha-256:";
  const bool prefixed = node.is_scalar() && node.text.starts_with(kPrefix);
  const auto octets = prefixed ? from_hex(node.text.substr(kPrefix.size())) : std::nullopt;
  if (octets && octets->size() == 32) {
    draft.settings.fingerprint = node.text;
  } else {
    reading.unexpected(setting, node);
  }
}

void read_server_name(Reading& reading, const Setting& setting, const Node& node, TlsDraft& draft) {
  as_text<&TlsSettings::server_name>(reading, setting, node, draft.settings);
}

constexpr std::array<Row<TlsDraft>, 6> kTls = {{
    {{.key = "ca",
      .words = "a path",
      .doc = "certificates to trust (PEM); without it the system's",
      .example = "ca.pem"},
     &as_tls_file<&TlsSettings::ca_file>},
    {{.key = "certificate",
      .words = "a path",
      .doc = "own certificate chain (PEM); needs key",
      .example = "client.pem"},
     &as_tls_file<&TlsSettings::certificate_file>},
    {{.key = "key",
      .form = Form::kWritten,
      .words = "a path, or {file: PATH, mode: any}",
      .doc = "own private key (PEM); closed to group and others",
      .example = "client.key"},
     &read_tls_key},
    {{.key = "verify",
      .form = Form::kChoice,
      .words = "name | ip | fingerprint",
      .fallback = "name",
      .doc = "what of the peer's certificate must be right"},
     &read_verify},
    {{.key = "fingerprint",
      .form = Form::kWritten,
      .words = "sha-256: and 32 octets like AA:BB:…",
      .instead = true,
      .doc = "with verify: fingerprint",
      .example = "sha-256:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"},
     &read_fingerprint},
    {{.key = "server_name",
      .words = "a host name",
      .max = 253,
      .doc = "name to expect in the certificate instead of the host of to:",
      .example = "logs.example.net"},
     &read_server_name},
}};

}  // namespace

std::span<const Row<DestinationDraft>> syslog_rows() { return kSyslog; }
std::span<const Row<TlsDraft>> tls_rows() { return kTls; }

void read_tls(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft) {
  draft.tls.given = true;
  draft.tls.at = node.at;
  if (!read_mapping(reading, setting.key, node, tls_rows(), draft.tls)) return;
  const bool certificate = node.find("certificate") != nullptr;
  if (certificate != (node.find("key") != nullptr)) {
    reading.error(node.at, fmt::format("tls: {} without {}; expected both or neither",
                                       certificate ? "certificate" : "key",
                                       certificate ? "key" : "certificate"));
  }
  const bool by_fingerprint = draft.tls.settings.verify == TlsVerify::kFingerprint;
  if (by_fingerprint != (node.find("fingerprint") != nullptr)) {
    reading.error(node.at,
                  "tls: expected verify: fingerprint and fingerprint: together, or neither");
  }
}

void finish_syslog(Reading& reading, const Node& node, DestinationDraft& draft) {
  SyslogSettings& settings = draft.syslog;
  if (draft.tls.given && settings.transport != SyslogSettings::Transport::kTls) {
    reading.error(node.place_of("tls"), "tls: expected a tls:// receiver in to:");
  }
  if (node.find("message_size") == nullptr &&
      settings.transport == SyslogSettings::Transport::kUdp) {
    settings.message_octets_max = 2048;
  }
  if (node.find("framing") != nullptr && settings.transport != SyslogSettings::Transport::kTcp) {
    reading.error(node.place_of("framing"), "framing: expected a tcp:// receiver in to:");
  }
  settings.tls = std::move(draft.tls.settings);
  draft.destination.settings = std::move(settings);
}

}  // namespace trapd::config
