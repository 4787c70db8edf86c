// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler/netsnmp_modules.h"

#include <net-snmp/net-snmp-config.h>
// The order matters to Net-SNMP.
#include <net-snmp/net-snmp-includes.h>

#include <algorithm>
#include <unordered_map>

namespace trapd::mib {

namespace {

int log_line(int, int, void* message, void* diagnostics) {
  const auto* const logged = static_cast<const snmp_log_message*>(message);
  static_cast<Diagnostics*>(diagnostics)->add(fault_line(logged->msg));
  return 0;
}

void prepare(Diagnostics* diagnostics) {
  netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
  snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, log_line, diagnostics);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_ERRORS, 1);
  // Underscores in names are illegal and common.
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_PARSE_LABEL, 1);
  netsnmp_set_mib_directory("");
  netsnmp_init_mib_internals();
}

bool selected(const ModuleFile& file, const std::vector<std::string>& selection) {
  return file.base || selection.empty() ||
         std::find(selection.begin(), selection.end(), file.module) != selection.end();
}

Syntax syntax_of(int type) {
  switch (type) {
    case TYPE_INTEGER:
    case TYPE_INTEGER32:
      return Syntax::kInteger32;
    case TYPE_GAUGE:
    case TYPE_UINTEGER:
    case TYPE_UNSIGNED32:
      return Syntax::kUnsigned32;
    case TYPE_COUNTER:
      return Syntax::kCounter32;
    case TYPE_COUNTER64:
      return Syntax::kCounter64;
    case TYPE_TIMETICKS:
      return Syntax::kTimeTicks;
    case TYPE_OCTETSTR:
    case TYPE_NSAPADDRESS:
      return Syntax::kOctetString;
    case TYPE_OBJID:
      return Syntax::kObjectIdentifier;
    case TYPE_NETADDR:
    case TYPE_IPADDR:
      return Syntax::kIpAddress;
    case TYPE_OPAQUE:
      return Syntax::kOpaque;
    case TYPE_BITSTRING:
      return Syntax::kBits;
    default:
      return Syntax::kNone;
  }
}

/// Net-SNMP puts the traps of SMIv1 below a node "enterprise#" of number 0 and gives them no type.
bool is_trap_v1(const tree* node) {
  const tree* const parent = node->parent;
  return parent != nullptr && parent->subid == 0 && parent->label != nullptr &&
         std::string_view(parent->label).ends_with('#');
}

