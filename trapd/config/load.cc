// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <map>
#include <set>

#include "trapd/config/config.h"
#include "trapd/config/key_derivation.h"
#include "trapd/config/rule_file.h"
#include "trapd/config/schema.h"
#include "trapd/config/text_file.h"

namespace trapd::config {
namespace {

/// Users that destinations name: they exist, and may send.
void check_destination_users(Reading& reading, Draft& draft) {
  std::map<std::string_view, UserDraft*> users;
  for (UserDraft& user : draft.users) users.emplace(user.user.name, &user);
  std::set<std::string_view> named;
  for (const DestinationDraft& destination : draft.destinations) {
    if (destination.user.empty()) continue;
    const auto user = users.find(destination.user);
    if (user == users.end()) {
      reading.error(destination.user_at, fmt::format("user: {} is none of snmp_users; expected "
                                                     "the name of one of them",
                                                     destination.user));
      continue;
    }
    named.insert(destination.user);
    const UserUse& use = user->second->use;
    if (use.given && !use.send) {
      reading.error(destination.user_at,
                    fmt::format("user: {} is not for sending; expected send in its use: at line {}",
                                destination.user, use.at.line));
    }
  }
  for (UserDraft& user : draft.users) settle_use(user, named.contains(user.user.name));
}

void check_relay_users(Reading& reading, const Draft& draft) {
  for (const RelayDraft& relay : draft.relays) {
    const std::string& name = relay.relay.user;
    const bool known = std::any_of(draft.users.begin(), draft.users.end(),
                                   [&](const UserDraft& user) { return user.user.name == name; });
    if (name.empty() || known) continue;
    reading.error(
        relay.user_at,
        fmt::format("user: {} is none of snmp_users; expected the name of one of them", name));
  }
}

/// Files of one pattern, sorted by name.
std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  std::sort(files.begin(), files.end());
  return files;
}

/// Errors of rule files come as finished lines, behind those of the configuration.
void load_rules(Reading& reading, Draft& draft, std::vector<std::string>* errors) {
  std::set<std::string> seen;
  for (const Draft::RuleGlob& glob : draft.rules) {
    const bool pattern = glob.pattern.find_first_of("*?[") != std::string::npos;
    const std::vector<std::string> files = matching_files(glob.pattern);
    if (files.empty() && pattern) {
      reading.warning(glob.at, fmt::format("rules: no file matches {}", glob.pattern));
    } else if (files.empty()) {
      reading.error(glob.at, fmt::format("rules: cannot read {}; expected a file", glob.pattern));
    }
    for (const std::string& file : files) {
      if (!seen.insert(file).second) continue;
      auto rules = load_rule_file(file, &draft.live.rules);
      if (rules) {
        std::move(rules->begin(), rules->end(), std::back_inserter(draft.live.rules));
        reading.files.push_back(file);
      } else {
        errors->insert(errors->end(), rules.error().begin(), rules.error().end());
      }
    }
  }
}

void check_exceptions(Reading& reading, const Draft& draft) {
  for (const UserDraft& user : draft.users) {
    check_against_policy(reading, user, draft.security.policy);
  }
}

/// `use`: null = without a file.
Derivation derive_keys(std::vector<UserDraft>& users, const StartConfig& start, KeyUse* use) {
  std::vector<WantedKey> wanted;
  for (UserDraft& user : users) take_keys(user, &wanted);
  if (use == nullptr) return derive(wanted, {});
  if (use->key_file.empty()) use->key_file = key_file_in(start.store_directory);
  if (!start.key_cache) use->key_file.clear();
  Derivation derivation = derive(wanted, *use);
  if (!start.key_cache) derivation.change.kind = KeyFileChange::Kind::kRemove;
  return derivation;
}

/// Parts into their places.
Config assemble(Draft& draft) {
  Config config;
  config.start = std::move(draft.start);
  config.live = std::move(draft.live);
  config.live.policy = draft.security.policy;
  config.start.agent = draft.agent.listen;
  config.start.agent_answers = draft.agent.answers();
  config.live.agent = std::move(draft.agent.config);
  config.live.communities = std::move(draft.security.communities);
  config.live.tolerances = std::move(draft.security.tolerances);
  std::map<std::string, std::shared_ptr<const usm::User>> senders;
  std::set<std::string_view> named;
  for (const DestinationDraft& destination : draft.destinations) named.insert(destination.user);
  config.live.users.reserve(draft.users.size());
  for (UserDraft& user : draft.users) {
    if (named.contains(user.user.name)) {
      senders.emplace(user.user.name, std::allocate_shared<const usm::User>(
                                          LockedAllocator<usm::User>(), user.user));
    }
    config.live.users.push_back(std::move(user.user));
  }
  for (RelayDraft& relay : draft.relays) config.live.relays.push_back(std::move(relay.relay));
  for (DestinationDraft& destination : draft.destinations) {
    auto* snmp = std::get_if<forwarders::SnmpSettings>(&destination.destination.settings);
    if (snmp != nullptr && !destination.user.empty()) snmp->user = senders.at(destination.user);
    config.live.destinations.push_back(std::move(destination.destination));
  }
  return config;
}

/// What the audit log will compare and name; while the tree is still there.
void keep_outline(const Reading& reading, const Node& root, std::size_t rules_from,
                  const std::string& sha256, Config* config) {
  config->outline = Outline(root, reading.secret_marks);
  for (std::size_t i = rules_from; i < reading.files.size(); ++i) {
    config->outline.add_file(reading.files[i]);
  }
  config->sha256_is_of_outline = reading.secret_marks.any_inline();
  config->sha256 = config->sha256_is_of_outline ? config->outline.sha256() : sha256;
}

Expected<Config, ConfigErrors> load_config(const std::string& file, bool read_secrets, KeyUse* use,
                                           PhaseTimes* times) {
  Diagnostics diagnostics(file);
  std::string text;
  std::optional<Node> root;
  if (read_text_file(file, kConfigOctetsMax, &text, &diagnostics))
    root = parse_yaml(text, &diagnostics);
  const std::string sha256 = read_secrets ? sha256_hex(text) : std::string();
  Config kept;
  text.resize(text.capacity());
  wipe(text);
  Draft draft;
  std::vector<std::string> rule_errors;
  std::vector<std::string> files;
  if (root) {
    std::error_code ignored;
    const std::filesystem::path absolute = std::filesystem::absolute(file, ignored);
    Reading reading(diagnostics, absolute.parent_path(), read_secrets);
    read_mapping(reading, "the configuration", *root, top_rows(), draft);
    check_destination_users(reading, draft);
    check_relay_users(reading, draft);
    check_overlaps(reading, draft.users);
    check_agent(reading, draft.agent, draft.users);
    check_agent_ports(reading, draft.agent, draft.start.listeners);
    check_exceptions(reading, draft);
    if (times != nullptr) times->end("configuration");
    const std::size_t rules_from = reading.files.size();
    load_rules(reading, draft, &rule_errors);
    if (read_secrets) keep_outline(reading, *root, rules_from, sha256, &kept);
    files = std::move(reading.files);
    files.push_back(absolute.string());
    if (times != nullptr) times->end("rules");
  }
  if (diagnostics.failed() || !rule_errors.empty()) {
    ConfigErrors errors{diagnostics.error_lines(), std::move(draft.live.rules),
                        std::move(draft.live.mib_directories), std::move(draft.live.mib_modules)};
    errors.lines.insert(errors.lines.end(), rule_errors.begin(), rule_errors.end());
    return Unexpected(std::move(errors));
  }
  std::vector<std::string> warnings = diagnostics.warning_lines();
  Derivation derivation;
  if (read_secrets) derivation = derive_keys(draft.users, draft.start, use);
  for (std::string& line : derivation.warnings) warnings.push_back(std::move(line));
  Config config = assemble(draft);
  config.key_file_change = std::move(derivation.change);
  config.warnings = std::move(warnings);
  config.files = std::move(files);
  config.outline = std::move(kept.outline);
  config.sha256 = std::move(kept.sha256);
  config.sha256_is_of_outline = kept.sha256_is_of_outline;
  if (times != nullptr) times->end("keys");
  return config;
}

}  // namespace

Expected<Config, ConfigErrors> load(const std::string& file, bool read_secrets, PhaseTimes* times) {
  return load_config(file, read_secrets, nullptr, times);
}

Expected<Config, ConfigErrors> load_with_kept_keys(const std::string& file, KeyUse use,
                                                   PhaseTimes* times) {
  return load_config(file, true, &use, times);
}

}  // namespace trapd::config
