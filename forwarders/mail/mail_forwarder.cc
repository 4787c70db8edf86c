// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/mail_forwarder.h"

#include <algorithm>
#include <array>
#include <limits>
#include <random>

#include "forwarders/mail/digest_text.h"
#include "forwarders/mail/mail_settings.h"
#include "forwarders/mail/mailbox.h"
#include "forwarders/mail/message.h"
#include "forwarders/record_text.h"

namespace trapd::forwarders {

std::unique_ptr<Forwarder> make_mail_forwarder(const Destination& destination,
                                               const MailSettings& settings,
                                               const RenderContext& context) {
  return std::make_unique<mail::MailForwarder>(destination, settings, context,
                                               mail::MailForwarder::Options{});
}

namespace mail {

namespace {

constexpr std::int64_t kResolveMaxNs = 10 * kNsPerSecond;
constexpr std::int64_t kGoodbyeMaxNs = 5 * kNsPerSecond;
constexpr std::size_t kReadsPerStep = 16;

std::string settings_error(const MailSettings& settings) {
  const Status status = check_mail_settings(settings);
  return status ? std::string() : status.error().text;
}

}  // namespace

MailForwarder::MailForwarder(const Destination& destination, const MailSettings& settings,
                             const RenderContext& context, const Options& options)
    : name_(destination.name),
      settings_(settings),
      context_(context),
      options_(options),
      refused_settings_(settings_error(settings)),
      renderer_(settings_, context_),
      digest_(std::chrono::nanoseconds(settings.digest_window).count(), settings.digest_max),
      outbox_(destination.name, settings.recipients, context.clock,
              [this](std::span<const Entry> entries) { return compose_mail(entries); }),
      backoff_(options.backoff, context.clock, std::random_device{}()),
      resolver_(options.lookup),
      connection_(settings_, domain_text(context.host_name), options.connection, context.clock),
      up_(refused_settings_.empty()),
      detail_(up_ ? settings.peer.text() + ": nothing sent yet" : refused_settings_) {}

std::size_t MailForwarder::offer(std::span<const Item> items) {
  if (!refused_settings_.empty()) return 0;
  std::size_t taken = 0;
  for (const Item& item : items) {
    if (digest_.full()) close_digest();
    if (digest_.full()) break;
    digest_.add(renderer_.render(item), context_.clock.monotonic_ns());
    ++taken;
  }
  return taken;
}

/// Unless the outbox is full; then the digest stays, and when it is full itself offer() takes no
/// more.
void MailForwarder::close_digest() {
  if (digest_.size() == 0 || outbox_.full()) return;
  outbox_.add(digest_.take());
}

std::string MailForwarder::compose_mail(std::span<const Entry> entries) const {
  const std::string signature =
      "trapd on " + clean(context_.host_name) + ", destination " + clean(name_);
  const std::string body = digest_body(entries, signature);
  const std::string html = digest_html(entries, signature);
  const std::string from_name = "trapd on " + context_.host_name;
  // In words that are not trapd's own, its counts would be strange.
  const bool names_worst =
      !settings_.subject.empty() || settings_.format == MailSettings::Format::kOvoc;
  const std::string subject = digest_subject(entries, names_worst);
  const std::string id = message_id(entries, name_ + " " + to_hex(context_.own_engine_id),
                                    settings_.from.substr(settings_.from.rfind('@') + 1));
  Message message;
  message.from = settings_.from;
  message.from_name = from_name;
  message.recipients = &settings_.recipients;
  message.message_id = id;
  message.date_wall_ns = context_.clock.wall_ns();
  message.subject = subject;
  message.severity = worst(entries);
  message.body = body;
  message.html = html;
  return dot_stuffed(compose(message));
}

void MailForwarder::run(const Wakeup& wakeup, std::int64_t until_ns) {
  step();
  const std::int64_t left = std::min(until_ns, next_ns()) - context_.clock.monotonic_ns();
  // Rounded up: a timer that is not quite due must not make this spin.
  const std::int64_t wait_ms =
      left <= 0 ? 0 : std::min<std::int64_t>(left / kNsPerMs + 1, std::numeric_limits<int>::max());
  std::array<curl_waitfd, 2> others{};
  std::size_t count = 0;
  others[count++] = {wakeup.fd(), CURL_WAIT_POLLIN, 0};
  if (phase_ == Phase::kResolving) others[count++] = {resolver_.fd(), CURL_WAIT_POLLIN, 0};
  connection_.wait(std::span(others).first(count), blocked_, static_cast<int>(wait_ms));
  step();
}

std::int64_t MailForwarder::next_ns() const {
  std::int64_t next = outbox_.full() ? std::numeric_limits<std::int64_t>::max() : digest_.due_ns();
  switch (phase_) {
    case Phase::kIdle:
      return std::min(next, std::max(outbox_.next_ns(), backoff_.ready_ns()));
    case Phase::kResolving:
      return std::min(next, resolver_.deadline_ns());
    case Phase::kConnecting:
      return std::min(next, connection_.deadline_ns());
    case Phase::kTalking:
    case Phase::kLeaving:
      return std::min(next, reply_deadline_ns_);
  }
  return next;
}

void MailForwarder::step() {
  if (!refused_settings_.empty()) return;
  if (flushing_ || digest_.due(context_.clock.monotonic_ns())) close_digest();
  switch (phase_) {
    case Phase::kIdle:
      return begin();
    case Phase::kResolving:
      return connect();
    case Phase::kConnecting:
      connection_.drive();
      return connected();
    case Phase::kTalking:
    case Phase::kLeaving:
      return talk();
  }
}

void MailForwarder::begin() {
  const std::int64_t now = context_.clock.monotonic_ns();
  if (!backoff_.ready() || outbox_.next_ns() > now) return;
  resolver_.start(settings_.peer.host, settings_.peer.port, now + kResolveMaxNs);
  phase_ = Phase::kResolving;
  connect();
}

void MailForwarder::connect() {
  auto addresses = resolver_.take(context_.clock.monotonic_ns());
  if (!addresses) return;
  if (!*addresses) return failed(addresses->error().text);
  phase_ = Phase::kConnecting;
  connection_.open(**addresses);
  connected();
}

void MailForwarder::connected() {
  if (connection_.state() == Connection::State::kFailed) return failed(connection_.error());
  if (connection_.state() != Connection::State::kOpen) return;
  replies_ = {};
  phase_ = Phase::kTalking;
  next_job();
  talk();
}

void MailForwarder::next_job() {
  transaction_.reset();
  if (auto job = outbox_.next()) {
    transaction_.emplace(settings_.from, std::move(job->recipients), job->message);
    reply_deadline_ns_ = context_.clock.monotonic_ns() +
                         (options_.reply_ns > 0 ? options_.reply_ns : transaction_->timeout_ns());
    return;
  }
  leave();
}

/// RFC 5321 4.1.1.10: QUIT, and the reply to it before the connection is closed.
void MailForwarder::leave() {
  phase_ = Phase::kLeaving;
  goodbye_ = "QUIT\r\n";
  reply_deadline_ns_ = context_.clock.monotonic_ns() + kGoodbyeMaxNs;
}

void MailForwarder::talk() {
  // As long as there is something to say or to hear.
  for (std::size_t i = 0; i < kReadsPerStep; ++i) {
    if (!send() || !receive()) return;
  }
}

/// False when the conversation has ended.
bool MailForwarder::send() {
  blocked_ = false;
  for (;;) {
    const std::string_view octets =
        phase_ == Phase::kLeaving ? std::string_view(goodbye_) : transaction_->output();
    if (octets.empty()) return true;
    const auto taken = connection_.send(octets);
    if (!taken) {
      failed(taken.error().text);
      return false;
    }
    if (*taken == 0) {
      blocked_ = true;
      return true;
    }
    if (phase_ == Phase::kLeaving) {
      goodbye_.erase(0, *taken);
    } else {
      transaction_->sent(*taken);
      // Progress: the time for a block, and behind the last one for the reply, starts anew.
      reply_deadline_ns_ = context_.clock.monotonic_ns() +
                           (options_.reply_ns > 0 ? options_.reply_ns : transaction_->timeout_ns());
    }
  }
}

/// True when something was heard and the conversation goes on.
bool MailForwarder::receive() {
  std::array<char, 4096> octets;
  const auto got = connection_.receive(octets);
  if (!got) {
    failed(got.error().text);
    return false;
  }
  if (*got > 0) {
    if (!replies_.feed(std::string_view(octets.data(), *got))) {
      failed("what the server says is not SMTP");
      return false;
    }
    return on_replies();
  }
  if (context_.clock.monotonic_ns() >= reply_deadline_ns_) {
    failed("no reply to " + (transaction_ ? transaction_->doing() : std::string("QUIT")) +
           " in time");
  }
  return false;
}

bool MailForwarder::on_replies() {
  while (auto reply = replies_.next()) {
    if (phase_ == Phase::kLeaving) {
      connection_.close();
      phase_ = Phase::kIdle;
      return false;
    }
    if (Status status = transaction_->on_reply(*reply); !status) {
      failed(status.error().text);
      return false;
    }
    if (transaction_->finished()) job_done();
  }
  return true;
}

void MailForwarder::job_done() {
  outbox_.apply(transaction_->results());
  transaction_.reset();
  const std::string& server = connection_.description();
  if (outbox_.take_put_off()) {
    ++failed_;
    backoff_.failed();
    up_ = false;
    detail_ = settings_.peer.text() + " puts mail off: " + outbox_.complaint();
    return leave();
  }
  backoff_.succeeded();
  up_ = !outbox_.all_refused();
  detail_ = up_ ? "mail accepted by " + server + ": " + outbox_.last_acceptance()
                : settings_.peer.text() + " refuses mail";
  if (!outbox_.complaint().empty()) detail_ += "; not for " + outbox_.complaint();
  next_job();
}

/// The conversation or the way to it broke; what has no verdict yet is tried again.
void MailForwarder::failed(const std::string& why) {
  if (transaction_) {
    outbox_.apply(transaction_->results());
    outbox_.take_put_off();
    transaction_.reset();
  }
  connection_.close();
  blocked_ = false;
  const bool leaving = phase_ == Phase::kLeaving;
  phase_ = Phase::kIdle;
  if (leaving) return;  // everything was said
  ++failed_;
  backoff_.failed();
  up_ = false;
  detail_ = settings_.peer.text() + ": " + why;
}

}  // namespace mail
}  // namespace trapd::forwarders