NodeKind kind_of(const tree* node) {
  if (node->type == TYPE_NOTIFTYPE || is_trap_v1(node)) return NodeKind::kNotification;
  return syntax_of(node->type) == Syntax::kNone ? NodeKind::kStructure : NodeKind::kObject;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

/// Nodes that Net-SNMP makes up: for arcs without a name and for the 0 of an SNMPv1 trap.
bool is_made_up(const std::string& label) {
  return label.empty() || label.starts_with(ANON) || label.find('#') != std::string::npos;
}

/// Net-SNMP finds a module by walking a list; thousands of modules have hundreds of thousands of
/// nodes.
const module* module_by_id(int modid) {
  static std::unordered_map<int, const module*> known;
  const auto [at, added] = known.try_emplace(modid, nullptr);
  if (added) at->second = find_module(modid);
  return at->second;
}

std::string module_of(int modid) {
  const module* const found = module_by_id(modid);
  return found == nullptr ? "#" + std::to_string(modid) : text_of(found->name);
}

std::optional<snmp::Oid> oid_of(const tree* node) {
  std::vector<std::uint32_t> arcs;
  for (; node != nullptr && arcs.size() < snmp::kOidArcsMax; node = node->parent) {
    if (node->subid > 0xffffffffUL) return std::nullopt;
    arcs.push_back(static_cast<std::uint32_t>(node->subid));
  }
  if (node != nullptr) return std::nullopt;
  std::reverse(arcs.begin(), arcs.end());
  return snmp::Oid::from_arcs(arcs);
}

/// Nodes by label. Net-SNMP's own table has 128 buckets, which half a million nodes fill.
class Labels {
 public:
  void add(const tree* first, std::size_t depth) {
    if (depth > snmp::kOidArcsMax) return;
    for (const tree* node = first; node != nullptr; node = node->next_peer) {
      if (node->label != nullptr) nodes_[node->label].push_back(node);
      add(node->child_list, depth + 1);
    }
  }
  /// A label in the OBJECTS of a notification: defined beside it, imported, or anywhere.
  const tree* find(const std::string& label, int modid) const {
    const auto found = nodes_.find(label);
    if (found == nodes_.end()) return nullptr;
    if (const tree* const own = defined_by(modid, found->second)) return own;
    if (const module* const importer = module_by_id(modid)) {
      for (int i = 0; i < importer->no_imports; ++i) {
        const module_import& import = importer->imports[i];
        if (import.label == nullptr || label != import.label) continue;
        if (const tree* const theirs = defined_by(import.modid, found->second)) return theirs;
      }
    }
    return found->second.front();
  }

 private:
  using Nodes = std::vector<const tree*>;
  static const tree* defined_by(int modid, const Nodes& nodes) {
    for (const tree* const node : nodes) {
      for (int i = 0; i < node->number_modules; ++i) {
        if (node->module_list[i] == modid) return node;
      }
    }
    return nullptr;
  }

  std::unordered_map<std::string_view, Nodes> nodes_;
};

IndexWriter::Definition definition_of(const tree* node, snmp::Oid oid, const Labels& labels) {
  IndexWriter::Definition definition;
  definition.oid = std::move(oid);
  definition.module = module_of(node->modid);
  definition.name = text_of(node->label);
  definition.kind = kind_of(node);
  definition.syntax = syntax_of(node->type);
  if (definition.kind == NodeKind::kObject) {
    definition.textual_convention = text_of(get_tc_descriptor(node->tc_index));
    definition.display_hint = text_of(node->hint);
    for (const enum_list* item = node->enums; item != nullptr; item = item->next) {
      definition.labels.emplace(item->value, text_of(item->label));
    }
  }
  for (const varbind_list* item = node->varbinds; item != nullptr; item = item->next) {
    const std::string label = text_of(item->vblabel);
    const tree* const object = labels.find(label, node->modid);
    definition.objects.push_back({label, object == nullptr ? std::nullopt : oid_of(object)});
  }
  return definition;
}

constexpr std::size_t kObjectsMax = 1000;

void collect(const tree* node, const Labels& labels, IndexWriter* writer,
             Diagnostics* diagnostics) {
  const std::string label = text_of(node->label);
  if (is_made_up(label)) return;
  auto oid = oid_of(node);
  if (!oid) {
    // Roots have a single arc and no encoding of their own.
    if (node->parent == nullptr) return;
    diagnostics->add(module_of(node->modid) + ": " + label + " has no legal OID");
    return;
  }
  for (int i = 1; i < node->number_modules; ++i) {
    writer->name(module_of(node->module_list[i]), label, *oid);
  }
  auto definition = definition_of(node, std::move(*oid), labels);
  if (definition.objects.size() > kObjectsMax) definition.objects.resize(kObjectsMax);
  writer->define(std::move(definition));
}

void walk(const tree* first, std::size_t depth, const Labels& labels, IndexWriter* writer,
          Diagnostics* diagnostics) {
  if (depth > snmp::kOidArcsMax) return;
  for (const tree* node = first; node != nullptr; node = node->next_peer) {
    collect(node, labels, writer, diagnostics);
    walk(node->child_list, depth + 1, labels, writer, diagnostics);
  }
}

}  // namespace

void read_modules(const std::vector<ModuleFile>& files, const std::vector<std::string>& selection,
                  Progress progress, Diagnostics* diagnostics) {
  prepare(diagnostics);
  for (const ModuleFile& file : files) add_mibfile(file.path.c_str(), file.path.c_str());
  for (const ModuleFile& file : files) {
    if (!selected(file, selection)) continue;
    progress(file.path.c_str());
    netsnmp_read_module(file.module.c_str());
  }
  for (const std::string& name : selection) {
    const bool known = std::any_of(files.begin(), files.end(),
                                   [&](const ModuleFile& file) { return file.module == name; });
    if (!known) diagnostics->add("module " + name + " is in none of the directories");
  }
  adopt_orphans();
}

void collect_definitions(IndexWriter* writer, Diagnostics* diagnostics) {
  Labels labels;
  labels.add(get_tree_head(), 1);
  walk(get_tree_head(), 1, labels, writer, diagnostics);
}

}  // namespace trapd::mib
