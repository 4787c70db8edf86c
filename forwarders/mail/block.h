// SPDX-License-Identifier: Apache-2.0
// What a mail says about one record, apart from how it looks: the plain text and the HTML part are
// both written from it, so that neither says more than the other. Any thread.
#pragma once

#include <string>
#include <vector>

#include "mib/index.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders::mail {

/// Every text in it is clean (record_text.h): one line, UTF-8, no control characters, and short
/// enough that text_of() is never cut at kEntryOctetsMax.
struct Block {
  struct Row {
    std::string label;
    std::string value;
  };
  std::string heading;        // "[critical] linkDown on sbc-1, ifIndex=3: link 3 is down"
  std::vector<Row> rows;      // only those with a value
  std::vector<Row> varbinds;  // as many as kEntryOctetsMax leaves room for
  std::size_t varbinds_left_out = 0;
};

Block block_of(const alarm::RecordView& record, const mib::MibIndex& index);

/// In the words of OVOC (ovoc_text.h): its title, and as rows all of its fields, the empty ones
/// too, with the labels behind them where there are any.
Block ovoc_block_of(const alarm::RecordView& record, const mib::MibIndex& index);

/// The first line alone, which is the subject of a mail of one record.
std::string heading_of(const alarm::RecordView& record, const mib::MibIndex& index);

/// "sbc-1 (192.0.2.7), site tlv, tenant acme"
std::string device_row(const alarm::RecordView& record);

/// Lines that end in LF.
std::string text_of(const Block& block);
/// "Severity: Major", as OVOC has its rows.
std::string ovoc_text_of(const Block& block);

/// A piece of HTML: one <div>, nothing that is fetched from anywhere, every text escaped.
std::string html_of(const Block& block, alarm::Severity severity);
/// The same for a text that is laid out already, as an owner's template makes it.
std::string html_of_text(std::string_view text, alarm::Severity severity);

}  // namespace trapd::forwarders::mail
