// SPDX-License-Identifier: Apache-2.0
// The commands of the control socket as rows: name, and how a request's arguments become a call
// of the handlers. `tail`, and `refused` that follows, are the socket's own, because their answers
// do not end.
#pragma once

#include <string>
#include <string_view>

#include "trapd/admin/handlers.h"

namespace trapd::admin {

/// The arguments of one request, and who asks ("alice (uid 0)").
struct Request {
  std::string command;
  Json arguments;
  std::string who;
};

/// Runs one request on the caller's thread; throws nothing.
Result<Json> run_command(const Handlers& handlers, const Request& request);

/// {severity, device, name, alarm} of a request; an error when one is not what it must be.
Result<RecordFilter> read_filter(const Json& arguments);

/// {reason} of a request, the label of a drop reason; nothing when it is missing.
Result<std::optional<snmp::DropReason>> read_reason(const Json& arguments);

/// One line of the protocol: JSON without a line feed inside, octets that are not UTF-8 replaced.
std::string to_line(const Json& json);
std::string ok_line(Json result);
std::string error_line(const std::string& text);

}  // namespace trapd::admin
