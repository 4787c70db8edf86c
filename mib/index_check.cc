// SPDX-License-Identifier: Apache-2.0
#include "mib/index_check.h"

#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "mib/index_format.h"
#include "mib/node.h"
#include "trapd/ber/reader.h"

namespace trapd::mib {

namespace {

class Check {
 public:
  explicit Check(ByteView bytes)
      : bytes_(bytes), header_(*reinterpret_cast<const FileHeader*>(bytes.data())) {}

  std::string fault() {
    if (std::string fault = header_fault(); !fault.empty()) return fault;
    for (std::uint32_t i = 0; i < count(SectionId::kModules); ++i) {
      if (!module_sound(i)) return "module " + std::to_string(i) + " is damaged";
    }
    for (std::uint32_t i = 0; i < count(SectionId::kNodes); ++i) {
      if (!node_sound(i)) return "node " + std::to_string(i) + " is damaged";
    }
    for (std::uint32_t i = 0; i < count(SectionId::kNames); ++i) {
      if (!name_sound(i)) return "name " + std::to_string(i) + " is damaged";
    }
    for (std::uint32_t i = 0; i < count(SectionId::kObjects); ++i) {
      if (!object_sound(i)) return "object " + std::to_string(i) + " is damaged";
    }
    for (std::uint32_t i = 0; i < count(SectionId::kLabels); ++i) {
      if (!string_sound(record<LabelRecord>(SectionId::kLabels, i).text)) {
        return "label " + std::to_string(i) + " is damaged";
      }
    }
    for (std::uint32_t i = 0; i < count(SectionId::kDiagnostics); ++i) {
      if (!string_sound(record<StringRef>(SectionId::kDiagnostics, i))) {
        return "diagnostic " + std::to_string(i) + " is damaged";
      }
    }
    return {};
  }

 private:
  std::string header_fault() const {
    if (header_.magic != kIndexMagic) return "not a MIB index";
    if (header_.version != kIndexVersion) {
      return "version " + std::to_string(header_.version) + ", this program reads version " +
             std::to_string(kIndexVersion);
    }
    if (header_.header_size != sizeof(FileHeader)) return "header of another size";
    if (header_.file_size != bytes_.size()) {
      return "should have " + std::to_string(header_.file_size) + " octets, has " +
             std::to_string(bytes_.size());
    }
    const ByteView covered = bytes_.subspan(kChecksumFrom);
    if (XXH3_64bits(covered.data(), covered.size()) != header_.checksum) {
      return "checksum does not match";
    }
    return sections_fault();
  }

  std::string sections_fault() const {
    for (std::size_t i = 0; i < kSectionCount; ++i) {
      const Section& section = header_.sections[i];
      const std::uint64_t size = std::uint64_t{section.count} * kRecordOctets[i];
      if (section.offset % 8 != 0 || section.offset < sizeof(FileHeader) ||
          section.offset > bytes_.size() || size > bytes_.size() - section.offset) {
        return "section " + std::to_string(i) + " lies outside the file";
      }
    }
    if (count(SectionId::kNodes) > kNodesMax) return "too many nodes";
    if (count(SectionId::kDiagnostics) > kDiagnosticsMax) return "too many diagnostics";
    return {};
  }

  bool module_sound(std::uint32_t i) const {
    const StringRef name = record<StringRef>(SectionId::kModules, i);
    if (!string_sound(name)) return false;
    return i == 0 || string(record<StringRef>(SectionId::kModules, i - 1)) < string(name);
  }

