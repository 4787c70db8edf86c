// SPDX-License-Identifier: Apache-2.0
// TLS client without I/O: octets of the peer in, octets for the peer out, so that one stream counts
// what its socket has taken, whatever runs on top.
//
// TLS 1.2 or later, no renegotiation, no early data (RFC 5425 4.2, RFC 9662 4); fails closed: there
// is no way to switch the check of the peer off (SYS-13).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"

namespace trapd::net {

/// How the peer proves who it is.
enum class PeerCheck : std::uint8_t {
  kName,         // valid path to a trusted CA, and a dNSName that is the host's
  kIp,           // valid path, and an iPAddress that is the address connected to
  kFingerprint,  // the SHA-256 of its certificate is this one; the path does not matter
};

struct TlsOptions {
  std::string ca_file{};           // PEM; empty = the system's trust store
  std::string certificate_file{};  // PEM chain of the client; empty = none
  std::string key_file{};
  PeerCheck check = PeerCheck::kName;
  std::string fingerprint{};  // "sha-256:" and 32 octets in hexadecimal, colons or not
};

/// Settings and certificates, read once; shared by the sessions made from it. Any thread.
class TlsContext {
 public:
  /// Errors name the file and the reason.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One connection; one thread.
class TlsSession {
 public:
  /// name: the host to expect (kName, also sent as SNI) or the address's text (kIp).
  static Result<std::unique_ptr<TlsSession>> start(std::shared_ptr<const TlsContext> context,
                                                   const std::string& name);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Gives it what came from the peer; it may produce output. Decrypted data is thrown away:
  /// nothing is read back on our streams. Errors say what TLS or the check of the peer said.
  Status receive(ByteView from_peer);
  bool established() const;
  /// "TLSv1.3"; only when established.
  std::string version() const;
  /// The peer has ended its side with close_notify.
  bool closed_by_peer() const;

  /// Encrypts into the output; only when established. Takes all of `plain` or fails.
  Status send(ByteView plain);
  /// Adds close_notify to the output.
  void close();

  /// What is to go to the peer; consume() drops its first n octets.
  ByteView output() const;
  void consume(std::size_t n);

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  Status handshake();
  std::unique_ptr<State> state_;
};

/// Parses "sha-256:AA:BB:…"; the digest's 32 octets.
Result<std::array<std::uint8_t, 32>> parse_fingerprint(const std::string& text);

}  // namespace trapd::net
