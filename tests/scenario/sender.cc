// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/sender.h"

#include <algorithm>
#include <limits>

#include "tests/scenario/answer.h"
#include "tests/scenario/bent_packet.h"
#include "tests/scenario/failure.h"

namespace trapd::scenario {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
const char* const kPassphrase = "maplesyrup";

struct VerbRow {
  const char* name;
  std::uint8_t pdu;
};
constexpr VerbRow kVerbs[] = {
    {"trap", ber::kTrapV2},    {"inform", ber::kInformRequest},
    {"get", ber::kGetRequest}, {"getnext", ber::kGetNextRequest},
    {"set", ber::kSetRequest}, {"response", ber::kResponse},
    {"report", ber::kReport},
};

const VerbRow* find_verb(const std::string& name) {
  const auto found = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                  [&](const VerbRow& row) { return name == row.name; });
  return found == std::end(kVerbs) ? nullptr : found;
}

snmp::SecurityLevel level_of(const std::string& word) {
  using snmp::SecurityLevel;
  for (const auto level :
       {SecurityLevel::kNoAuthNoPriv, SecurityLevel::kAuthNoPriv, SecurityLevel::kAuthPriv}) {
    if (word == to_text(level)) return level;
  }
  throw Mistake("level: expected noAuthNoPriv, authNoPriv or authPriv, not '" + word + "'");
}

snmp::Version version_of(const std::string& word) {
  if (word == "v1") return snmp::Version::kV1;
  if (word == "v2c") return snmp::Version::kV2c;
  if (word == "v3") return snmp::Version::kV3;
  throw Mistake("expected v1, v2c or v3, not '" + word + "'");
}

void set_passphrase(const std::string& passphrase, usm::User* user) {
  user->auth_kul = user->priv_kul = user->auth_ku = user->priv_ku = {};
  if (user->auth == usm::AuthProtocol::kNone) return;
  user->auth_ku = usm::password_to_key(user->auth, as_bytes(passphrase));
  if (user->priv != usm::PrivProtocol::kNone) user->priv_ku = user->auth_ku;
}

/// What a careless or hostile sender does to a datagram.
void bend(Options* given, Bytes* datagram) {
  const auto last = static_cast<std::int64_t>(datagram->size()) - 1;
  if (const auto word = given->take("flip")) {
    const std::int64_t at = number(*word, "flip", -last - 1, last);
    std::uint8_t& octet = (*datagram)[static_cast<std::size_t>(at < 0 ? at + last + 1 : at)];
    octet = static_cast<std::uint8_t>(~octet);
  }
  if (const auto word = given->take("cut")) {
    datagram->resize(datagram->size() - static_cast<std::size_t>(number(*word, "cut", 1, last)));
  }
  if (const auto word = given->take("trailing")) {
    const Bytes more = octets(*word, "trailing");
    datagram->insert(datagram->end(), more.begin(), more.end());
  }
}

}  // namespace

Sender::Sender(const Receiver& receiver)
    : receiver_(receiver),
      defaults_{{"from", "192.0.2.1"}, {"user", "ops"},       {"engine", "8000138b0500000001"},
                {"boots", "1"},        {"time", "1000"},      {"community", "public"},
                {"context", ""},       {"context-engine", ""}},
      time_set_ns_(receiver.now_ns()) {}

bool Sender::sends(const std::string& verb) { return find_verb(verb) != nullptr; }

void Sender::set_defaults(const std::vector<std::string>& words) {
  std::size_t at = 1;
  Options given(words, &at);
  if (at != words.size()) throw Mistake("expected key=value, not '" + words[at] + "'");
  for (const auto& [key, value] : given.take_all()) {
    if (defaults_.count(key) == 0) throw Mistake("a sender has no '" + key + "'");
    defaults_[key] = value;
    if (key == "time") time_set_ns_ = receiver_.now_ns();
  }
}

std::string Sender::say(Options* given, const std::string& key) const {
  return given->take(key).value_or(defaults_.at(key));
}

Endpoint Sender::source(Options* given) const {
  const std::string word = say(given, "from");
  auto endpoint = Endpoint::parse(word);
  if (!endpoint && (endpoint = Endpoint::parse_address(word))) endpoint->port = 161;
  if (!endpoint) throw Mistake("from: expected an address, not '" + word + "'");
  return *endpoint;
}

std::int64_t Sender::running_time() const {
  return number(defaults_.at("time"), "time", 0, kInt32Max) +
         (receiver_.now_ns() - time_set_ns_) / kNsPerSecond;
}

Bytes Sender::engine(const std::string& word) const {
  if (word == "none") return {};
  if (word == "own") return receiver_.own_engine();
  if (word == "sender") return octets(defaults_.at("engine"), "engine");
  if (word == "learned") return receiver_.learned().engine;
  return octets(word, "engine");
}

/// "100", "now", "own-151", "learned+1".
std::int64_t Sender::moment(const std::string& word, std::int64_t own, std::int64_t learned) const {
  const std::size_t sign = word.find_first_of("+-", 1);
  const std::string base = word.substr(0, sign);
  const std::int64_t shift =
      sign == std::string::npos
          ? 0
          : number(word.substr(word[sign] == '+' ? sign + 1 : sign), "time", -kInt32Max, kInt32Max);
  const std::int64_t from = base == "own"       ? own
                            : base == "learned" ? learned
                            : base == "now"     ? running_time()
                                                : number(base, "boots or time", 0, kInt32Max);
  if (from + shift < 0 || from + shift > kInt32Max) throw Mistake(word + " is out of range");
  return from + shift;
}

