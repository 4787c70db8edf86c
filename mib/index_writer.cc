// SPDX-License-Identifier: Apache-2.0
#include "mib/index_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <unordered_map>

#include "mib/escape.h"
#include "trapd/base/check.h"
#include "trapd/base/fd.h"

namespace trapd::mib {

namespace {

/// One file under construction: records and octets per section, each string once.
class Layout {
 public:
  StringRef string(std::string_view text) {
    const auto [at, added] = strings_.try_emplace(std::string(text));
    if (added) {
      at->second = {static_cast<std::uint32_t>(data(SectionId::kStrings).size()),
                    static_cast<std::uint32_t>(text.size())};
      append(SectionId::kStrings, as_bytes(text), text.size());
    }
    return at->second;
  }
  std::uint32_t oid(const snmp::Oid& oid) {
    const auto offset = static_cast<std::uint32_t>(data(SectionId::kOids).size());
    append(SectionId::kOids, oid.view().content(), oid.view().content().size());
    return offset;
  }
  template <typename Record>
  void add(SectionId id, const Record& record) {
    append(id, {reinterpret_cast<const std::uint8_t*>(&record), sizeof record}, 1);
  }
  std::uint32_t count(SectionId id) const { return counts_[static_cast<std::size_t>(id)]; }

  Result<std::vector<std::uint8_t>> file(const InputsKey& key) const {
    FileHeader header;
    header.header_size = sizeof header;
    header.inputs_key = key;
    std::uint64_t size = sizeof header;
    for (std::size_t i = 0; i < kSectionCount; ++i) {
      header.sections[i] = {static_cast<std::uint32_t>(size), counts_[i]};
      size += (data_[i].size() + 7) / 8 * 8;
      if (size > kIndexOctetsMax) return failure("the MIB modules need too large an index");
    }
    header.file_size = size;
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < kSectionCount; ++i) {
      std::copy(data_[i].begin(), data_[i].end(), bytes.begin() + header.sections[i].offset);
    }
    std::memcpy(bytes.data(), &header, sizeof header);
    header.checksum = XXH3_64bits(bytes.data() + kChecksumFrom, bytes.size() - kChecksumFrom);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
  }

 private:
  using Octets = std::vector<std::uint8_t>;
  const Octets& data(SectionId id) const { return data_[static_cast<std::size_t>(id)]; }
  void append(SectionId id, ByteView bytes, std::size_t records) {
    Octets& section = data_[static_cast<std::size_t>(id)];
    section.insert(section.end(), bytes.begin(), bytes.end());
    counts_[static_cast<std::size_t>(id)] += static_cast<std::uint32_t>(records);
  }

  std::array<Octets, kSectionCount> data_;
  std::array<std::uint32_t, kSectionCount> counts_{};
  std::unordered_map<std::string, StringRef> strings_;
};

using Numbers = std::map<snmp::Oid, std::uint32_t>;
using Modules = std::map<std::string, std::uint32_t>;

// Enumerations come from conventions that hundreds of objects share; each is written once.
using LabelSets = std::map<std::map<std::int32_t, std::string>, std::uint32_t>;

std::uint32_t write_labels(const IndexWriter::Definition& definition, LabelSets* sets,
                           Layout* layout) {
  const auto [at, added] = sets->try_emplace(definition.labels, layout->count(SectionId::kLabels));
  if (added) {
    for (const auto& [value, text] : definition.labels) {
      layout->add(SectionId::kLabels, LabelRecord{value, layout->string(text)});
    }
  }
  return at->second;
}

void write_objects(const IndexWriter::Definition& definition, const Numbers& numbers,
                   Layout* layout) {
  for (const IndexWriter::Object& object : definition.objects) {
    const auto known = object.oid ? numbers.find(*object.oid) : numbers.end();
    layout->add(SectionId::kObjects, ObjectRecord{known == numbers.end() ? kNoNode : known->second,
                                                  layout->string(object.name)});
  }
}

/// In the order of the OIDs the ancestors of a node form a stack.
class Ancestors {
 public:
  std::uint32_t parent_of(const snmp::Oid& oid, std::uint32_t number) {
    while (!stack_.empty() && !oid.view().starts_with(stack_.back().first->view())) {
      stack_.pop_back();
    }
    const std::uint32_t parent = stack_.empty() ? kNoNode : stack_.back().second;
    stack_.emplace_back(&oid, number);
    return parent;
  }

