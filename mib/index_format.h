// SPDX-License-Identifier: Apache-2.0
// The records of an index file as they lie on disk (mib/FORMAT.md). Little-endian; every section
// starts at a multiple of 8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trapd::mib {

inline constexpr std::array<char, 8> kIndexMagic{'T', 'R', 'A', 'P', 'D', 'M', 'I', 'B'};
inline constexpr std::uint32_t kIndexVersion = 1;
inline constexpr std::uint32_t kNoNode = 0xffffffff;

// Bounds of a file; a compiler that meets one stops with an error, a reader refuses.
inline constexpr std::uint64_t kIndexOctetsMax = std::uint64_t{1} << 30;
inline constexpr std::uint32_t kNodesMax = 4'000'000;
inline constexpr std::uint32_t kDiagnosticsMax = 1'000;
inline constexpr std::uint32_t kDiagnosticOctetsMax = 512;

/// Identifies what an index was made from.
using InputsKey = std::array<std::uint8_t, 16>;

enum class SectionId : std::uint8_t {
  kOids,         // octets: BER contents, one behind the other
  kStrings,      // octets: printable ASCII, no terminators
  kModules,      // StringRef, ascending
  kNodes,        // NodeRecord, ascending by the octets of the OID
  kNames,        // NameRecord, ascending by name, then module
  kLabels,       // LabelRecord, ascending by value within a node
  kObjects,      // ObjectRecord, in the order of the OBJECTS clause
  kDiagnostics,  // StringRef: what the compiler had to say
  kCount
};
inline constexpr std::size_t kSectionCount = static_cast<std::size_t>(SectionId::kCount);

struct Section {
  std::uint32_t offset = 0;  // from the start of the file
  std::uint32_t count = 0;   // of records, or of octets
};

struct StringRef {
  std::uint32_t offset = 0;  // in kStrings
  std::uint32_t size = 0;
};

struct FileHeader {
  std::array<char, 8> magic = kIndexMagic;
  std::uint32_t version = kIndexVersion;
  std::uint32_t header_size = 0;
  std::uint64_t file_size = 0;
  std::uint64_t checksum = 0;  // XXH3-64 of everything behind this field
  InputsKey inputs_key{};
  std::array<Section, kSectionCount> sections{};
};
static_assert(sizeof(FileHeader) == 112);
inline constexpr std::size_t kChecksumFrom = offsetof(FileHeader, inputs_key);
static_assert(kChecksumFrom == 32);

struct NodeRecord {
  std::uint32_t oid_offset = 0;  // in kOids
  std::uint16_t oid_size = 0;
  std::uint8_t kind = 0;    // NodeKind
  std::uint8_t syntax = 0;  // Syntax
  StringRef name;
  std::uint32_t module = 0;        // in kModules
  std::uint32_t parent = kNoNode;  // the node with the longest OID that is a prefix of this one
  StringRef textual_convention;
  StringRef display_hint;
  std::uint32_t label_first = 0;
  std::uint32_t label_count = 0;
  std::uint32_t object_first = 0;
  std::uint32_t object_count = 0;
};
static_assert(sizeof(NodeRecord) == 56);

struct NameRecord {
  StringRef name;
  std::uint32_t module = 0;
  std::uint32_t node = 0;
};
static_assert(sizeof(NameRecord) == 16);

struct LabelRecord {
  std::int32_t value = 0;  // of an enumeration; of BITS the number of the bit
  StringRef text;
};
static_assert(sizeof(LabelRecord) == 12);

struct ObjectRecord {
  std::uint32_t node = kNoNode;  // kNoNode: no module that was read defines it
  StringRef name;
};
static_assert(sizeof(ObjectRecord) == 12);

inline constexpr std::array<std::size_t, kSectionCount> kRecordOctets{1,
                                                                      1,
                                                                      sizeof(StringRef),
                                                                      sizeof(NodeRecord),
                                                                      sizeof(NameRecord),
                                                                      sizeof(LabelRecord),
                                                                      sizeof(ObjectRecord),
                                                                      sizeof(StringRef)};

}  // namespace trapd::mib
