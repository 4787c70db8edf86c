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
  snapshot->tolerances = config.live.tolerances;
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

Result<mib::Build> index_of(const std::vector<std::string>& directories,
                            const std::vector<std::string>& modules, const std::string& index_file,
                            mib::CompilerLauncher* launcher) {
  const mib::InstallPaths paths = mib::install_paths();
  mib::BuildOptions options;
  options.compiler = paths.mib_compiler;
  options.inputs = {paths.base_mibs, directories, modules};
  options.output = index_file;
  options.launcher = launcher;
  return mib::build_or_reuse(options);
}

std::vector<std::string> lines_of(const std::vector<alarm::RuleError>& errors) {
  std::vector<std::string> lines;
  for (const alarm::RuleError& error : errors) {
    lines.push_back(fmt::format("{}:{}:{}: error: {}", error.position.file, error.position.line,
                                error.position.column, error.text));
  }
  return lines;
}

}  // namespace

std::vector<std::string> all_errors(const config::ConfigErrors& errors,
                                    const std::string& index_file,
                                    mib::CompilerLauncher* launcher) {
  std::vector<std::string> lines = errors.lines;
  if (errors.rules.empty()) return lines;
  const auto built = index_of(errors.mib_directories, errors.mib_modules, index_file, launcher);
  if (!built) return lines;
  const auto classifier = alarm::Classifier::build(errors.rules, *built->index, 1);
  if (classifier) return lines;
  for (std::string& line : lines_of(classifier.error())) lines.push_back(std::move(line));
  return lines;
}

Expected<Compiled, std::vector<std::string>> compile(const config::Config& config,
                                                     const std::string& index_file,
                                                     mib::CompilerLauncher* launcher,
                                                     PhaseTimes* times) {
  std::vector<std::string> errors = check_destinations(config.live);
  auto built = index_of(config.live.mib_directories, config.live.mib_modules, index_file, launcher);
  if (!built) {
    errors.push_back("mibs: " + built.error().text);
    return Unexpected(std::move(errors));
  }
  if (!built->reused) {
    for (const std::string_view line : built->index->diagnostics()) log::warning("mibs: {}", line);
  }
  if (times != nullptr) times->end("MIBs");
  auto classifier =
      alarm::Classifier::build(config.live.rules, *built->index, config.start.workers);
  if (!classifier) {
    for (std::string& line : lines_of(classifier.error())) errors.push_back(std::move(line));
  }
  if (!errors.empty()) return Unexpected(std::move(errors));
  if (times != nullptr) times->end("rules");
  Compiled compiled;
  compiled.security = config::security_of(config.live);
  auto snapshot = compile_snapshot(config);
  snapshot->classifier = std::move(*classifier);
  compiled.snapshot = std::move(snapshot);
  compiled.mib = built->index;
  if (times != nullptr) times->end("tables");
  return compiled;
}

std::vector<std::string> Gateway::check(const std::string& config_file,
                                        std::vector<std::string>* warnings) {
  std::string directory = (std::filesystem::temp_directory_path() / "trapd-check-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) {
    return {errno_error("cannot make", directory, errno).text};
  }
  const std::string index_file = directory + "/mib.index";
  std::vector<std::string> errors;
  if (auto config = config::load(config_file, true)) {
    *warnings = config->warnings;
    const auto compiled = compile(*config, index_file, nullptr);
    if (!compiled) errors = compiled.error();
  } else {
    errors = all_errors(config.error(), index_file, nullptr);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return errors;
}

}  // namespace trapd
