// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "trapd/base/check.h"
#include "trapd/config/reference.h"
#include "trapd/config/schema.h"

namespace trapd::config {
namespace {

constexpr std::size_t kCommentColumn = 40;
constexpr std::size_t kColumns = 100;
constexpr std::size_t kHeadMax = 60;  // behind a longer one there is no room for a comment

const Section* find_section(const std::vector<Section>& all, const std::string& path) {
  for (const Section& section : all) {
    if (section.path == path) return &section;
  }
  return nullptr;
}

class Sample {
 public:
  std::string make() {
    text_ =
        "# trapd: every setting with its default. What stands behind '#' in a list is an example.\n"
        "# The whole truth on each key: conf/reference.md. Check with: trapd --config FILE "
        "--check\n"
        "# A secret is text, {file: PATH}, {file: PATH, mode: any} or {env: NAME}; files of "
        "secrets\n"
        "# must be closed to group and others unless mode: any says otherwise.\n";
    for (const Setting* setting : section("").settings) top(*setting);
    return std::move(text_);
  }

 private:
  const Section& section(const std::string& path) const {
    const Section* found = find_section(all_, path);
    CHECK(found != nullptr);
    return *found;
  }

  /// `head` and, from kCommentColumn on, the comment, as many lines as it needs.
  void line(const std::string& head, const std::string& comment) {
    std::string current = head;
    std::string_view rest = comment;
    if (current.size() > kHeadMax && !rest.empty()) {
      text_ += current + '\n';
      current = head.starts_with('#') ? "#" : "";
    }
    while (!rest.empty()) {
      if (current.size() + 1 < kCommentColumn) current.resize(kCommentColumn - 1, ' ');
      current += " # ";
      const std::size_t room = kColumns > current.size() + 20 ? kColumns - current.size() : 20;
      std::size_t take = rest.size();
      if (take > room) {
        take = rest.rfind(' ', room);
        if (take == std::string_view::npos || take == 0)
          take = std::min(rest.find(' '), rest.size());
      }
      current += rest.substr(0, take);
      text_ += current + '\n';
      rest = take < rest.size() ? rest.substr(take + 1) : std::string_view();
      current.clear();
      // A continued comment inside an example stays behind its '#'.
      if (head.starts_with('#')) current = "#";
    }
    if (comment.empty()) text_ += head + '\n';
  }

  static std::string comment(const Setting& setting) {
    std::string text(setting.doc);
    const bool obvious = setting.form == Form::kMapping || setting.form == Form::kList ||
                         setting.form == Form::kSecret;
    if (obvious) return text;
    const bool choice = setting.form == Form::kChoice;
    text += fmt::format(" [{}]", choice ? std::string(setting.words) : expected_text(setting));
    return text;
  }

  void top(const Setting& setting) {
    text_ += fmt::format("\n# {}{}\n", setting.doc,
                         setting.scope == Scope::kStart ? " (changed only by a restart)" : "");
    const std::string key(setting.key);
    if (setting.form == Form::kMapping) {
      text_ += key + ":\n";
      settings_of(key, "  ");
    } else if (setting.form == Form::kList) {
      list(setting, "", key + "[]");
    } else {
      line(fmt::format("{}: {}", key, setting.fallback), "[" + expected_text(setting) + "]");
    }
  }

  /// The keys of a section that is in force.
  void settings_of(const std::string& path, const std::string& indent) {
    for (const Setting* setting : section(path).settings) {
      if (setting->form == Form::kList) {
        list(*setting, indent, fmt::format("{}.{}[]", path, setting->key));
      } else if (setting->fallback.empty() && !setting->example.empty()) {
        // Without a default: what it might be.
        line(fmt::format("#{}{}: {}", indent, setting->key, setting->example), comment(*setting));
      } else {
        line(fmt::format("{}{}: {}", indent, setting->key, setting->fallback), comment(*setting));
      }
    }
  }

  /// The default and, behind '#', an element with every key.
  void list(const Setting& setting, const std::string& indent, const std::string& path) {
    Diagnostics quiet("");
    const auto fallback = parse_yaml(setting.fallback, &quiet);
    CHECK(fallback.has_value());
    if (fallback->items.empty()) {
      line(fmt::format("{}{}: []", indent, setting.key), indent.empty() ? "" : comment(setting));
    } else {
      text_ += fmt::format("{}{}:\n", indent, setting.key);
      for (const Node& item : fallback->items) {
        text_ +=
            fmt::format("{}  - {{{}: \"{}\"}}\n", indent, item.keys[0].text, item.items[0].text);
      }
    }
    if (path == "destinations[]") {
      for (const char* kind : {"syslog", "mail", "snmp"}) destination(kind);
    } else {
      element(section(path).settings, "#" + indent + "  ", path);
    }
  }

  void destination(const std::string& kind) {
    std::vector<const Setting*> settings;
    for (const Setting* setting : section("destinations[]").settings) settings.push_back(setting);
    for (const Setting* setting : section("destinations[] (type: " + kind + ")").settings) {
      settings.push_back(setting);
    }
    kind_ = kind;
    element(settings, "#  ", "destinations[]");
    kind_.clear();
  }

  void element(const std::vector<const Setting*>& settings, const std::string& lead,
               const std::string& path) {
    std::string mark = "- ";
    for (const Setting* setting : settings) {
      example(*setting, lead + mark, path, lead + "  ");
      mark = "  ";
    }
  }

  void example(const Setting& setting, const std::string& lead, const std::string& path,
               const std::string& indent) {
    if (setting.instead) {
      line(fmt::format("{}# {}: {}", lead, setting.key, value(setting)), comment(setting));
      return;
    }
    const std::string inner = fmt::format("{}.{}", path, setting.key);
    const Section* nested = find_section(all_, inner);
    if (nested == nullptr) {
      line(fmt::format("{}{}: {}", lead, setting.key, value(setting)), comment(setting));
      return;
    }
    line(fmt::format("{}{}:", lead, setting.key), comment(setting));
    for (const Setting* key : nested->settings) example(*key, indent + "  ", inner, indent + "  ");
  }

  std::string value(const Setting& setting) const {
    if (!kind_.empty() && setting.key == "name" && setting.doc.starts_with("unique")) {
      return "my-" + kind_;
    }
    if (!kind_.empty() && setting.key == "type" && setting.required) return kind_;
    if (!kind_.empty() && setting.key == "was") return "my-old-" + kind_;
    return std::string(setting.example.empty() ? setting.fallback : setting.example);
  }

  const std::vector<Section> all_ = sections();
  std::string text_;
  std::string kind_;  // while a destination is written
};

}  // namespace

std::string sample_file() { return Sample().make(); }

}  // namespace trapd::config
