// SPDX-License-Identifier: Apache-2.0
// The objects of the agent in the order of their names: scalars, and columns of tables whose index
// is one number. Everything that is not here does not exist. RFC 3415 comes down to one view,
// internet (1.3.6.1), for one group: the users with `use: [agent]`, at authPriv.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "trapd/agent/value.h"
#include "trapd/snmp/oid.h"

namespace trapd::agent {

class Request;

using Arcs = std::vector<std::uint32_t>;

/// Of one request: what was read for it is kept until it is answered (request.h).
struct ScalarObject {
  std::function<Value(Request&)> read;
};
struct ColumnObject {
  /// The first row numbered `from` (1 and above) or higher; nullopt: none.
  std::function<std::optional<std::uint32_t>(Request&, std::uint32_t from)> next_row;
  /// nullopt: there is no such row.
  std::function<std::optional<Value>(Request&, std::uint32_t row)> read;
};

/// Built once, then immutable; any thread.
class ObjectTree {
 public:
  /// In any order; no name may be the beginning of another.
  void add_scalar(Arcs name, ScalarObject object);
  void add_column(Arcs name, ColumnObject object);

  /// RFC 3416 4.2.1: the value, noSuchObject or noSuchInstance.
  Value get(const Arcs& name, Request& request) const;
  struct Found {
    Arcs name;
    Value value;
  };
  /// RFC 3416 4.2.2: the first instance behind the name; nullopt: endOfMibView.
  std::optional<Found> next(const Arcs& name, Request& request) const;

 private:
  struct Node {
    Arcs name;
    std::optional<ScalarObject> scalar;
    std::optional<ColumnObject> column;
  };
  void add(Node node);
  static std::optional<Found> next_in(const Node& node, const Arcs& name, Request& request);

  std::vector<Node> nodes_;  // sorted by name
};

}  // namespace trapd::agent