  bool node_sound(std::uint32_t i) {
    const auto& node = record<NodeRecord>(SectionId::kNodes, i);
    if (node.oid_offset > count(SectionId::kOids) ||
        node.oid_size > count(SectionId::kOids) - node.oid_offset) {
      return false;
    }
    const ByteView oid = oid_of(node);
    if (oid.empty() || !ber::valid_oid(oid)) return false;
    if (i > 0 && !less(oid_of(record<NodeRecord>(SectionId::kNodes, i - 1)), oid)) return false;
    // In this order the ancestors of a node are those before it that are prefixes; what the stack
    // drops can be a prefix of nothing that follows.
    while (!ancestors_.empty() &&
           !starts_with(oid, oid_of(record<NodeRecord>(SectionId::kNodes, ancestors_.back())))) {
      ancestors_.pop_back();
    }
    const std::uint32_t parent = ancestors_.empty() ? kNoNode : ancestors_.back();
    ancestors_.push_back(i);
    return node.parent == parent && node.kind <= kNodeKindMax && node.syntax <= kSyntaxMax &&
           node.module < count(SectionId::kModules) && string_sound(node.name) &&
           string_sound(node.textual_convention) && string_sound(node.display_hint) &&
           within(node.object_first, node.object_count, SectionId::kObjects) && labels_sound(node);
  }

  bool labels_sound(const NodeRecord& node) const {
    if (!within(node.label_first, node.label_count, SectionId::kLabels)) return false;
    for (std::uint32_t i = 1; i < node.label_count; ++i) {
      const std::uint32_t at = node.label_first + i;
      if (record<LabelRecord>(SectionId::kLabels, at - 1).value >=
          record<LabelRecord>(SectionId::kLabels, at).value) {
        return false;
      }
    }
    return true;
  }

  bool name_sound(std::uint32_t i) const {
    const auto& name = record<NameRecord>(SectionId::kNames, i);
    if (!string_sound(name.name) || name.module >= count(SectionId::kModules) ||
        name.node >= count(SectionId::kNodes)) {
      return false;
    }
    if (i == 0) return true;
    const auto& before = record<NameRecord>(SectionId::kNames, i - 1);
    const int order = string(before.name).compare(string(name.name));
    return order < 0 || (order == 0 && before.module <= name.module);
  }

  bool object_sound(std::uint32_t i) const {
    const auto& object = record<ObjectRecord>(SectionId::kObjects, i);
    return string_sound(object.name) &&
           (object.node == kNoNode || object.node < count(SectionId::kNodes));
  }

  std::uint32_t count(SectionId id) const {
    return header_.sections[static_cast<std::size_t>(id)].count;
  }
  template <typename Record>
  const Record& record(SectionId id, std::uint32_t i) const {
    const Section& section = header_.sections[static_cast<std::size_t>(id)];
    return reinterpret_cast<const Record*>(bytes_.data() + section.offset)[i];
  }
  ByteView oid_of(const NodeRecord& node) const {
    const Section& section = header_.sections[static_cast<std::size_t>(SectionId::kOids)];
    return bytes_.subspan(section.offset + node.oid_offset, node.oid_size);
  }
  std::string_view string(StringRef ref) const {
    const Section& section = header_.sections[static_cast<std::size_t>(SectionId::kStrings)];
    return as_text(bytes_.subspan(section.offset + ref.offset, ref.size));
  }
  // Names end up in log lines and messages: no control character may come out of a file.
  bool string_sound(StringRef ref) const {
    if (!within(ref.offset, ref.size, SectionId::kStrings)) return false;
    const std::string_view text = string(ref);
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  }
  bool within(std::uint32_t first, std::uint32_t size, SectionId id) const {
    return first <= count(id) && size <= count(id) - first;
  }
  static bool less(ByteView a, ByteView b) { return as_text(a) < as_text(b); }

  ByteView bytes_;
  const FileHeader& header_;
  std::vector<std::uint32_t> ancestors_;
};

}  // namespace

std::string index_fault(ByteView bytes) {
  if (bytes.size() < sizeof(FileHeader)) return "shorter than a header";
  if (bytes.size() > kIndexOctetsMax) return "larger than an index may be";
  return Check(bytes).fault();
}

}  // namespace trapd::mib
