// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <system_error>

#include "trapd/base/ip_address.h"

namespace trapd::net {

namespace {

template <typename T, void (*free_function)(T*)>
struct Freed {
  void operator()(T* object) const { free_function(object); }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509, X509_free>>;

// What RFC 9662 prefers for TLS 1.2: ephemeral key exchange and AEAD only.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL";

/// The oldest reason in OpenSSL's queue of this thread, which is left empty.
std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  return "error " + std::to_string(code);
}

Unexpected<Error> file_failure(const char* what, const std::string& file) {
  return failure(std::string("cannot use ") + what + " " + file + ": " + tls_reason());
}

Status load_trust(SSL_CTX* context, const TlsOptions& options) {
  if (options.check == PeerCheck::kFingerprint) return {};
  if (options.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      return failure("cannot use the system's trust store: " + tls_reason());
    }
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return file_failure("the CA file", options.ca_file);
  }
  return {};
}

Status load_own_certificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return file_failure("the certificate", options.certificate_file);
  }
  const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_failure("the private key", key);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return failure("the private key " + key + " does not belong to the certificate " +
                   options.certificate_file);
  }
  return {};
}

// With a fingerprint the path does not matter; what counts is checked after the handshake, before
// anything is sent.
int accept_any_path(int /*preverified*/, X509_STORE_CTX* /*store*/) { return 1; }

}  // namespace

struct TlsContext::State {
  SslCtxPtr context;
  PeerCheck check = PeerCheck::kName;
  std::array<std::uint8_t, 32> fingerprint{};
};

struct TlsSession::State {
  std::shared_ptr<const TlsContext> context;
  SslPtr ssl;
  BIO* from_peer = nullptr;  // owned by ssl
  BIO* to_peer = nullptr;    // owned by ssl
  bool established = false;
  bool closed_by_peer = false;
};

Result<std::array<std::uint8_t, 32>> parse_fingerprint(const std::string& text) {
  constexpr std::string_view kPrefix = "sha-256:";
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (!lower.starts_with(kPrefix)) {
    return failure("fingerprint \"" + text + "\" does not begin with sha-256:");
  }
  const auto octets = from_hex(std::string_view(lower).substr(kPrefix.size()));
  std::array<std::uint8_t, 32> digest{};
  if (!octets || octets->size() != digest.size()) {
    return failure("fingerprint \"" + text + "\" is not sha-256: and 32 octets in hexadecimal");
  }
  std::copy(octets->begin(), octets->end(), digest.begin());
  return digest;
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsOptions& options) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->check = options.check;
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr) return failure("cannot start TLS: " + tls_reason());
  if (options.check == PeerCheck::kFingerprint) {
    auto digest = parse_fingerprint(options.fingerprint);
    if (!digest) return failure(digest.error().text);
    state->fingerprint = *digest;
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_cipher_list(context, kCiphers) != 1) {
    return failure("cannot start TLS: " + tls_reason());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER,
                     options.check == PeerCheck::kFingerprint ? accept_any_path : nullptr);
  if (Status status = load_trust(context, options); !status) return failure(status.error().text);
  if (Status status = load_own_certificate(context, options); !status) {
    return failure(status.error().text);
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(state)));
}

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::start(std::shared_ptr<const TlsContext> context,
                                                      const std::string& name) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->context = std::move(context);
  state->ssl.reset(SSL_new(state->context->state_->context.get()));
  state->from_peer = BIO_new(BIO_s_mem());
  state->to_peer = BIO_new(BIO_s_mem());
  SSL* ssl = state->ssl.get();
  if (ssl == nullptr || state->from_peer == nullptr || state->to_peer == nullptr) {
    BIO_free(state->from_peer);
    BIO_free(state->to_peer);
    return failure("cannot start TLS: " + tls_reason());
  }
  BIO_set_mem_eof_return(state->from_peer, -1);  // empty means "later", not "ended"
  SSL_set_bio(ssl, state->from_peer, state->to_peer);
  SSL_set_connect_state(ssl);
  bool named = true;
  switch (state->context->state_->check) {
    case PeerCheck::kName:
      // RFC 5425 5.2: a wildcard only as the whole left-most label; the subject's CN is no name.
      SSL_set_hostflags(ssl,
                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
      named = SSL_set1_host(ssl, name.c_str()) == 1;
      break;
    case PeerCheck::kIp:
      named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
      break;
    case PeerCheck::kFingerprint:
      break;
  }
  // RFC 6066 3: no addresses in the server name indication.
  if (named && !Endpoint::parse_address(name)) {
    named = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(name.c_str())) == 1;
  }
  if (!named) return failure("cannot check the peer as " + name + ": " + tls_reason());
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(state)));
  if (Status status = session->handshake(); !status) return failure(status.error().text);
  return session;
}

