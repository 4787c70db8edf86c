// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/connection.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "forwarders/mail/mail_settings.h"
#include "forwarders/record_text.h"
#include "trapd/base/check.h"
#include "trapd/base/ip_address.h"
#include "trapd/base/secret.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::int64_t kLookNs = kNsPerSecond;  // libcurl's own timers, at the latest
constexpr std::size_t kReplyOctetsMax = 300;

// Once per process; thread-safe, as the Debian build of libcurl says of itself.
bool curl_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

std::string bracketed(const Endpoint& address) {
  const std::string text = address.address_text();
  return address.is_v4() ? text : "[" + text + "]";
}

}  // namespace

Connection::Connection(const MailSettings& settings, std::string ehlo_name,
                       const Timeouts& timeouts, const Clock& clock)
    : settings_(settings), ehlo_name_(std::move(ehlo_name)), timeouts_(timeouts), clock_(clock) {
  CHECK(curl_ready());
  multi_.reset(curl_multi_init());
  CHECK(multi_ != nullptr);
}

Connection::~Connection() { close(); }

void Connection::close() {
  if (easy_ != nullptr) curl_multi_remove_handle(multi_.get(), easy_.get());
  easy_.reset();
  addresses_.reset();
  state_ = State::kClosed;
}

void Connection::fail(std::string why) {
  close();
  state_ = State::kFailed;
  error_ = std::move(why);
}

void Connection::open(const net::Addresses& addresses) {
  close();
  last_line_.clear();
  login_offered_ = false;
  curl_error_[0] = '\0';
  opened_ns_ = clock_.monotonic_ns();
  deadline_ns_ = opened_ns_;
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr) return fail("out of memory");
  if (Status status = set_up(addresses); !status) return fail(status.error().text);
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return fail("out of memory");
  ++attempts_;
  state_ = State::kConnecting;
  drive();
}

Status Connection::set_up(const net::Addresses& addresses) {
  if (addresses.empty()) return failure("no address");
  const bool implicit = settings_.tls == MailSettings::Tls::kImplicit;
  const bool clear = settings_.tls == MailSettings::Tls::kOff;
  std::string expected = clear ? settings_.peer.host : expected_peer(settings_);
  net::Addresses tried = addresses;
  // The certificate must be for the address connected to: one at a time, so that it is known.
  if (!clear && settings_.tls_settings.verify == TlsVerify::kIp) {
    tried = {addresses[attempts_ % addresses.size()]};
  }
  if (expected.empty()) expected = tried.front().address_text();
  // An address in the URL is where libcurl connects to, a name what it says in the handshake.
  const bool by_address = Endpoint::parse_address(expected).has_value();
  const std::string host = by_address ? bracketed(tried.front()) : expected;
  const std::string port = std::to_string(settings_.peer.port);
  const std::string url =
      (implicit ? "smtps://" : "smtp://") + host + ":" + port + "/" + ehlo_name_;
  if (!by_address) {
    std::string entry = host + ":" + port + ":";
    for (const Endpoint& address : tried) {
      if (entry.back() != ':') entry += ',';
      entry += bracketed(address);
    }
    addresses_.reset(curl_slist_append(nullptr, entry.c_str()));
  }
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, addresses_.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // nor one of the environment
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_error_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Connection::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  const long ready_ms = static_cast<long>(timeouts_.ready_ns / kNsPerMs);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, ready_ms);
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(ready_ms / 1000, 1L));
  if (clear) return {};
  if (Status status = set_up_tls(expected); !status) return status;
  set_up_login();
  return {};
}

Status Connection::set_up_tls(const std::string& expected) {
  const TlsSettings& tls = settings_.tls_settings;
  auto check = CertificateCheck::make(tls, expected);
  if (!check) return failure(check.error().text);
  check_ = std::move(*check);
  CURL* easy = easy_.get();
  bool all = true;
  const auto set = [&](CURLoption option, auto value) {
    all = curl_easy_setopt(easy, option, value) == CURLE_OK && all;
  };
  set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);       // check_ does it, more strictly
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // each connection shows its certificate
  set(CURLOPT_SSL_CTX_FUNCTION, &Connection::on_tls_context);
  set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
  if (tls.verify == TlsVerify::kFingerprint) {
    set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  } else if (!tls.ca_file.empty()) {
    set(CURLOPT_CAINFO, tls.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!tls.certificate_file.empty()) {
    const std::string& key = tls.key_file.empty() ? tls.certificate_file : tls.key_file;
    set(CURLOPT_SSLCERT, tls.certificate_file.c_str());
    set(CURLOPT_SSLKEY, key.c_str());
  }
  return all ? Status() : failure("this libcurl cannot do TLS as it is asked to");
}

