// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/store_command.h"

#include <fmt/format.h>

#include "trapd/ctl/audit_command.h"
#include "trapd/ctl/table.h"
#include "trapd/journal/store_backup.h"
#include "trapd/journal/store_replace.h"
#include "trapd/journal/store_verify.h"

namespace trapd::ctl {
namespace {

using Json = nlohmann::json;

std::string how(int beside) {
  if (beside == 0) return "no trapd runs; the store was held while it was read";
  if (beside < 0) return "read beside the running trapd";
  return fmt::format("read beside the running trapd (pid {})", beside);
}

Json verdict_json(const journal::Verdict& verdict) {
  Json findings = Json::array();
  for (const journal::Finding& finding : verdict.findings) {
    Json one = {{"where", finding.where}, {"text", finding.text}};
    one["sequence"] = finding.sequence == 0 ? Json(nullptr) : Json(finding.sequence);
    findings.push_back(std::move(one));
  }
  return {{"good", verdict.good()},
          {"oldest_sequence", verdict.oldest},
          {"newest_sequence", verdict.newest},
          {"replay_from", verdict.replay_from},
          {"values", verdict.values},
          {"records", verdict.records},
          {"alarms", verdict.alarms},
          {"engines", verdict.engines},
          {"cursors", verdict.destinations},
          {"pages", verdict.pages},
          {"whole_journal", verdict.whole_journal},
          {"findings", std::move(findings)},
          {"findings_left_out", verdict.findings_left_out},
          {"notes", verdict.notes}};
}

std::string contents(const journal::Verdict& verdict) {
  return fmt::format("sequences {} to {}, {} records, {} alarms, {} engines, {} cursors",
                     verdict.oldest, verdict.newest, verdict.records, verdict.alarms,
                     verdict.engines, verdict.destinations);
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += "note: " + safe_text(note) + "\n";
  return text;
}

std::string findings_text(const journal::Verdict& verdict) {
  std::string text;
  for (const journal::Finding& finding : verdict.findings) {
    text += "wrong: " + safe_text(finding.where) + ": " + safe_text(finding.text) + "\n";
  }
  if (verdict.findings_left_out > 0) {
    text += fmt::format("and {} more\n", verdict.findings_left_out);
  }
  return text;
}

Result<StoreAnswer> restore_now(const std::string& directory, const std::string& from,
                                bool with_newer) {
  const auto done = journal::restore(from, directory, {.with_newer = with_newer});
  if (!done) return failure(done.error().text);
  StoreAnswer answer;
  answer.json = verdict_json(done->verdict);
  answer.json["directory"] = directory;
  answer.json["notes"] = done->notes;
  answer.json["backup_newest_sequence"] = done->backup_newest;
  answer.json["newer_records"] = done->newer_records;
  answer.json["set_aside"] = done->set_aside.empty() ? Json(nullptr) : Json(done->set_aside);
  answer.text = fmt::format("{}: restored from {}\n{}\n", directory, from, contents(done->verdict));
  if (done->newer_records > 0) {
    answer.text += fmt::format("{} records behind the backup's {} came from the old store\n",
                               done->newer_records, done->backup_newest);
  }
  if (!done->set_aside.empty()) answer.text += "the old store is in " + done->set_aside + "\n";
  answer.text += notes_text(done->notes);
  return answer;
}

Result<StoreAnswer> set_aside_now(const std::string& directory) {
  const auto done = journal::set_aside(directory);
  if (!done) return failure(done.error().text);
  StoreAnswer answer;
  answer.json = {{"directory", directory}, {"set_aside", done->set_aside}, {"notes", done->notes}};
  answer.text = "the store is in " + done->set_aside + " now; trapd begins a new one in " +
                directory + "\n" + notes_text(done->notes);
  return answer;
}

}  // namespace

Result<StoreAnswer> verify_store(const std::string& directory) {
  auto view = journal::StoreView::open(directory);
  if (!view) return Unexpected(view.error());
  const auto verdict = journal::verify(view->get());
  if (!verdict) return failure(verdict.error().text);
  StoreAnswer answer;
  answer.json = verdict_json(*verdict);
  answer.json["directory"] = directory;
  answer.json["running"] = (*view)->beside() != 0;
  answer.text = directory + ": " + how((*view)->beside()) + "\n" + contents(*verdict) + "\n" +
                notes_text(verdict->notes) + findings_text(*verdict);
  if (verdict->good()) {
    answer.text += verdict->whole_journal
                       ? "good: the rows are what a replay of the whole journal gives\n"
                       : "good: the rows agree with the journal as far as it goes back\n";
  }
  answer.status = verdict->good() ? 0 : 1;
  return answer;
}

Result<StoreAnswer> back_up_store(const std::string& directory, const std::string& to) {
  auto view = journal::StoreView::open(directory);
  if (!view) return Unexpected(view.error());
  const auto backup = journal::back_up(view->get(), to);
  if (!backup) return failure(backup.error().text);
  StoreAnswer answer;
  answer.json = verdict_json(backup->verdict);
  answer.json["directory"] = backup->directory;
  answer.json["octets"] = backup->octets;
  answer.json["running"] = (*view)->beside() != 0;
  answer.text = fmt::format("{}: {} octets, verified, on disk\n{}\n{}: {}\n{}", backup->directory,
                            backup->octets, contents(backup->verdict), directory,
                            how((*view)->beside()), notes_text(backup->verdict.notes));
  return answer;
}

Result<StoreAnswer> restore_store(const std::string& directory, const std::string& from,
                                  bool with_newer) {
  return recorded(directory, "store-restore", {{"from", from}, {"with_newer", with_newer}},
                  [&] { return restore_now(directory, from, with_newer); });
}

Result<StoreAnswer> set_store_aside(const std::string& directory) {
  return recorded(directory, "store-set-aside", Json::object(),
                  [&] { return set_aside_now(directory); });
}

}  // namespace trapd::ctl
