// SPDX-License-Identifier: Apache-2.0
// How the mail server proves who it is, said to the OpenSSL inside libcurl: libcurl itself knows
// neither the fingerprint of a certificate nor an address to expect. Fails closed: what is not
// understood is refused (MAI-09).
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <string>

#include "forwarders/destination.h"
#include "trapd/base/error.h"

namespace trapd::forwarders::mail {

class CertificateCheck {
 public:
  /// A check that nothing passes.
  CertificateCheck() = default;
  /// expected: the name or address the certificate must be for; not looked at with a fingerprint.
  static Result<CertificateCheck> make(const TlsSettings& settings, const std::string& expected);

  /// Into a context before its first connection; this outlives the context. False: do not connect.
  bool install(SSL_CTX* context);
  /// After a failed handshake: what was wrong, when this knows more than OpenSSL; else empty.
  const std::string& complaint() const { return complaint_; }

  /// "TLSv1.3" once a handshake is done in which the certificate was verified; else empty.
  const std::string& version() const { return version_; }

  /// libcurl of this process runs on the OpenSSL that this is linked with.
  static bool possible();

 private:
  static void on_progress(const SSL* ssl, int where, int value);
  static int verify_fingerprint(X509_STORE_CTX* store, void* self);

  TlsVerify verify_ = TlsVerify::kName;
  std::string expected_;
  std::array<std::uint8_t, 32> fingerprint_{};
  std::string complaint_;
  std::string version_;
};

}  // namespace trapd::forwarders::mail
