// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "trapd/base/secret.h"
#include "trapd/snmp/utf8.h"

namespace trapd::config {
namespace {

Position position(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

struct Refused {
  Position at;
  std::string text;
};

/// Reads from memory that stays the caller's: no further copy of what may be secret.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's signature; never written
    setg(begin, begin, begin + text.size());
  }
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{position(mark), "an alias (*name) is not allowed; write the value out"};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    Node node;
    node.at = position(mark);
    put(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    Node node;
    node.kind = Node::Kind::kScalar;
    node.at = position(mark);
    node.quoted = tag == "!";
    node.text = value;
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

 private:
  static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      throw Refused{position(mark), "an anchor (&name) is not allowed; write the value out"};
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{position(mark), "a tag (!name) is not allowed; write the plain value"};
    }
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    check(mark, tag, anchor);
    if (open_.size() >= kYamlDepthMax) {
      throw Refused{position(mark), "nested too deeply: at most " + std::to_string(kYamlDepthMax) +
                                        " lists and mappings within each other"};
    }
    if (key_expected()) throw Refused{position(mark), "a key must be plain text"};
    Node node;
    node.kind = kind;
    node.at = position(mark);
    open_.push_back(std::move(node));
  }
  void close() {
    Node done = std::move(open_.back());
    open_.pop_back();
    put(std::move(done));
  }
  bool key_expected() const {
    return !open_.empty() && open_.back().is_mapping() &&
           open_.back().keys.size() == open_.back().items.size();
  }
  void put(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (key_expected()) {
      if (!node.is_scalar()) throw Refused{node.at, "a key must be plain text"};
      open_.back().keys.push_back(std::move(node));
    } else {
      open_.back().items.push_back(std::move(node));
    }
  }

  Node root_;
  std::vector<Node> open_;
};

/// yaml-cpp would take UTF-16, replaces what is not UTF-8, and keeps control characters.
bool check_characters(std::string_view text, Diagnostics* diagnostics) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool blank = c == '\n' || c == '\r' || c == '\t';
    const std::size_t octets = blank ? 1 : snmp::printable_utf8_octets(as_bytes(text.substr(i, 4)));
    if (octets == 0) {
      diagnostics->error(at, "a control character, or not UTF-8; expected UTF-8 text");
      return false;
    }
    at.column = c == '\n' ? 1 : at.column + static_cast<int>(octets);
    if (c == '\n') ++at.line;
    i += octets;
  }
  return true;
}

void parse_into(std::string_view text, TreeBuilder* builder) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  parser.HandleNextDocument(*builder);
  TreeBuilder second;
  if (parser.HandleNextDocument(second)) {
    throw Refused{second.take_root().at, "a second document; the file must hold one"};
  }
}

}  // namespace

Node::~Node() {
  // A moved-from short string still holds its characters behind its length.
  text.resize(text.capacity());
  wipe(text);
}

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

Position Node::place_of(std::string_view key) const {
  for (const Node& candidate : keys) {
    if (candidate.text == key) return candidate.at;
  }
  return at;
}

const char* kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "text";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "nothing";
}

std::optional<Node> parse_yaml(std::string_view text, Diagnostics* diagnostics,
                               std::size_t octets_max) {
  if (text.size() > octets_max) {
    diagnostics->error({}, "larger than " + std::to_string(octets_max >> 20) + " MiB");
    return std::nullopt;
  }
  if (!check_characters(text, diagnostics)) return std::nullopt;
  TreeBuilder builder;
  try {
    parse_into(text, &builder);
    return builder.take_root();
  } catch (const Refused& refused) {
    diagnostics->error(refused.at, refused.text);
  } catch (const YAML::Exception& problem) {
    diagnostics->error(position(problem.mark), "YAML: " + problem.msg);
  } catch (const std::exception& problem) {
    diagnostics->error({}, std::string("YAML: ") + problem.what());
  }
  return std::nullopt;
}

}  // namespace trapd::config