/// The configured user, or one who knows the usual passphrase; bent as the line says.
usm::User Sender::user(Options* given, const Bytes& engine) const {
  const std::string name = say(given, "user");
  if (name == "none") return {};
  const usm::User* known = receiver_.users().find(engine, as_bytes(name));
  if (known == nullptr) known = receiver_.users().find_by_name(name);
  usm::User user;
  user.auth = usm::AuthProtocol::kSha1;
  user.priv = usm::PrivProtocol::kAes128;
  if (known != nullptr) user = *known;
  user.name = name;
  const auto auth = given->take("auth");
  const auto priv = given->take("priv");
  const auto pass = given->take("pass");
  if (known != nullptr && !auth && !priv && !pass) return user;
  if (auth) {
    const auto protocol = usm::auth_protocol(*auth);
    if (!protocol) throw Mistake("no hash is called " + *auth);
    user.auth = *protocol;
  }
  if (priv) {
    const auto protocol = usm::priv_protocol(*priv, user.auth);
    if (!protocol) throw Mistake("no cipher is called " + *priv);
    user.priv = *protocol;
  }
  set_passphrase(pass.value_or(kPassphrase), &user);
  return user;
}

/// to_us: trapd's engine is authoritative, as for an inform.
void Sender::fill_v3(Options* given, bool to_us, Packet* packet) {
  const auto own_or = [&](const char* key, const char* sender_word) {
    return given->take(key).value_or(to_us ? "own" : sender_word);
  };
  packet->engine = engine(own_or("engine", "sender"));
  const Answer& learned = receiver_.learned();
  const std::string boots = own_or("boots", defaults_.at("boots").c_str());
  packet->boots = static_cast<std::uint32_t>(moment(boots, receiver_.own_boots(), learned.boots));
  packet->time =
      static_cast<std::uint32_t>(moment(own_or("time", "now"), receiver_.own_time(), learned.time));
  packet->as = user(given, packet->engine);
  const auto level = given->take("level");
  packet->level = level ? level_of(*level) : packet->as.level();
  packet->context = say(given, "context");
  const std::string context_engine = say(given, "context-engine");
  packet->context_engine = context_engine.empty() ? packet->engine : engine(context_engine);
  const std::string reportable = given->take("reportable").value_or(to_us ? "yes" : "no");
  packet->reportable = reportable == "yes";
  const auto max_size = given->take("max-size");
  if (max_size) {
    packet->max_size = static_cast<std::int32_t>(number(*max_size, "max-size", 484, kInt32Max));
  }
  const auto msg_id = given->take("msgid");
  packet->msg_id =
      msg_id ? static_cast<std::int32_t>(number(*msg_id, "msgid", 0, kInt32Max)) : next_msg_id_++;
}

/// NOTIFICATION OBJECT=VALUE …; `none`: without sysUpTime.0 and snmpTrapOID.0.
void Sender::fill_notification(const std::vector<std::string>& words, std::size_t* at,
                               Packet* packet) {
  const bool notification = packet->pdu == ber::kTrapV2 || packet->pdu == ber::kInformRequest;
  if (notification) {
    if (*at == words.size()) throw Mistake("which notification? (none: a list without its name)");
    if (words[*at] != "none") packet->trap = objects_.oid(words[*at]);
    ++*at;
  }
  for (; *at < words.size(); ++*at) packet->varbinds.push_back(objects_.varbind(words[*at]));
}

Sent Sender::send(const std::vector<std::string>& words) {
  if (words.size() < 2) throw Mistake(words[0] + ": expected v1, v2c or v3");
  objects_.set_modules(receiver_.mib());
  std::size_t at = 2;
  Options given(words, &at);
  Packet packet;
  packet.pdu = find_verb(words[0])->pdu;
  packet.version = version_of(words[1]);
  const Endpoint from = source(&given);
  const auto request = given.take("request");
  packet.request_id = request ? static_cast<std::int32_t>(number(*request, "request", 0, kInt32Max))
                              : next_request_++;
  const auto uptime = given.take("uptime");
  packet.uptime = static_cast<std::uint32_t>(uptime ? number(*uptime, "uptime", 0, kInt32Max)
                                                    : running_time() * 100);
  if (packet.version == snmp::Version::kV3) {
    fill_v3(&given, packet.pdu != ber::kTrapV2, &packet);
  } else {
    packet.community = say(&given, "community");
    const auto agent = Endpoint::parse_address(given.take("agent").value_or("192.0.2.1"));
    if (!agent || !agent->is_v4()) throw Mistake("agent: expected an IPv4 address");
    packet.agent_address.assign(agent->v4_octets().begin(), agent->v4_octets().end());
  }
  const Bends bends = take_bends(&given);
  Options bending = given;
  for (const char* key : {"flip", "cut", "trailing"}) given.take(key);
  given.finish();
  fill_notification(words, &at, &packet);
  Sent sent{bends.any() ? encode_bent(packet, bends) : encode(packet), from};
  bend(&bending, &sent.datagram);
  return sent;
}

}  // namespace trapd::scenario
