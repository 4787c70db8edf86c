// SPDX-License-Identifier: Apache-2.0
// What all MIB modules together say about OIDs, read from an index file that the compiler process
// (trapd-mibc) has written. Immutable; any thread; everything handed out is borrowed from it.
//
// The file is mapped. Whoever replaces it renames a new file over it and never writes into the old
// one (write_index and the compiler do so); open() checks the checksum and every offset, so that
// nothing outside the mapping is read later, whatever the file holds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mib/index_format.h"
#include "mib/node.h"
#include "trapd/base/bytes.h"
#include "trapd/base/error.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::mib {

class MibIndex final : public snmp::OidNames {
 public:
  /// Maps the file; the error says what is wrong with it.
  static Result<std::shared_ptr<const MibIndex>> open(const std::string& path);
  /// The same checks on bytes in memory.
  static Result<std::shared_ptr<const MibIndex>> from_bytes(std::vector<std::uint8_t> bytes);
  /// Knows nothing: every OID is dotted, every value plain.
  static std::shared_ptr<const MibIndex> empty();
  ~MibIndex() override;
  MibIndex(const MibIndex&) = delete;
  MibIndex& operator=(const MibIndex&) = delete;

  /// nullopt when no module knows even the beginning. O(log nodes + depth), no allocation.
  std::optional<Match> lookup(snmp::OidView oid) const;
  Node node(std::uint32_t id) const;  // id < node_count()
  std::size_t node_count() const { return count(SectionId::kNodes); }

  /// "MODULE::name", "name", each with ".1.2" behind it, or dotted decimal. The error tells an
  /// unknown name from one that several modules define with different OIDs, and names them.
  Result<snmp::Oid> find(std::string_view name) const;
  std::optional<snmp::Oid> resolve(std::string_view name) const override;
  /// Below nothing but a root of the tree ("enterprises.9.9") an OID stays dotted.
  std::string name_of(snmp::OidView oid) const override;

  /// Label of an enumerated value or of a bit.
  std::optional<std::string_view> label(const Node& node, std::int32_t value) const;
  struct Label {
    std::int32_t value;
    std::string_view text;
  };
  Label label_at(const Node& node, std::uint32_t i) const;  // i < node.label_count, ascending
  /// An object of a notification, in the order of its OBJECTS clause.
  struct Object {
    std::string_view name;
    std::optional<std::uint32_t> node;  // nullopt: no module that was read defines it
  };
  Object object_at(const Node& node, std::uint32_t i) const;  // i < node.object_count

  std::vector<std::string_view> modules() const;
  /// One line per broken file, missing import or shadowed module (at most kDiagnosticsMax).
  std::vector<std::string_view> diagnostics() const;
  const InputsKey& inputs_key() const { return header().inputs_key; }

 private:
  class Bytes;
  explicit MibIndex(std::unique_ptr<Bytes> bytes);
  static Result<std::shared_ptr<const MibIndex>> checked(std::unique_ptr<Bytes> bytes,
                                                         const std::string& subject);

  const FileHeader& header() const;
  std::size_t count(SectionId id) const;
  template <typename Record>
  const Record& record(SectionId id, std::size_t i) const;
  std::string_view string(StringRef ref) const;
  snmp::OidView oid_of(const NodeRecord& node) const;
  Result<std::uint32_t> find_node(std::string_view module, std::string_view name) const;
  Error ambiguous(std::string_view name, std::size_t first, std::size_t last) const;

  std::unique_ptr<Bytes> bytes_;
};

}  // namespace trapd::mib
