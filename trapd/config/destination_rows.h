// SPDX-License-Identifier: Apache-2.0
// destinations: what is common to all, and one table of rows per kind.
#pragma once

#include <string>
#include <vector>

#include "forwarders/destination.h"
#include "trapd/config/reading.h"
#include "trapd/config/secret_source.h"

namespace trapd::config {

enum class DestinationType : std::uint8_t { kNone, kSyslog, kMail, kSnmp };

struct TlsDraft {
  forwarders::TlsSettings settings;
  bool given = false;
  Position at;
};

struct LoginDraft {
  std::string user;
  SecretValue password;
};

struct DigestDraft {
  std::chrono::seconds window{60};
  std::uint32_t max = 200;
};

struct DestinationDraft {
  Position at;
  Position name_at;
  Position was_at;
  DestinationType type = DestinationType::kNone;
  forwarders::Destination destination;
  // what a kind's rows fill; finish_destination() puts it together
  forwarders::SyslogSettings syslog;
  forwarders::MailSettings mail;
  forwarders::SnmpSettings snmp;
  TlsDraft tls;
  LoginDraft login;
  DigestDraft digest;
  SecretValue community;
  std::string user;  // SNMP v3: of snmp_users
  Position user_at;
};

std::span<const Row<DestinationDraft>> destination_rows();
std::span<const Row<DestinationDraft>> syslog_rows();
std::span<const Row<DestinationDraft>> mail_rows();
std::span<const Row<DestinationDraft>> snmp_rows();
std::span<const Row<TlsDraft>> tls_rows();
std::span<const Row<LoginDraft>> login_rows();
std::span<const Row<DigestDraft>> digest_rows();
std::span<const Row<forwarders::Match>> match_rows();

void read_destinations(Reading& reading, const Setting& setting, const Node& node,
                       std::vector<DestinationDraft>& destinations);
/// `select:`: a mapping, or an ordered list of {allow: …} and {prevent: …}.
forwarders::Filter read_select(Reading& reading, const Setting& setting, const Node& node);
void read_tls(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft);

/// Checks between the keys of one kind, and its settings into the destination.
void finish_syslog(Reading& reading, const Node& node, DestinationDraft& draft);
void finish_mail(Reading& reading, const Node& node, DestinationDraft& draft);
void finish_snmp(Reading& reading, const Node& node, DestinationDraft& draft);

}  // namespace trapd::config
