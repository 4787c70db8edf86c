// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/mail_settings.h"

#include "forwarders/mail/certificate_check.h"
#include "forwarders/mail/mailbox.h"
#include "forwarders/text_template.h"
#include "trapd/base/ip_address.h"

namespace trapd::forwarders::mail {

namespace {

Status check_template(const char* key, const std::string& text) {
  auto parsed = TextTemplate::parse(text);
  return parsed ? Status() : failure(std::string(key) + ": " + parsed.error().text);
}

bool is_host(const std::string& text) { return is_domain(text) || Endpoint::parse_address(text); }

Status check_tls(const MailSettings& settings) {
  const TlsSettings& tls = settings.tls_settings;
  if (!tls.server_name.empty() && !is_host(tls.server_name)) {
    return failure("server_name: \"" + tls.server_name +
                   "\" is neither a host name nor an address");
  }
  // The address connected to is not known yet; any will do to check the rest.
  const std::string expected = expected_peer(settings);
  auto check = CertificateCheck::make(tls, expected.empty() ? "192.0.2.1" : expected);
  return check ? Status() : failure(check.error().text);
}

}  // namespace

std::string expected_peer(const MailSettings& settings) {
  if (!settings.tls_settings.server_name.empty()) return settings.tls_settings.server_name;
  return settings.tls_settings.verify == TlsVerify::kIp ? std::string() : settings.peer.host;
}

Status check_mail_settings(const MailSettings& settings) {
  if (!is_host(settings.peer.host) || settings.peer.port == 0) {
    return failure("to: \"" + settings.peer.text() + "\" is not a host name or address and a port");
  }
  if (settings.recipients.empty()) return failure("recipients: none");
  if (Status status = check_mailbox(settings.from); !status) {
    return failure("from: " + status.error().text);
  }
  for (const std::string& recipient : settings.recipients) {
    if (Status status = check_mailbox(recipient); !status) {
      return failure("recipients: " + status.error().text);
    }
  }
  if (settings.tls == MailSettings::Tls::kOff) {
    if (!settings.user.empty()) return failure("login: refused without TLS");
  } else if (Status status = check_tls(settings); !status) {
    return status;
  }
  if (Status status = check_template("subject", settings.subject); !status) return status;
  return check_template("body", settings.body);
}

}  // namespace trapd::forwarders::mail
