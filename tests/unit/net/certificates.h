// SPDX-License-Identifier: Apache-2.0
// Certificates made at test time, in a directory of their own that goes with the object.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "trapd/base/bytes.h"

namespace trapd::test {

/// What the test itself needs from the system; a test that cannot be set up must not pass.
inline void must(bool worked) {
  if (!worked) throw std::runtime_error("the test cannot be set up");
}

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

struct Issued {
  CertificatePtr certificate{nullptr, X509_free};
  KeyPtr key{nullptr, EVP_PKEY_free};
  std::string certificate_file;
  std::string key_file;

  std::string fingerprint() const {
    std::uint8_t digest[32];
    unsigned int length = 0;
    must(X509_digest(certificate.get(), EVP_sha256(), digest, &length) == 1);
    return "sha-256:" + to_hex(ByteView(digest));
  }
};

class Certificates {
 public:
  Certificates() {
    char path[] = "/tmp/trapd-certificates-XXXXXX";
    must(::mkdtemp(path) != nullptr);
    directory_ = path;
    ca_ = issue("ca", "Test CA", "", nullptr, 0, 3600);
  }
  ~Certificates() { std::filesystem::remove_all(directory_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const Issued& ca() const { return ca_; }
  const std::string& directory() const { return directory_; }
  /// alternative_names: "DNS:localhost,IP:127.0.0.1"; empty = none.
  Issued from_ca(const std::string& file, const std::string& alternative_names,
                 long valid_from_s = -3600, long valid_to_s = 3600) const {
    return issue(file, "server", alternative_names, &ca_, valid_from_s, valid_to_s);
  }
  Issued self_signed(const std::string& file, const std::string& alternative_names) const {
    return issue(file, "alone", alternative_names, nullptr, -3600, 3600);
  }

 private:
  Issued issue(const std::string& file, const std::string& common_name,
               const std::string& alternative_names, const Issued* issuer, long from_s,
               long to_s) const {
    Issued made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* certificate = made.certificate.get();
    static long serial = 1;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_s);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, as_bytes(common_name).data(), -1, -1, 0);
    const Issued& by = issuer != nullptr ? *issuer : made;
    X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate.get()));
    if (alternative_names.empty()) {
      extend(certificate, by, NID_basic_constraints, "critical,CA:TRUE");
    } else {
      extend(certificate, by, NID_subject_alt_name, alternative_names);
    }
    must(X509_sign(certificate, by.key.get(), EVP_sha256()) > 0);
    made.certificate_file = directory_ + "/" + file + ".pem";
    made.key_file = directory_ + "/" + file + ".key";
    std::FILE* out = std::fopen(made.certificate_file.c_str(), "w");
    must(PEM_write_X509(out, certificate) == 1 && std::fclose(out) == 0);
    out = std::fopen(made.key_file.c_str(), "w");
    must(PEM_write_PrivateKey(out, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
         std::fclose(out) == 0);
    return made;
  }
  static void extend(X509* certificate, const Issued& by, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, by.certificate.get(), certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, id, value.c_str());
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }

  std::string directory_;
  Issued ca_;
};

}  // namespace trapd::test
