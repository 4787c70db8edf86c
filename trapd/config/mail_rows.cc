// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "trapd/config/destination_rows.h"
#include "trapd/config/value_rows.h"

namespace trapd::config {
namespace {

using forwarders::MailSettings;

void read_to(Reading& reading, const Setting& setting, const Node& node, DestinationDraft& draft) {
  const std::string_view text = node.is_scalar() ? std::string_view(node.text) : "";
  const bool implicit = text.starts_with("smtps://");
  const std::size_t prefix = implicit ? 8 : text.starts_with("smtp://") ? 7 : 0;
  const auto peer = prefix > 0 ? parse_host_port(text.substr(prefix)) : std::nullopt;
  if (!peer) {
    reading.unexpected(setting, node);
    return;
  }
  const std::uint16_t usual = implicit ? 465 : 25;
  draft.mail.tls = implicit ? MailSettings::Tls::kImplicit : MailSettings::Tls::kStartTls;
  draft.mail.peer = {peer->host, peer->port != 0 ? peer->port : usual};
}

/// One bare address: nothing in it can end a header field or an SMTP command (MAI-01).
bool valid_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return false;
  if (at > 64 || address.size() > 254) return false;
  return address.find_first_of(" \t\r\n\v\f<>()[]\\,;:\"") == std::string_view::npos &&
         address.substr(0, at).find('@') == std::string_view::npos;
}

void read_from(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  if (node.is_scalar() && valid_address(node.text)) {
    draft.mail.from = node.text;
  } else {
    reading.unexpected(setting, node);
  }
}

void read_recipients(Reading& reading, const Setting& setting, const Node& node,
                     DestinationDraft& draft) {
  constexpr std::size_t kRecipientsMax = 1'000;
  read_list(reading, setting, node, [&](const Node& item) {
    if (item.is_scalar() && valid_address(item.text)) {
      draft.mail.recipients.push_back(item.text);
    } else {
      reading.error(item.at,
                    fmt::format("recipients: expected an address like duty@example.net, found {}",
                                item.is_scalar() ? '"' + item.text + '"' : kind_text(item)));
    }
  });
  const bool none = node.is_null() || (node.is_sequence() && node.items.empty());
  if (none) reading.error(node.at, "recipients: expected at least one address");
  if (draft.mail.recipients.size() > kRecipientsMax) {
    reading.error(node.at, fmt::format("recipients: {} addresses, expected at most {}",
                                       draft.mail.recipients.size(), kRecipientsMax));
  }
}

void read_login(Reading& reading, const Setting& setting, const Node& node,
                DestinationDraft& draft) {
  read_mapping(reading, setting.key, node, login_rows(), draft.login);
}
void read_digest(Reading& reading, const Setting& setting, const Node& node,
                 DestinationDraft& draft) {
  read_mapping(reading, setting.key, node, digest_rows(), draft.digest);
}

void read_starttls(Reading& reading, const Setting& setting, const Node& node,
                   DestinationDraft& draft) {
  static constexpr std::array<Word<bool>, 2> kWords = {{{"required", true}, {"off", false}}};
  struct Choice {
    bool required = true;
  } choice;
  as_choice<&Choice::required, kWords>(reading, setting, node, choice);
  if (!choice.required) draft.mail.tls = MailSettings::Tls::kOff;
}

void read_subject(Reading& reading, const Setting& setting, const Node& node,
                  DestinationDraft& draft) {
  as_text<&MailSettings::subject>(reading, setting, node, draft.mail);
}
void read_body(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  as_text<&MailSettings::body>(reading, setting, node, draft.mail);
}

void read_html(Reading& reading, const Setting& setting, const Node& node,
               DestinationDraft& draft) {
  static constexpr std::array<Word<bool>, 2> kWords = {{{"on", true}, {"off", false}}};
  as_choice<&MailSettings::html, kWords>(reading, setting, node, draft.mail);
}

void read_format(Reading& reading, const Setting& setting, const Node& node,
                 DestinationDraft& draft) {
  using Format = MailSettings::Format;
  static constexpr std::array<Word<Format>, 2> kWords = {
      {{"trapd", Format::kTrapd}, {"ovoc", Format::kOvoc}}};
  as_choice<&MailSettings::format, kWords>(reading, setting, node, draft.mail);
}

constexpr std::array<Row<DestinationDraft>, 11> kMail = {{
    {{.key = "to",
      .form = Form::kWritten,
      .words = "smtp://HOST[:25] or smtps://HOST[:465]",
      .required = true,
      .doc = "mail server; smtp:// with STARTTLS",
      .example = "smtp://mail.example.net:25"},
     &read_to},
    {{.key = "starttls",
      .form = Form::kChoice,
      .words = "required | off",
      .fallback = "required",
      .doc = "with smtp:// only; required: nothing is sent in the clear"},
     &read_starttls},
    {{.key = "tls",
      .form = Form::kMapping,
      .doc = "what to trust, and the own certificate",
      .example = "{ca: ca.pem}"},
     &read_tls},
    {{.key = "login",
      .form = Form::kMapping,
      .doc = "AUTH at the server",
      .example = "{user: trapd, password: {file: secrets/smtp}}"},
     &read_login},
    {{.key = "from",
      .form = Form::kWritten,
      .words = "an address like trapd@example.net",
      .required = true,
      .doc = "sender",
      .example = "trapd@example.net"},
     &read_from},
    {{.key = "recipients",
      .form = Form::kWritten,
      .words = "a list of addresses",
      .required = true,
      .doc = "who gets it",
      .example = "[duty@example.net]"},
     &read_recipients},
    {{.key = "digest",
      .form = Form::kMapping,
      .fallback = "{}",
      .doc = "several notifications in one mail",
      .example = "{window: 60s, max: 200}"},
     &read_digest},
    {{.key = "format",
      .form = Form::kChoice,
      .words = "trapd | ovoc",
      .fallback = "trapd",
      .doc = "words of subject and body; ovoc: those of OVOC"},
     &read_format},
    {{.key = "subject",
      .words = "a template",
      .max = 512,
      .doc = "subject; without it that of format",
      .example = "\"{severity} {name} on {device}\""},
     &read_subject},
    {{.key = "body",
      .words = "a template",
      .max = 8192,
      .doc = "one notification in the body; without it that of format",
      .example = "\"{time} {device} {name}: {text}\""},
     &read_body},
    {{.key = "html",
      .form = Form::kChoice,
      .words = "on | off",
      .fallback = "on",
      .doc = "on: the same in HTML beside the plain text; off: plain text alone"},
     &read_html},
}};

constexpr std::array<Row<LoginDraft>, 2> kLogin = {{
    {{.key = "user",
      .words = "a name",
      .required = true,
      .max = 255,
      .doc = "login name",
      .example = "trapd"},
     &as_text<&LoginDraft::user>},
    {{.key = "password",
      .form = Form::kSecret,
      .required = true,
      .doc = "its password",
      .example = "{file: secrets/smtp}"},
     &as_secret<LoginDraft, &LoginDraft::password>},
}};

constexpr std::array<Row<DigestDraft>, 2> kDigest = {{
    {{.key = "window",
      .form = Form::kDuration,
      .fallback = "60s",
      .min = 0,
      .max = 24 * 3'600'000,
      .doc = "a mail goes out this long after its first notification; 0s: one mail for each"},
     &as_duration<&DigestDraft::window>},
    {{.key = "max",
      .form = Form::kInteger,
      .fallback = "200",
      .min = 1,
      .max = 10'000,
      .doc = "or as soon as it holds this many"},
     &as_number<&DigestDraft::max>},
}};

}  // namespace

