// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/object_tree.h"

#include <algorithm>
#include <limits>

#include "trapd/base/check.h"

namespace trapd::agent {
namespace {

bool is_prefix(const Arcs& prefix, const Arcs& name) {
  return prefix.size() <= name.size() && std::equal(prefix.begin(), prefix.end(), name.begin());
}

Arcs instance_of(const Arcs& object, std::uint32_t row) {
  Arcs name = object;
  name.push_back(row);
  return name;
}

}  // namespace

void ObjectTree::add(Node node) {
  const auto at =
      std::lower_bound(nodes_.begin(), nodes_.end(), node.name,
                       [](const Node& one, const Arcs& name) { return one.name < name; });
  CHECK(at == nodes_.end() || !is_prefix(node.name, at->name));
  CHECK(at == nodes_.begin() || !is_prefix((at - 1)->name, node.name));
  nodes_.insert(at, std::move(node));
}

void ObjectTree::add_scalar(Arcs name, ScalarObject object) {
  add({std::move(name), std::move(object), std::nullopt});
}
void ObjectTree::add_column(Arcs name, ColumnObject object) {
  add({std::move(name), std::nullopt, std::move(object)});
}

Value ObjectTree::get(const Arcs& name, Request& request) const {
  auto at = std::upper_bound(nodes_.begin(), nodes_.end(), name,
                             [](const Arcs& wanted, const Node& one) { return wanted < one.name; });
  if (at == nodes_.begin() || !is_prefix((--at)->name, name)) return Value::no_such_object();
  const std::size_t arcs = name.size() - at->name.size();
  if (arcs != 1) return Value::no_such_instance();
  if (at->scalar) return name.back() == 0 ? at->scalar->read(request) : Value::no_such_instance();
  return at->column->read(request, name.back()).value_or(Value::no_such_instance());
}

/// The first instance of this object behind the name.
std::optional<ObjectTree::Found> ObjectTree::next_in(const Node& node, const Arcs& name,
                                                     Request& request) {
  const bool inside = is_prefix(node.name, name);
  if (!inside && name > node.name) return std::nullopt;
  if (node.scalar) {
    Arcs instance = instance_of(node.name, 0);
    if (name >= instance) return std::nullopt;
    return Found{std::move(instance), node.scalar->read(request)};
  }
  std::uint32_t from = 1;
  if (inside && name.size() > node.name.size()) {
    const std::uint32_t row = name[node.name.size()];
    if (row == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    from = row + 1;
  }
  const auto row = node.column->next_row(request, from);
  if (!row) return std::nullopt;
  auto value = node.column->read(request, *row);
  if (!value) return std::nullopt;
  return Found{instance_of(node.name, *row), std::move(*value)};
}

std::optional<ObjectTree::Found> ObjectTree::next(const Arcs& name, Request& request) const {
  auto at = std::upper_bound(nodes_.begin(), nodes_.end(), name,
                             [](const Arcs& wanted, const Node& one) { return wanted < one.name; });
  if (at != nodes_.begin()) --at;  // the name may lie within this one
  for (; at != nodes_.end(); ++at) {
    if (auto found = next_in(*at, name, request)) return found;
  }
  return std::nullopt;
}

}  // namespace trapd::agent
