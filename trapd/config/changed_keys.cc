// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/config.h"

namespace trapd::config {

std::vector<std::string> changed_start_keys(const StartConfig& running, const StartConfig& next) {
  std::vector<std::string> changed;
  const auto compare = [&](const char* key, const auto& a, const auto& b) {
    if (!(a == b)) changed.emplace_back(key);
  };
  compare("process.user", running.user, next.user);
  compare("process.seccomp", running.seccomp, next.seccomp);
  compare("process.landlock", running.landlock, next.landlock);
  compare("engine.id", running.engine_id, next.engine_id);
  compare("store.directory", running.store_directory, next.store_directory);
  compare("store.max_size", running.store_max_size_bytes, next.store_max_size_bytes);
  compare("store.commit_delay", running.commit_delay, next.commit_delay);
  compare("store.key_cache", running.key_cache, next.key_cache);
  compare("listen", running.listeners, next.listeners);
  compare("workers", running.workers, next.workers);
  compare("limits.engines", running.engines_max, next.engines_max);
  compare("limits.alarms", running.alarms_max, next.alarms_max);
  compare("limits.duplicates", running.duplicates_max, next.duplicates_max);
  compare("agent.listen", running.agent, next.agent);
  compare("agent.answer_from", running.agent_answers, next.agent_answers);
  compare("metrics.listen", running.metrics, next.metrics);
  return changed;
}

}  // namespace trapd::config
