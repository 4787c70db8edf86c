// SPDX-License-Identifier: Apache-2.0
// The packets that `trapctl explain` is to speak of: from captures, hexadecimal, or a running
// trapd's list of refused ones. One thread; allocates freely.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::ctl {

struct ExplainInput {
  std::string title;
  std::vector<std::uint8_t> payload;
  std::optional<Endpoint> source{};
  // of one that trapd has refused
  std::optional<snmp::DropReason> refused_as{};
  std::uint64_t number = 0;  // trapd's of it; 0 = none
  std::int64_t received_wall_ns = 0;
  std::size_t octets_missing = 0;  // of a long one not all are kept
  bool at_agent = false;           // the northbound agent refused it, by rules of its own
};

/// what: a file of libpcap's or pcapng's form, hexadecimal, or "-" for either on standard input.
Result<std::vector<ExplainInput>> read_explain_inputs(const std::string& what);

/// One of `refused` (trapd/admin/PROTOCOL.md).
Result<ExplainInput> refused_input(const nlohmann::json& packet);

}  // namespace trapd::ctl