void Connection::set_up_login() {
  if (settings_.user.empty()) return;
  std::string password;
  if (settings_.password != nullptr) password = as_text(settings_.password->expose());
  curl_easy_setopt(easy_.get(), CURLOPT_USERNAME, settings_.user.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_PASSWORD, password.c_str());
  // Not what needs a ticket or a token (GSSAPI, EXTERNAL), which libcurl would prefer.
  curl_easy_setopt(easy_.get(), CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5");
  wipe(password);
}

CURLcode Connection::on_tls_context(CURL* /*easy*/, void* context, void* self) {
  auto& connection = *static_cast<Connection*>(self);
  return connection.check_.install(static_cast<SSL_CTX*>(context)) ? CURLE_OK
                                                                   : CURLE_SSL_CONNECT_ERROR;
}

std::size_t Connection::on_header(char* octets, std::size_t size, std::size_t count, void* self) {
  static_cast<Connection*>(self)->on_line({octets, size * count});
  return size * count;
}

void Connection::on_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  last_line_ = cut_utf8(clean(line.substr(0, kReplyOctetsMax)), kReplyOctetsMax);
  // RFC 3207 4.2: what was offered before TLS is forgotten.
  if (line.starts_with("220")) login_offered_ = false;
  const std::string_view keyword = line.substr(std::min<std::size_t>(line.size(), 4));
  if (keyword.starts_with("AUTH ") || keyword.starts_with("AUTH=")) login_offered_ = true;
}

std::string Connection::reason(CURLcode code) const {
  if (!check_.complaint().empty()) return check_.complaint();
  std::string text = curl_error_[0] != '\0' ? curl_error_ : curl_easy_strerror(code);
  if (code == CURLE_USE_SSL_FAILED) text = "TLS is required, and the server does not start it";
  if (code == CURLE_LOGIN_DENIED) text = "the login of " + settings_.user + " is refused";
  if (!last_line_.empty()) text += " (last reply: " + last_line_ + ")";
  return clean(text);
}

void Connection::drive() {
  if (state_ != State::kConnecting) return;
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int queued = 0;
  if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
    if (message->msg != CURLMSG_DONE) return;
    return message->data.result == CURLE_OK ? opened() : fail(reason(message->data.result));
  }
  const std::int64_t now = clock_.monotonic_ns();
  curl_off_t connected_us = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connected_us);
  const std::int64_t most = connected_us > 0 ? timeouts_.ready_ns : timeouts_.connect_ns;
  if (now - opened_ns_ >= most) {
    return fail(connected_us > 0
                    ? "no login within " + std::to_string(most / kNsPerSecond) + " s"
                    : "no connection within " + std::to_string(most / kNsPerSecond) + " s");
  }
  long timeout_ms = -1;
  curl_multi_timeout(multi_.get(), &timeout_ms);
  const std::int64_t look = timeout_ms < 0 ? kLookNs : timeout_ms * kNsPerMs;
  deadline_ns_ = std::min({opened_ns_ + most, now + kLookNs, now + look});
}

void Connection::opened() {
  if (!settings_.user.empty() && !login_offered_) {
    return fail("the server offers no login, and " + settings_.user + " is to log in");
  }
  const char* address = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &address);
  description_ = address != nullptr ? address : settings_.peer.host;
  if (settings_.tls != MailSettings::Tls::kOff) {
    // Fails closed, should libcurl ever come back without what was asked of it.
    if (check_.version().empty()) return fail("there is no TLS, or no verified certificate");
    description_ += " (" + check_.version() + ")";
  }
  deadline_ns_ = std::numeric_limits<std::int64_t>::max();
  state_ = State::kOpen;
}

Result<std::size_t> Connection::send(std::string_view octets) {
  std::size_t taken = 0;
  const CURLcode code = curl_easy_send(easy_.get(), octets.data(), octets.size(), &taken);
  if (code == CURLE_OK) return taken;
  if (code == CURLE_AGAIN) return std::size_t{0};
  return failure("the connection is lost: " + clean(curl_easy_strerror(code)));
}

Result<std::size_t> Connection::receive(std::span<char> into) {
  std::size_t got = 0;
  const CURLcode code = curl_easy_recv(easy_.get(), into.data(), into.size(), &got);
  if (code == CURLE_AGAIN) return std::size_t{0};
  if (code == CURLE_OK && got > 0) return got;
  if (code == CURLE_OK) return failure("the server has closed the connection");
  return failure("the connection is lost: " + clean(curl_easy_strerror(code)));
}

void Connection::wait(std::span<curl_waitfd> others, bool want_output, int timeout_ms) {
  std::vector<curl_waitfd> waiting(others.begin(), others.end());
  if (state_ == State::kOpen) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
    const auto events =
        static_cast<short>(CURL_WAIT_POLLIN | (want_output ? CURL_WAIT_POLLOUT : 0));
    if (socket != CURL_SOCKET_BAD) waiting.push_back({socket, events, 0});
  }
  int ready = 0;
  curl_multi_poll(multi_.get(), waiting.data(), static_cast<unsigned>(waiting.size()), timeout_ms,
                  &ready);
}

}  // namespace trapd::forwarders::mail
