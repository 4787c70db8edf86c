// SPDX-License-Identifier: Apache-2.0
// security: what is let in at all.
#pragma once

#include <vector>

#include "trapd/config/config.h"
#include "trapd/config/reading.h"
#include "trapd/config/secret_source.h"

namespace trapd::config {

struct SecurityDraft {
  usm::Policy policy;
  std::vector<Community> communities;
  snmp::Tolerances tolerances;
};

struct CommunityDraft {
  SecretValue text;
  std::string label;
  std::vector<Network> from;
};

struct ToleranceDraft {
  std::vector<Network> from;
  snmp::Deviations tolerated;
};

std::span<const Row<SecurityDraft>> security_rows();
std::span<const Row<ToleranceDraft>> tolerance_rows();
std::span<const Row<CommunityDraft>> community_rows();

}  // namespace trapd::config
