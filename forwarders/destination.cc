// SPDX-License-Identifier: Apache-2.0
#include "forwarders/destination.h"

#include <tuple>

namespace trapd::forwarders {

namespace {

bool same(const std::shared_ptr<const Secret>& a, const std::shared_ptr<const Secret>& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return equal(a->expose(), b->expose());
}

bool same(const usm::Key& a, const usm::Key& b) { return equal(a.expose(), b.expose()); }

bool same(const std::shared_ptr<const usm::User>& a, const std::shared_ptr<const usm::User>& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return std::tie(a->name, a->auth, a->priv, a->engines) ==
             std::tie(b->name, b->auth, b->priv, b->engines) &&
         same(a->auth_ku, b->auth_ku) && same(a->priv_ku, b->priv_ku) &&
         same(a->auth_kul, b->auth_kul) && same(a->priv_kul, b->priv_kul);
}

bool same(const SyslogSettings& a, const SyslogSettings& b) { return a == b; }

bool same(const MailSettings& a, const MailSettings& b) {
  const auto plain = [](const MailSettings& m) {
    return std::tie(m.tls, m.peer, m.tls_settings, m.user, m.from, m.recipients, m.digest_window,
                    m.digest_max, m.subject, m.body, m.html, m.format);
  };
  return plain(a) == plain(b) && same(a.password, b.password);
}

bool same(const SnmpSettings& a, const SnmpSettings& b) {
  const auto plain = [](const SnmpSettings& s) {
    return std::tie(s.version, s.peer, s.community, s.inform, s.format, s.source_port_first,
                    s.source_port_last, s.timeout, s.retries, s.window, s.heartbeat);
  };
  return plain(a) == plain(b) && same(a.user, b.user);
}

}  // namespace

bool same_settings(const Destination& a, const Destination& b) {
  if (std::tie(a.name, a.was, a.send, a.start, a.filter) !=
          std::tie(b.name, b.was, b.send, b.start, b.filter) ||
      a.settings.index() != b.settings.index()) {
    return false;
  }
  return std::visit(
      [&](const auto& left) {
        return same(left, std::get<std::decay_t<decltype(left)>>(b.settings));
      },
      a.settings);
}

}  // namespace trapd::forwarders
