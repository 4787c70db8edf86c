// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/json_message.h"

#include "forwarders/record_json.h"
#include "forwarders/record_text.h"
#include "forwarders/syslog/rfc5424.h"

namespace trapd::forwarders::syslog {

namespace {

constexpr std::size_t kTextOctetsShort = 32;

std::string ascii(const RecordJson& json) { return json.dump(-1, ' ', true); }

/// Takes as many varbinds back as there is room for.
std::string without_last_varbinds(RecordJson json, std::size_t octets_max) {
  RecordJson varbinds = std::move(json["varbinds"]);
  json["varbinds"] = RecordJson::array();
  json["shortened"] = true;
  std::size_t octets = ascii(json).size();
  for (RecordJson& varbind : varbinds) {
    octets += ascii(varbind).size() + 1;
    if (octets > octets_max) break;
    json["varbinds"].push_back(std::move(varbind));
  }
  return ascii(json);
}

/// What identifies the record and no more; always fits into 480 octets with its header.
std::string bare(const RecordJson& json) {
  RecordJson small;
  for (const char* key : {"sequence", "time", "outcome", "severity", "alarm", "device_name"}) {
    if (!json.contains(key)) continue;
    small[key] = json[key];
    if (small[key].is_string()) {
      small[key] = cut_utf8(json[key].get_ref<const std::string&>(), kTextOctetsShort);
    }
  }
  small["shortened"] = true;
  return ascii(small);
}

}  // namespace

void json_message(const Item& item, const mib::MibIndex& index, const Header& header,
                  std::string* out) {
  const std::size_t start = out->size();
  append_rfc5424_header(out, item.record, index, header);
  *out += "- ";
  const std::size_t used = out->size() - start;
  const std::size_t room = header.octets_max > used ? header.octets_max - used : 0;
  const RecordJson json = record_json(item.record, index);
  std::string text = ascii(json);
  if (text.size() > room) text = without_last_varbinds(json, room);
  if (text.size() > room) text = bare(json);
  if (text.size() > room) text = "{\"shortened\":true}";
  *out += text;
}

}  // namespace trapd::forwarders::syslog
