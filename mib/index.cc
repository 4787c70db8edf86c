// SPDX-License-Identifier: Apache-2.0
#include "mib/index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "mib/index_check.h"
#include "mib/index_writer.h"
#include "trapd/base/check.h"
#include "trapd/base/fd.h"

namespace trapd::mib {

const char* to_text(Syntax syntax) {
  static constexpr const char* kTexts[] = {
      "",          "Integer32", "Unsigned32",   "Counter32",
      "Counter64", "TimeTicks", "OCTET STRING", "OBJECT IDENTIFIER",
      "IpAddress", "Opaque",    "BITS"};
  static_assert(std::size(kTexts) == kSyntaxMax + 1);
  return kTexts[static_cast<std::size_t>(syntax)];
}

/// A mapping, or a vector.
class MibIndex::Bytes {
 public:
  explicit Bytes(std::vector<std::uint8_t> owned) : owned_(std::move(owned)), view_(owned_) {}
  Bytes(void* mapping, std::size_t size)
      : mapping_(mapping), view_(static_cast<const std::uint8_t*>(mapping), size) {}
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() {
    if (mapping_ != nullptr) ::munmap(mapping_, view_.size());
  }
  ByteView view() const { return view_; }

 private:
  std::vector<std::uint8_t> owned_;
  void* mapping_ = nullptr;
  ByteView view_;
};

namespace {

// Names directly below these modules' nodes would say no more than the numbers.
bool is_root(const Node& node) {
  return node.module == "SNMPv2-SMI" || node.module == "RFC1155-SMI";
}

std::string cannot(std::string_view what, const std::string& subject, std::string_view why) {
  return "cannot " + std::string(what) + " " + subject + ": " + std::string(why);
}

}  // namespace

MibIndex::MibIndex(std::unique_ptr<Bytes> bytes) : bytes_(std::move(bytes)) {}
MibIndex::~MibIndex() = default;

Result<std::shared_ptr<const MibIndex>> MibIndex::checked(std::unique_ptr<Bytes> bytes,
                                                          const std::string& subject) {
  const std::string fault = index_fault(bytes->view());
  if (!fault.empty()) return failure(cannot("use MIB index", subject, fault));
  return std::shared_ptr<const MibIndex>(
      std::shared_ptr<MibIndex>(std::unique_ptr<MibIndex>(new MibIndex(std::move(bytes)))));
}

Result<std::shared_ptr<const MibIndex>> MibIndex::open(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Unexpected(errno_error("cannot open MIB index", path, errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return Unexpected(errno_error("cannot read MIB index", path, errno));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size < sizeof(FileHeader) || size > kIndexOctetsMax) {
    return failure(cannot("use MIB index", path, "not a file of an index's size"));
  }
  void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (mapping == MAP_FAILED) return Unexpected(errno_error("cannot map MIB index", path, errno));
  return checked(std::make_unique<Bytes>(mapping, size), path);
}

Result<std::shared_ptr<const MibIndex>> MibIndex::from_bytes(std::vector<std::uint8_t> bytes) {
  return checked(std::make_unique<Bytes>(std::move(bytes)), "in memory");
}

std::shared_ptr<const MibIndex> MibIndex::empty() {
  auto bytes = IndexWriter().finish(InputsKey{});
  CHECK(bytes.has_value());
  auto index = from_bytes(std::move(*bytes));
  CHECK(index.has_value());
  return *index;
}

const FileHeader& MibIndex::header() const {
  return *reinterpret_cast<const FileHeader*>(bytes_->view().data());
}
std::size_t MibIndex::count(SectionId id) const {
  return header().sections[static_cast<std::size_t>(id)].count;
}
template <typename Record>
const Record& MibIndex::record(SectionId id, std::size_t i) const {
  CHECK(i < count(id));
  const Section& section = header().sections[static_cast<std::size_t>(id)];
  return reinterpret_cast<const Record*>(bytes_->view().data() + section.offset)[i];
}
std::string_view MibIndex::string(StringRef ref) const {
  const Section& section = header().sections[static_cast<std::size_t>(SectionId::kStrings)];
  return as_text(bytes_->view().subspan(section.offset + ref.offset, ref.size));
}
snmp::OidView MibIndex::oid_of(const NodeRecord& node) const {
  const Section& section = header().sections[static_cast<std::size_t>(SectionId::kOids)];
  return snmp::OidView(bytes_->view().subspan(section.offset + node.oid_offset, node.oid_size));
}

Node MibIndex::node(std::uint32_t id) const {
  const auto& record_of = record<NodeRecord>(SectionId::kNodes, id);
  return Node{.id = id,
              .oid = oid_of(record_of),
              .module = string(record<StringRef>(SectionId::kModules, record_of.module)),
              .name = string(record_of.name),
              .kind = static_cast<NodeKind>(record_of.kind),
              .syntax = static_cast<Syntax>(record_of.syntax),
              .textual_convention = string(record_of.textual_convention),
              .display_hint = string(record_of.display_hint),
              .label_count = record_of.label_count,
              .object_count = record_of.object_count};
}

// The last node that is not behind the OID begins with every prefix of the OID that is a node, so
// the longest of them is that node or one of its ancestors.
std::optional<Match> MibIndex::lookup(snmp::OidView oid) const {
  const std::uint8_t* const file = bytes_->view().data();
  const auto& nodes = header().sections[static_cast<std::size_t>(SectionId::kNodes)];
  const auto* const records = reinterpret_cast<const NodeRecord*>(file + nodes.offset);
  const std::uint8_t* const oids =
      file + header().sections[static_cast<std::size_t>(SectionId::kOids)].offset;
  const auto content = [oids](const NodeRecord& node) {
    return ByteView(oids + node.oid_offset, node.oid_size);
  };
  const std::string_view wanted = as_text(oid.content());
  std::size_t low = 0;
  std::size_t high = nodes.count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (wanted < as_text(content(records[middle]))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low == 0) return std::nullopt;
  auto id = static_cast<std::uint32_t>(low - 1);
  while (id != kNoNode) {
    CHECK(id < nodes.count);
    const snmp::OidView prefix(content(records[id]));
    if (oid.starts_with(prefix)) return Match{node(id), oid.after(prefix)};
    id = records[id].parent;
  }
  return std::nullopt;
}

Error MibIndex::ambiguous(std::string_view name, std::size_t first, std::size_t last) const {
  std::string text = std::string(name) + " is defined with different OIDs by ";
  constexpr std::size_t kNamedMax = 4;
  for (std::size_t i = first; i < last && i < first + kNamedMax; ++i) {
    const auto& entry = record<NameRecord>(SectionId::kNames, i);
    if (i > first) text += ", ";
    text += string(record<StringRef>(SectionId::kModules, entry.module));
  }
  if (last - first > kNamedMax) text += " and others";
  return Error{text + "; write MODULE::" + std::string(name)};
}

Result<std::uint32_t> MibIndex::find_node(std::string_view module, std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = count(SectionId::kNames);
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (string(record<NameRecord>(SectionId::kNames, middle).name) < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const std::size_t first = low;
  std::optional<std::uint32_t> found;
  bool several = false;
  for (; low < count(SectionId::kNames); ++low) {
    const auto& entry = record<NameRecord>(SectionId::kNames, low);
    if (string(entry.name) != name) break;
    const auto defined_by = string(record<StringRef>(SectionId::kModules, entry.module));
    if (!module.empty() && defined_by != module) continue;
    several = several || (found && *found != entry.node);
    if (!found) found = entry.node;
  }
  if (several) return Unexpected(ambiguous(name, first, low));
  if (found) return *found;
  const std::string full = (module.empty() ? "" : std::string(module) + "::") + std::string(name);
  return failure("no MIB module defines " + full);
}

Result<snmp::Oid> MibIndex::find(std::string_view name) const {
  if (auto dotted = snmp::Oid::parse(name)) return std::move(*dotted);
  std::string_view module;
  std::string_view rest = name;
  if (const std::size_t colons = name.find("::"); colons != std::string_view::npos) {
    module = name.substr(0, colons);
    rest = name.substr(colons + 2);
  }
  const std::size_t dot = rest.find('.');
  auto id = find_node(module, rest.substr(0, dot));
  if (!id) return Unexpected(std::move(id.error()));
  const snmp::OidView base = node(*id).oid;
  if (dot == std::string_view::npos) return snmp::Oid(base);
  auto whole = snmp::Oid::parse(base.text() + std::string(rest.substr(dot)));
  if (!whole) return failure("the instance in " + std::string(name) + " is not plain numbers");
  return std::move(*whole);
}

std::optional<snmp::Oid> MibIndex::resolve(std::string_view name) const {
  auto found = find(name);
  if (!found) return std::nullopt;
  return std::move(*found);
}

std::string MibIndex::name_of(snmp::OidView oid) const {
  const auto match = lookup(oid);
  if (!match || (!match->suffix.empty() && is_root(match->node))) return oid.text();
  std::string text(match->node.module);
  text.append("::").append(match->node.name);
  if (!match->suffix.empty()) text.append(".").append(snmp::arcs_text(match->suffix));
  return text;
}

std::optional<std::string_view> MibIndex::label(const Node& node, std::int32_t value) const {
  std::uint32_t low = 0;
  std::uint32_t high = node.label_count;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    const Label at = label_at(node, middle);
    if (at.value == value) return at.text;
    if (at.value < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

MibIndex::Label MibIndex::label_at(const Node& node, std::uint32_t i) const {
  CHECK(i < node.label_count);
  const auto& owner = record<NodeRecord>(SectionId::kNodes, node.id);
  const auto& label = record<LabelRecord>(SectionId::kLabels, owner.label_first + i);
  return {label.value, string(label.text)};
}

MibIndex::Object MibIndex::object_at(const Node& node, std::uint32_t i) const {
  CHECK(i < node.object_count);
  const auto& owner = record<NodeRecord>(SectionId::kNodes, node.id);
  const auto& object = record<ObjectRecord>(SectionId::kObjects, owner.object_first + i);
  Object result{string(object.name), std::nullopt};
  if (object.node != kNoNode) result.node = object.node;
  return result;
}

std::vector<std::string_view> MibIndex::modules() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < count(SectionId::kModules); ++i) {
    names.push_back(string(record<StringRef>(SectionId::kModules, i)));
  }
  return names;
}

std::vector<std::string_view> MibIndex::diagnostics() const {
  std::vector<std::string_view> lines;
  for (std::size_t i = 0; i < count(SectionId::kDiagnostics); ++i) {
    lines.push_back(string(record<StringRef>(SectionId::kDiagnostics, i)));
  }
  return lines;
}

}  // namespace trapd::mib