std::span<const Row<DestinationDraft>> mail_rows() { return kMail; }
std::span<const Row<LoginDraft>> login_rows() { return kLogin; }
std::span<const Row<DigestDraft>> digest_rows() { return kDigest; }

void finish_mail(Reading& reading, const Node& node, DestinationDraft& draft) {
  MailSettings& settings = draft.mail;
  const Node* to = node.find("to");
  const bool implicit = to != nullptr && to->text.starts_with("smtps://");
  if (implicit && node.find("starttls") != nullptr) {
    reading.error(node.place_of("starttls"), "starttls: expected an smtp:// server in to:");
  }
  const bool off = !implicit && settings.tls == MailSettings::Tls::kOff;
  if (off && draft.tls.given) {
    reading.error(node.place_of("tls"), "tls: expected starttls: required beside it");
  }
  if (off && node.find("login") != nullptr) {
    reading.error(node.place_of("login"),
                  "login: would send the password in the clear; expected starttls: required");
  }
  if (off) {
    reading.warning(
        node.place_of("starttls"),
        fmt::format("exception: destination {} sends mail in the clear", draft.destination.name));
  }
  settings.tls_settings = std::move(draft.tls.settings);
  settings.user = std::move(draft.login.user);
  settings.password = std::move(draft.login.password.secret);
  settings.digest_window = draft.digest.window;
  settings.digest_max = draft.digest.max;
  draft.destination.settings = std::move(settings);
}

}  // namespace trapd::config
