// SPDX-License-Identifier: Apache-2.0
// From a checked configuration to the snapshots the threads work with.
#include <filesystem>

#include "forwarders/mail/mail_settings.h"
#include "mib/build.h"
#include "trapd/config/security.h"
#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

std::shared_ptr<ingest::Snapshot> compile_snapshot(const config::Config& config) {
  auto snapshot = std::make_shared<ingest::Snapshot>();
  for (const config::Listener& listener : config.start.listeners) {
    snapshot->sources.push_back({listener.allow, listener.deny});
    snapshot->listeners.push_back(listener.udp);
  }
  for (const config::Community& community : config.live.communities) {
    snapshot->communities.push_back({community.name, community.text, {community.from, {}}});
  }
  for (const config::Relay& relay : config.live.relays) {
    snapshot->relays.push_back({relay.from, relay.user});
  }
  std::vector<ingest::DeviceEntry> devices;
  for (const config::Device& device : config.live.devices) {
    devices.push_back({device.name, device.engine_id, device.address, device.site, device.tenant,
                       device.aliases});
  }
  snapshot->devices = ingest::DeviceDirectory(std::move(devices));
  snapshot->refused_per_source = config.live.refused_per_source;
  snapshot->per_engine = config.live.per_engine;
  return snapshot;
}

/// What a kind knows of its settings beyond their form.
std::vector<std::string> check_destinations(const config::LiveConfig& live) {
  std::vector<std::string> lines;
  for (const forwarders::Destination& destination : live.destinations) {
    const auto* mail = std::get_if<forwarders::MailSettings>(&destination.settings);
    if (mail == nullptr) continue;
    if (const auto checked = forwarders::mail::check_mail_settings(*mail); !checked) {
      lines.push_back("destination " + destination.name + ": error: " + checked.error().text);
    }
  }
  return lines;
}

}  // namespace

Expected<Compiled, std::vector<std::string>> compile(const config::Config& config,
                                                     const std::string& index_file) {
  if (auto lines = check_destinations(config.live); !lines.empty()) {
    return Unexpected(std::move(lines));
  }
  const mib::InstallPaths paths = mib::install_paths();
  mib::BuildOptions options;
  options.compiler = paths.mib_compiler;
  options.inputs = {paths.base_mibs, config.live.mib_directories, config.live.mib_modules};
  options.output = index_file;
  auto built = mib::build_or_reuse(options);
  if (!built) {
    return Unexpected(std::vector<std::string>{"mibs: " + built.error().text});
  }
  if (!built->reused) {
    for (const std::string_view line : built->index->diagnostics()) log::warning("mibs: {}", line);
  }
  auto classifier =
      alarm::Classifier::build(config.live.rules, *built->index, config.start.workers);
  if (!classifier) {
    std::vector<std::string> lines;
    for (const alarm::RuleError& error : classifier.error()) {
      lines.push_back(fmt::format("{}:{}:{}: error: {}", error.position.file, error.position.line,
                                  error.position.column, error.text));
    }
    return Unexpected(std::move(lines));
  }
  Compiled compiled;
  compiled.security = config::security_of(config.live);
  auto snapshot = compile_snapshot(config);
  snapshot->classifier = std::move(*classifier);
  compiled.snapshot = std::move(snapshot);
  compiled.mib = built->index;
  return compiled;
}

std::vector<std::string> Gateway::check(const std::string& config_file,
                                        std::vector<std::string>* warnings) {
  auto config = config::load(config_file, true);
  if (!config) return config.error().lines;
  *warnings = config->warnings;
  std::string directory = (std::filesystem::temp_directory_path() / "trapd-check-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) {
    return {errno_error("cannot make", directory, errno).text};
  }
  auto compiled = compile(*config, directory + "/mib.index");
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return compiled ? std::vector<std::string>{} : compiled.error();
}

}  // namespace trapd