 private:
  std::vector<std::pair<const snmp::Oid*, std::uint32_t>> stack_;
};

void write_nodes(const std::map<snmp::Oid, IndexWriter::Definition>& definitions,
                 const Modules& modules, const Numbers& numbers, Layout* layout) {
  Ancestors ancestors;
  LabelSets sets;
  std::uint32_t number = 0;
  for (const auto& [oid, definition] : definitions) {
    NodeRecord node;
    node.oid_offset = layout->oid(oid);
    node.oid_size = static_cast<std::uint16_t>(oid.view().content().size());
    node.kind = static_cast<std::uint8_t>(definition.kind);
    node.syntax = static_cast<std::uint8_t>(definition.syntax);
    node.name = layout->string(definition.name);
    node.module = modules.at(definition.module);
    node.parent = ancestors.parent_of(oid, number++);
    node.textual_convention = layout->string(definition.textual_convention);
    node.display_hint = layout->string(definition.display_hint);
    node.label_first = write_labels(definition, &sets, layout);
    node.label_count = static_cast<std::uint32_t>(definition.labels.size());
    node.object_first = layout->count(SectionId::kObjects);
    node.object_count = static_cast<std::uint32_t>(definition.objects.size());
    write_objects(definition, numbers, layout);
    layout->add(SectionId::kNodes, node);
  }
}

}  // namespace

namespace {

// A damaged module can put any octet into a name; the reader refuses what is not printable.
void make_printable(IndexWriter::Definition* definition) {
  for (std::string* const text : {&definition->module, &definition->name,
                                  &definition->textual_convention, &definition->display_hint}) {
    *text = escape_ascii(*text);
  }
  for (auto& [value, text] : definition->labels) text = escape_ascii(text);
  for (IndexWriter::Object& object : definition->objects) object.name = escape_ascii(object.name);
}

}  // namespace

void IndexWriter::define(Definition definition) {
  if (definition.oid.empty()) return;
  make_printable(&definition);
  names_.push_back({definition.name, definition.module, definition.oid});
  const auto at = definitions_.find(definition.oid);
  if (at == definitions_.end()) {
    snmp::Oid oid = definition.oid;
    definitions_.emplace(std::move(oid), std::move(definition));
  } else if (at->second.kind == NodeKind::kStructure && definition.kind != NodeKind::kStructure) {
    at->second = std::move(definition);
  }
}

void IndexWriter::name(const std::string& module, const std::string& name, const snmp::Oid& oid) {
  if (!oid.empty()) names_.push_back({escape_ascii(name), escape_ascii(module), oid});
}

void IndexWriter::diagnostic(std::string_view line) {
  if (diagnostics_.size() + 1 < kDiagnosticsMax) {
    std::string text = escape_ascii(line);
    if (text.size() > kDiagnosticOctetsMax)
      text.replace(kDiagnosticOctetsMax - 3, text.size(), "...");
    diagnostics_.push_back(std::move(text));
  } else {
    ++diagnostics_left_out_;
  }
}

Result<std::vector<std::uint8_t>> IndexWriter::finish(const InputsKey& key) const {
  if (definitions_.size() > kNodesMax) return failure("the MIB modules define too many objects");
  Layout layout;
  Modules modules;
  for (const Name& name : names_) modules.emplace(name.module, 0);
  for (auto& [name, number] : modules) {
    number = layout.count(SectionId::kModules);
    layout.add(SectionId::kModules, layout.string(name));
  }
  Numbers numbers;
  for (const auto& entry : definitions_) {
    numbers.emplace(entry.first, static_cast<std::uint32_t>(numbers.size()));
  }
  write_nodes(definitions_, modules, numbers, &layout);
  for (const Name& name : std::set<Name>(names_.begin(), names_.end())) {
    const auto known = numbers.find(name.oid);
    if (known == numbers.end()) continue;
    layout.add(SectionId::kNames,
               NameRecord{layout.string(name.name), modules.at(name.module), known->second});
  }
  for (const std::string& line : diagnostics_) {
    layout.add(SectionId::kDiagnostics, layout.string(line));
  }
  if (diagnostics_left_out_ > 0) {
    const std::string last = "(" + std::to_string(diagnostics_left_out_) + " more)";
    layout.add(SectionId::kDiagnostics, layout.string(last));
  }
  return layout.file(key);
}

Status write_index(const std::string& path, ByteView bytes) {
  // Not synced: after a power cut the checksum tells a torn file, and the index is made anew.
  const std::string temporary = path + ".tmp." + std::to_string(::getpid());
  {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return Unexpected(errno_error("cannot create", temporary, errno));
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const int error = errno;
        ::unlink(temporary.c_str());
        return Unexpected(errno_error("cannot write", temporary, error));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return Unexpected(errno_error("cannot replace", path, error));
  }
  return {};
}

}  // namespace trapd::mib