namespace {

Status check_fingerprint(SSL* ssl, const std::array<std::uint8_t, 32>& expected) {
  const X509Ptr certificate(SSL_get1_peer_certificate(ssl));
  std::array<std::uint8_t, 32> digest{};
  unsigned int length = 0;
  if (certificate == nullptr ||
      X509_digest(certificate.get(), EVP_sha256(), digest.data(), &length) != 1 ||
      length != digest.size()) {
    return failure("the peer shows no certificate");
  }
  if (digest != expected) {
    return failure("the peer's certificate has the fingerprint sha-256:" + to_hex(digest) +
                   ", expected sha-256:" + to_hex(expected));
  }
  return {};
}

Unexpected<Error> session_failure(SSL* ssl, const char* doing) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK && SSL_get_verify_callback(ssl) != accept_any_path) {
    ERR_clear_error();
    return failure(std::string("the peer's certificate is refused: ") +
                   X509_verify_cert_error_string(verified));
  }
  return failure(std::string(doing) + ": " + tls_reason());
}

}  // namespace

Status TlsSession::handshake() {
  SSL* ssl = state_->ssl.get();
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl);
  if (done == 1) {
    const TlsContext::State& context = *state_->context->state_;
    if (context.check == PeerCheck::kFingerprint) {
      if (Status status = check_fingerprint(ssl, context.fingerprint); !status) return status;
    } else if (SSL_get_verify_result(ssl) != X509_V_OK) {
      return session_failure(ssl, "TLS handshake failed");
    }
    state_->established = true;
    return {};
  }
  const int why = SSL_get_error(ssl, done);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
  return session_failure(ssl, "TLS handshake failed");
}

Status TlsSession::receive(ByteView from_peer) {
  SSL* ssl = state_->ssl.get();
  while (!from_peer.empty()) {
    const int length =
        static_cast<int>(std::min<std::size_t>(from_peer.size(), std::numeric_limits<int>::max()));
    const int taken = BIO_write(state_->from_peer, from_peer.data(), length);
    if (taken <= 0) return failure("TLS has no memory for what the peer sent");
    from_peer = from_peer.subspan(static_cast<std::size_t>(taken));
  }
  if (!state_->established) {
    if (Status status = handshake(); !status || !state_->established) return status;
  }
  std::array<std::uint8_t, 4096> thrown_away;
  for (;;) {
    ERR_clear_error();
    const int octets = SSL_read(ssl, thrown_away.data(), static_cast<int>(thrown_away.size()));
    if (octets > 0) continue;
    const int why = SSL_get_error(ssl, octets);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
    if (why == SSL_ERROR_ZERO_RETURN) {
      state_->closed_by_peer = true;
      return {};
    }
    // A server that refuses our certificate under TLS 1.3 says so only now.
    return session_failure(ssl, "TLS failed");
  }
}

bool TlsSession::established() const { return state_->established; }
bool TlsSession::closed_by_peer() const { return state_->closed_by_peer; }
std::string TlsSession::version() const { return SSL_get_version(state_->ssl.get()); }

Status TlsSession::send(ByteView plain) {
  if (!state_->established) return failure("TLS is not established");
  ERR_clear_error();
  std::size_t written = 0;
  if (plain.empty()) return {};
  // The output grows as needed, so that a write is whole or failed.
  if (SSL_write_ex(state_->ssl.get(), plain.data(), plain.size(), &written) != 1 ||
      written != plain.size()) {
    return session_failure(state_->ssl.get(), "TLS cannot send");
  }
  return {};
}

void TlsSession::close() {
  ERR_clear_error();
  if (state_->established) SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

ByteView TlsSession::output() const {
  char* data = nullptr;
  const long length = BIO_get_mem_data(state_->to_peer, &data);
  if (length <= 0) return {};
  return {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(length)};
}

void TlsSession::consume(std::size_t n) {
  std::array<char, 16384> thrown_away;
  while (n > 0) {
    const std::size_t part = std::min(n, thrown_away.size());
    const int taken = BIO_read(state_->to_peer, thrown_away.data(), static_cast<int>(part));
    if (taken <= 0) return;
    n -= static_cast<std::size_t>(taken);
  }
}

}  // namespace trapd::net
