// SPDX-License-Identifier: Apache-2.0
// A connection to an SMTP server, logged in: libcurl connects, reads the greeting, says EHLO,
// starts TLS, says EHLO again and does AUTH; what comes then is the owner's conversation.
//
// libcurl's own sending of mail is not used: it waits for the reply to the final dot inside
// curl_multi_perform(), up to ten minutes, and tells only the last of the recipients' replies.
//
// Nothing here blocks but wait(). One thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "forwarders/destination.h"
#include "forwarders/mail/certificate_check.h"
#include "trapd/base/clock.h"
#include "trapd/base/error.h"
#include "trapd/net/resolver.h"

namespace trapd::forwarders::mail {

class Connection {
 public:
  struct Timeouts {
    std::int64_t connect_ns = 30 * kNsPerSecond;  // TCP
    std::int64_t ready_ns = 300 * kNsPerSecond;   // until logged in (RFC 5321 4.5.3.2.1)
  };
  enum class State : std::uint8_t { kClosed, kConnecting, kOpen, kFailed };

  /// The settings have passed check_mail_settings() and outlive this.
  Connection(const MailSettings& settings, std::string ehlo_name, const Timeouts& timeouts,
             const Clock& clock);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins; an earlier connection is closed. With verify: ip the attempts go round the addresses.
  void open(const net::Addresses& addresses);
  /// While kConnecting: goes on as far as it can.
  void drive();
  State state() const { return state_; }
  /// Why it is kFailed, with the server's last reply when there was one.
  const std::string& error() const { return error_; }
  /// When drive() wants to be called at the latest.
  std::int64_t deadline_ns() const { return deadline_ns_; }
  /// "192.0.2.7 (TLSv1.3)"; only while kOpen.
  const std::string& description() const { return description_; }

  /// kOpen only. Octets taken, 0 when the kernel takes none now.
  Result<std::size_t> send(std::string_view octets);
  /// kOpen only. Octets read, 0 when there are none now; the end of the stream is an error.
  Result<std::size_t> receive(std::span<char> into);
  void close();

  /// Waits for the connection or one of `others`, at most timeout_ms. want_output: also for room
  /// to send.
  void wait(std::span<curl_waitfd> others, bool want_output, int timeout_ms);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  Status set_up(const net::Addresses& addresses);
  Status set_up_tls(const std::string& expected);
  void set_up_login();
  void opened();
  void fail(std::string why);
  std::string reason(CURLcode code) const;
  void on_line(std::string_view line);
  static std::size_t on_header(char* octets, std::size_t size, std::size_t count, void* self);
  static CURLcode on_tls_context(CURL* easy, void* context, void* self);

  const MailSettings& settings_;
  const std::string ehlo_name_;
  const Timeouts timeouts_;
  const Clock& clock_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  CertificateCheck check_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  std::unique_ptr<curl_slist, ListDeleter> addresses_;
  char curl_error_[CURL_ERROR_SIZE] = {};
  State state_ = State::kClosed;
  std::size_t attempts_ = 0;
  std::int64_t opened_ns_ = 0;
  std::int64_t deadline_ns_ = 0;
  bool login_offered_ = false;
  std::string last_line_;
  std::string error_;
  std::string description_;
};

}  // namespace trapd::forwarders::mail
