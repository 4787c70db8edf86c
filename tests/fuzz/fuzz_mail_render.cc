// SPDX-License-Identifier: Apache-2.0
// Reaches EntryRenderer, compose() and dot_stuffed() with any record and any sender's name. What
// comes out is read back as a mail program does: nothing of a record becomes a header, a part, or
// the end of the mail, and subject and text come back as they were.
//
// An input: words (trapd's or OVOC's), HTML or not, the sender's name, then a record.
#include <string>
#include <vector>

#include "forwarders/mail/entry.h"
#include "forwarders/mail/message.h"
#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/made_record.h"
#include "tests/fuzz/target.h"
#include "tests/unit/forwarders_mail/decode.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

namespace mail = forwarders::mail;

constexpr char kDelimiter[] = "\r\n--=_trapd";

std::shared_ptr<const mib::MibIndex> no_names() { return mib::MibIndex::empty(); }

/// The one field of this name, as it stands.
std::string_view field_of(std::string_view head, const std::string& name) {
  const std::string begin = name + ": ";
  std::size_t at = std::string_view::npos;
  for (std::size_t line = 0; line < head.size(); line = head.find("\r\n", line) + 2) {
    if (!head.substr(line).starts_with(begin)) continue;
    CHECK(at == std::string_view::npos);
    at = line;
  }
  CHECK(at != std::string_view::npos);
  std::size_t end = head.find("\r\n", at) + 2;
  while (end < head.size() && head[end] == ' ') end = head.find("\r\n", end) + 2;
  return head.substr(at, end - at);
}

std::string text_of(std::string_view head, const std::string& name) {
  return mail::field_text(field_of(head, name));
}

/// Words with a blank between: how many there are says nothing in a field (RFC 5322 2.2.3).
std::string words_of(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (c != ' ' || (!words.empty() && words.back() != ' ')) words += c;
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

std::string text_of_part(const std::string& part) {
  return mail::quoted_printable_decoded(part.substr(part.find("\r\n\r\n") + 4));
}

/// Plain, then HTML.
std::vector<std::string> parts_of(const std::string& message) {
  const std::string delimiter = kDelimiter;
  std::vector<std::string> parts;
  std::size_t at = message.find(delimiter);
  CHECK(at != std::string::npos);
  while (message.compare(at + delimiter.size(), 2, "--") != 0) {
    const std::size_t next = message.find(delimiter, at + 1);
    CHECK(next != std::string::npos);
    const std::size_t from = at + delimiter.size() + 2;
    parts.push_back(message.substr(from, next - from));
    at = next;
  }
  CHECK(message.substr(at + delimiter.size()) == "--\r\n");
  return parts;
}

void check_mail(const mail::Message& mail) {
  const std::string message = mail::compose(mail);
  CHECK(mail::unstuffed(mail::dot_stuffed(message)) == message);
  for (const std::string& line : mail::lines_of(message)) CHECK(line.size() <= 998);
  const std::string head = message.substr(0, message.find("\r\n\r\n") + 2);
  for (const char c : head) CHECK(c == '\r' || c == '\n' || (c >= ' ' && c <= '~'));
  CHECK(words_of(text_of(head, "Subject")) == words_of(mail.subject));
  CHECK(text_of(head, "To") == "noc@example.net");
  CHECK(field_of(head, "From").ends_with(" <trapd@example.net>\r\n"));
  CHECK(text_of(head, "X-Trapd-Severity") == alarm::to_text(mail.severity));
  if (mail.html.empty()) {
    CHECK(text_of_part(message) == mail.body);
    return;
  }
  const std::vector<std::string> parts = parts_of(message);
  CHECK(parts.size() == 2);
  CHECK(text_of_part(parts[0]) == mail.body);
  CHECK(text_of_part(parts[1]) == mail.html);
}

/// Every line of it; line feeds are its own.
bool is_clean_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!is_clean_text(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

void check_record(Input& input) {
  static const Published<mib::MibIndex> index(no_names());
  static const VirtualClock clock;
  static const std::vector<std::string> recipients{"noc@example.net"};
  forwarders::MailSettings settings;
  settings.from = "trapd@example.net";
  settings.format = static_cast<forwarders::MailSettings::Format>(input.below(2));
  settings.html = input.flag();
  const std::string from_name(input.text());
  const forwarders::RenderContext context{.clock = clock,
                                          .mib = index,
                                          .host_name = "gateway",
                                          .own_engine_id = *from_hex("80001f8805aabbccdd")};
  const MadeRecord record(input);
  mail::EntryRenderer renderer(settings, context);
  const mail::Entry entry = renderer.render({record.view(), record.view().header().sequence, 1});
  CHECK(entry.subject.size() <= mail::kSubjectOctetsMax && is_clean_text(entry.subject));
  CHECK(entry.text.size() <= mail::kEntryOctetsMax && entry.text.ends_with('\n'));
  CHECK(is_clean_lines(entry.text) && is_clean_lines(entry.html));
  CHECK(entry.html.empty() != settings.html);
  check_mail({.from = settings.from,
              .from_name = from_name,
              .recipients = &recipients,
              .message_id = "1-2.abc@example.net",
              .date_wall_ns = entry.received_wall_ns,
              .subject = entry.subject,
              .severity = entry.severity,
              .body = entry.text,
              .html = entry.html});
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> seeds;
  for (unsigned kind = 0; kind < 4; ++kind) {
    const Output head = Output().u8(kind / 2).u8(kind % 2);
    const std::string name = std::to_string(kind);
    seeds.push_back({name, Output(head).text("trapd").raw(sample_record_input()).done()});
    seeds.push_back({name + "-hostile", Output(head)
                                            .text("a\r\nBcc: x@example.net\r\n\r\n.\r\n\xff\"<>")
                                            .raw(hostile_record_input())
                                            .done()});
  }
  return seeds;
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::Input input(data, size);
  trapd::fuzz::check_record(input);
  return 0;
}
