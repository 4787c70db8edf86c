// SPDX-License-Identifier: Apache-2.0
// Reads `examples:` of a rule file (rule_file.h). One thread; borrows the problems.
//
//   - trap: linkDown
//     varbinds: {ifIndex.7: 7, ifDescr.7: "eth0", ifOperStatus.7: {integer: 2}}
//     expect: {rule: linkDown, state: raise, severity: major}
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trapd/alarm/rule_example.h"
#include "trapd/config/rule_problems.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {

class RuleExampleReader {
 public:
  RuleExampleReader(std::string file, std::shared_ptr<const alarm::ObjectNames> objects,
                    RuleProblems* problems)
      : file_(std::move(file)), objects_(std::move(objects)), problems_(problems) {}

  alarm::RuleExample read(const Node& node);

 private:
  alarm::RulePosition place(Position at) const { return {file_, at.line, at.column}; }
  void read_varbinds(const Node& node, alarm::RuleExample* example);
  void read_value(const Node& node, alarm::ExampleVarbind* varbind);
  void read_typed(const Node& node, alarm::ExampleVarbind* varbind);
  void read_octets(const Node& node, alarm::ExampleVarbind* varbind);
  void read_address(const Node& node, alarm::ExampleVarbind* varbind);
  void read_number(const Node& node, std::uint64_t max, alarm::ExampleVarbind* varbind);
  void read_integer(const Node& node, alarm::ExampleVarbind* varbind);
  void read_sender(const Node& node, alarm::ExampleSender* sender);
  void read_expected_labels(const Node& node, alarm::RuleExample* example);
  void read_expected(const Node& node, alarm::RuleExample* example);
  /// In the spelling that the classifier's answer has.
  std::string expected_text(const Node& node, const std::string& key);

  std::string file_;
  std::shared_ptr<const alarm::ObjectNames> objects_;
  RuleProblems* problems_;
};

}  // namespace trapd::config
