// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/certificate_watch.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "tests/unit/alarm/own_condition_sink.h"
#include "trapd/base/clock.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::health {
namespace {

using alarm::OwnCondition;
using Sink = alarm::RecordingSink;
using alarm::Severity;

constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kNowS = 1'800'000'000;

struct Directory {
  std::string path;
  Directory() {
    std::array<char, 32> name = {"/tmp/trapd-health-XXXXXX"};
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name.data();
  }
  ~Directory() { std::filesystem::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
};

/// Appends a certificate that ends then.
void add_certificate(const std::string& path, const char* name, std::int64_t not_after_s) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  REQUIRE(key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(made.get(), subject);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), kNowS - 400 * kDayS);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), not_after_s);
  X509_set_pubkey(made.get(), key.get());
  REQUIRE(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  std::FILE* file = std::fopen(path.c_str(), "a");
  REQUIRE(file != nullptr);
  CHECK(PEM_write_X509(file, made.get()) == 1);
  std::fclose(file);
}

struct Watched {
  Directory directory;
  const std::string file = directory.path + "/server.pem";
  Sink sink;
  CertificateWatch watch{sink};

  Severity severity_when_left(std::int64_t left_s) {
    watch.look((kNowS - left_s) * kNsPerSecond);
    return sink.find(OwnCondition::kCertificateExpiry, file).severity;
  }
};

TEST_CASE("a certificate's alarm gets worse as its end comes near") {
  Watched w;
  add_certificate(w.file, "logs.example.net", kNowS);
  w.watch.follow({w.file});
  CHECK(w.severity_when_left(30 * kDayS + 1) == Severity::kCleared);
  CHECK(w.severity_when_left(30 * kDayS) == Severity::kMinor);
  CHECK(w.severity_when_left(7 * kDayS + 1) == Severity::kMinor);
  CHECK(w.sink.raises() == 1);
  CHECK(w.severity_when_left(7 * kDayS) == Severity::kMajor);
  CHECK(w.severity_when_left(kDayS) == Severity::kMajor);
  CHECK(w.sink.raises() == 3);
  CHECK(w.severity_when_left(0) == Severity::kCritical);
  const std::string text = w.sink.find(OwnCondition::kCertificateExpiry, w.file).text;
  CHECK(text.find("CN=logs.example.net") != std::string::npos);
  CHECK(w.severity_when_left(-5 * kDayS) == Severity::kCritical);
  CHECK(w.sink.raises() == 4);
}

TEST_CASE("another certificate in its place ends the alarm") {
  Watched w;
  add_certificate(w.file, "old", kNowS + kDayS);
  w.watch.follow({w.file});
  CHECK(w.severity_when_left(0) == Severity::kMajor);
  std::filesystem::remove(w.file);
  CHECK(w.severity_when_left(0) == Severity::kMajor);  // nothing can be said of it
  add_certificate(w.file, "new", kNowS + 365 * kDayS);
  CHECK(w.severity_when_left(0) == Severity::kCleared);
}

TEST_CASE("of a chain the one that ends first counts") {
  Watched w;
  add_certificate(w.file, "server", kNowS + 300 * kDayS);
  add_certificate(w.file, "authority", kNowS + 3 * kDayS);
  add_certificate(w.file, "root", kNowS + 3000 * kDayS);
  const auto first = first_to_expire(w.file);
  REQUIRE(first);
  CHECK(first->subject == "CN=authority");
  CHECK(first->not_after_s == kNowS + 3 * kDayS);
}

TEST_CASE("a file without a certificate says so and raises nothing") {
  Watched w;
  CHECK_FALSE(first_to_expire(w.file));
  w.watch.follow({w.file, "/dev/null"});
  CHECK(w.severity_when_left(0) == Severity::kCleared);
  CHECK(w.sink.size() == 0);
}

TEST_CASE("the alarm of a file that nobody uses any more ends, also after a restart") {
  Watched w;
  add_certificate(w.file, "old", kNowS);
  w.watch.follow({w.file});
  CHECK(w.severity_when_left(0) == Severity::kCritical);
  w.watch.follow({});
  CHECK(w.sink.size() == 0);

  w.sink.raise(OwnCondition::kCertificateExpiry, w.file, "of the last process");
  w.watch.resume(w.file);
  CHECK(w.sink.size() == 0);

  w.sink.raise(OwnCondition::kCertificateExpiry, w.file, "of the last process");
  w.watch.follow({w.file});
  w.watch.resume(w.file);
  CHECK(w.severity_when_left(365 * kDayS) == Severity::kCleared);
}

}  // namespace
}  // namespace trapd::health
