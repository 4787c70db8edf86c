// SPDX-License-Identifier: Apache-2.0
// Text with fields of a record in it: "{severity} {name} on {device}". {{ and }} are braces.
// Parsed once, when the configuration loads; rendering cannot fail. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mib/index.h"
#include "trapd/alarm/record.h"
#include "trapd/base/error.h"

namespace trapd::forwarders {

class TextTemplate {
 public:
  /// The error names the unknown field and the known ones, or where a brace is not closed.
  static Result<TextTemplate> parse(std::string_view text);

  /// Appends. Field values are clean (record_text.h): one line each, UTF-8; the template's own
  /// text comes as it stands.
  void render(const alarm::RecordView& record, const mib::MibIndex& index, std::string* out) const;

  struct FieldDoc {
    std::string_view name;
    std::string_view meaning;
  };
  /// Every field there is, for messages and the manual.
  static std::vector<FieldDoc> fields();

 private:
  struct Part {
    std::string literal;  // goes out before the field
    int field = -1;       // index of the table of fields; -1 = none
  };
  std::vector<Part> parts_;
};

}  // namespace trapd::forwarders
