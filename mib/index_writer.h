// SPDX-License-Identifier: Apache-2.0
// Collects what modules define and lays it out as an index (mib/FORMAT.md). One thread; memory in
// proportion to the modules. Used by the compiler process and by tests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mib/index_format.h"
#include "mib/node.h"
#include "trapd/base/error.h"
#include "trapd/snmp/oid.h"

namespace trapd::mib {

class IndexWriter {
 public:
  struct Object {
    std::string name;
    std::optional<snmp::Oid> oid;
  };
  struct Definition {
    snmp::Oid oid;
    std::string module;
    std::string name;
    NodeKind kind = NodeKind::kStructure;
    Syntax syntax = Syntax::kNone;
    std::string textual_convention;
    std::string display_hint;
    std::map<std::int32_t, std::string> labels;
    std::vector<Object> objects;
  };
  /// The first definition of an OID describes it, but an object or a notification replaces plain
  /// structure; the names of all of them are found. Octets that are no printable ASCII are escaped.
  void define(Definition definition);
  /// A further name of an OID that is or will be defined.
  void name(const std::string& module, const std::string& name, const snmp::Oid& oid);
  /// Control characters and all but ASCII are escaped, long lines cut; lines beyond
  /// kDiagnosticsMax are counted in the last one.
  void diagnostic(std::string_view line);

  /// The whole file. Fails when a bound of the format is exceeded.
  Result<std::vector<std::uint8_t>> finish(const InputsKey& key) const;

 private:
  struct Name {
    std::string name;
    std::string module;
    snmp::Oid oid;
    friend auto operator<=>(const Name&, const Name&) = default;
  };
  std::map<snmp::Oid, Definition> definitions_;
  std::vector<Name> names_;
  std::vector<std::string> diagnostics_;
  std::size_t diagnostics_left_out_ = 0;
};

/// Writes beside the path and renames, so that a reader finds the old file or the new one.
Status write_index(const std::string& path, ByteView bytes);

}  // namespace trapd::mib
