// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/certificate_check.h"

#include <curl/curl.h>
#include <openssl/x509v3.h>

#include <string_view>

#include "trapd/base/ip_address.h"
#include "trapd/net/tls.h"

namespace trapd::forwarders::mail {

namespace {

bool expect_address(X509_VERIFY_PARAM* parameters, const std::string& address) {
  return X509_VERIFY_PARAM_set1_ip_asc(parameters, address.c_str()) == 1;
}

bool expect_name(X509_VERIFY_PARAM* parameters, const std::string& name) {
  // RFC 6125 6.4: a wildcard only as the whole left-most label, and no common name instead.
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()) == 1;
}

/// Where a context keeps its CertificateCheck.
int own_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

void CertificateCheck::on_progress(const SSL* ssl, int where, int /*value*/) {
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0) return;
  auto* check =
      static_cast<CertificateCheck*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), own_index()));
  if (check == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return;
  check->version_ = SSL_get_version(ssl);
}

bool CertificateCheck::possible() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  const std::string_view library = info->ssl_version != nullptr ? info->ssl_version : "";
  return library.starts_with("OpenSSL/" + std::to_string(OPENSSL_VERSION_MAJOR) + ".");
}

Result<CertificateCheck> CertificateCheck::make(const TlsSettings& settings,
                                                const std::string& expected) {
  if (!possible())
    return failure("libcurl is not built on OpenSSL: certificates cannot be checked");
  CertificateCheck check;
  check.verify_ = settings.verify;
  check.expected_ = expected;
  if (settings.verify == TlsVerify::kFingerprint) {
    auto digest = net::parse_fingerprint(settings.fingerprint);
    if (!digest) return failure(digest.error().text);
    check.fingerprint_ = *digest;
  } else if (expected.empty()) {
    return failure("nothing to expect in the certificate");
  }
  if (settings.verify == TlsVerify::kIp && !Endpoint::parse_address(expected)) {
    return failure("verify: ip wants an address to expect, not " + expected);
  }
  return check;
}

bool CertificateCheck::install(SSL_CTX* context) {
  complaint_.clear();
  version_.clear();
  if (SSL_CTX_set_ex_data(context, own_index(), this) != 1) return false;
  SSL_CTX_set_info_callback(context, &CertificateCheck::on_progress);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return false;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* parameters = SSL_CTX_get0_param(context);
  switch (verify_) {
    case TlsVerify::kName:
      if (expected_.empty()) return false;
      return Endpoint::parse_address(expected_) ? expect_address(parameters, expected_)
                                                : expect_name(parameters, expected_);
    case TlsVerify::kIp:
      return expect_address(parameters, expected_);
    case TlsVerify::kFingerprint:
      SSL_CTX_set_cert_verify_callback(context, &CertificateCheck::verify_fingerprint, this);
      return true;
  }
  return false;
}

int CertificateCheck::verify_fingerprint(X509_STORE_CTX* store, void* self) {
  auto& check = *static_cast<CertificateCheck*>(self);
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  std::array<std::uint8_t, 32> digest{};
  unsigned int length = 0;
  const bool shown = certificate != nullptr &&
                     X509_digest(certificate, EVP_sha256(), digest.data(), &length) == 1 &&
                     length == digest.size();
  const bool right = shown && digest == check.fingerprint_;
  X509_STORE_CTX_set_error(store, right ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  if (!right) {
    check.complaint_ =
        shown ? "the server's certificate has the fingerprint sha-256:" + to_hex(digest) +
                    ", expected another one"
              : "the server shows no certificate";
  }
  return right ? 1 : 0;
}

}  // namespace trapd::forwarders::mail
