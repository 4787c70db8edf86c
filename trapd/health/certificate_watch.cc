// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/certificate_watch.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "trapd/base/clock.h"

namespace trapd::health {

namespace {

using alarm::OwnCondition;
using alarm::Severity;

constexpr std::int64_t kDayS = 24 * 3600;
constexpr std::size_t kSubjectOctetsMax = 200;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::string subject_of(const X509* certificate) {
  const std::unique_ptr<BIO, Free> text(BIO_new(BIO_s_mem()));
  if (!text) return {};
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* octets = nullptr;
  const long size = BIO_get_mem_data(text.get(), &octets);
  if (size <= 0) return {};
  return std::string(octets, static_cast<std::size_t>(size)).substr(0, kSubjectOctetsMax);
}

std::optional<std::int64_t> not_after_of(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return std::nullopt;
  return ::timegm(&utc);
}

std::string left_in_words(std::int64_t left_s) {
  const auto days = [](std::int64_t seconds) { return std::to_string(seconds / kDayS) + " days"; };
  if (left_s < -kDayS) return "has expired " + days(-left_s) + " ago";
  if (left_s < 0) return "has expired";
  return left_s < kDayS ? "expires within a day" : "expires in " + days(left_s);
}

}  // namespace

Result<Certificate> first_to_expire(const std::string& path) {
  const std::unique_ptr<BIO, Free> file(BIO_new_file(path.c_str(), "r"));
  std::optional<Certificate> first;
  while (file) {
    const std::unique_ptr<X509, Free> next(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    const auto end = not_after_of(next.get());
    if (!end || (first && first->not_after_s <= *end)) continue;
    first = Certificate{subject_of(next.get()), *end};
  }
  ERR_clear_error();  // the end of the file is one
  if (!first) return failure("no certificate can be read from " + path);
  return *first;
}

void CertificateWatch::follow(std::set<std::string> files) {
  std::erase_if(told_, [&](const auto& entry) {
    if (files.contains(entry.first)) return false;
    if (entry.second != Step::kQuiet) end(entry.first);
    return true;
  });
  for (const std::string& file : files) told_.try_emplace(file, Step::kQuiet);
}

void CertificateWatch::resume(const std::string& file) {
  const auto found = told_.find(file);
  if (found != told_.end()) {
    found->second = Step::kUnknown;  // the next look says how it is now
  } else {
    end(file);
  }
}

void CertificateWatch::end(const std::string& file) {
  if (!sink_.clear(OwnCondition::kCertificateExpiry, file, "it is not used any more")) {
    to_end_.insert(file);
  }
}

CertificateWatch::Step CertificateWatch::step_of(std::int64_t left_s) {
  if (left_s <= 0) return Step::kExpired;
  if (left_s <= kDayS) return Step::kDay;
  if (left_s <= 7 * kDayS) return Step::kWeek;
  return left_s <= 30 * kDayS ? Step::kMonth : Step::kQuiet;
}

void CertificateWatch::look_at(const std::string& file, Step* told, std::int64_t now_s) {
  const Result<Certificate> certificate = first_to_expire(file);
  if (!certificate) return;
  const std::int64_t left_s = certificate->not_after_s - now_s;
  const Step step = step_of(left_s);
  if (step == *told) return;
  const std::string text =
      "certificate " + certificate->subject + " in " + file + " " + left_in_words(left_s);
  if (tell(file, step, text)) *told = step;
}

bool CertificateWatch::tell(const std::string& file, Step step, const std::string& text) {
  switch (step) {
    case Step::kUnknown:
    case Step::kQuiet:
      return sink_.clear(OwnCondition::kCertificateExpiry, file, text);
    case Step::kMonth:
      return sink_.raise_as(OwnCondition::kCertificateExpiry, Severity::kMinor, file, text);
    case Step::kWeek:
    case Step::kDay:
      return sink_.raise_as(OwnCondition::kCertificateExpiry, Severity::kMajor, file, text);
    case Step::kExpired:
      return sink_.raise_as(OwnCondition::kCertificateExpiry, Severity::kCritical, file, text);
  }
  return true;
}

void CertificateWatch::look(std::int64_t wall_ns) {
  for (const std::string& file : std::exchange(to_end_, {})) end(file);
  for (auto& [file, told] : told_) look_at(file, &told, wall_ns / kNsPerSecond);
}

}  // namespace trapd::health
