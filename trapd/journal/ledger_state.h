// SPDX-License-Identifier: Apache-2.0
// The ledger's inside: its thread and what it shares with others. Private to ledger*.cc.
//
//            +------------------------- collect <---------------+
//            |                             |                    |
//   wakeup or timer                 batch due or idle     commit succeeded:
//            |                             |              counters, answers,
//            +--- wait <--- retry --- commit -----------> destinations woken
//                            failed
//
// While commits fail nothing is collected: the batch stays as it is, the rings fill and the
// workers stop reading.
#pragma once

#include <chrono>
#include <mutex>
#include <thread>

#include "trapd/base/guarded.h"
#include "trapd/journal/book.h"
#include "trapd/journal/checkpoint.h"
#include "trapd/journal/cursors.h"
#include "trapd/journal/ledger.h"
#include "trapd/journal/operator_queue.h"
#include "trapd/journal/own_reports.h"

namespace trapd::journal {

struct Ledger::State {
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Worker {
    Source source;
    AnswerQueue answers;
  };

  State(const Options& given, Store& opened, const Clock& any_clock);

  // --- shared ---
  const Options options;
  Store& store;
  const Clock& clock;
  /// A batch is small beside the store, so that a full one has room for the next batch.
  const std::size_t batch_octets_max;
  LedgerCounters counters;
  Wakeup wakeup;
  std::atomic<std::uint64_t> committed{0};
  std::atomic<bool> stopping{false};
  Cursors cursors;
  OwnReports reports;
  OperatorQueue operators;
  Guarded<std::map<std::string, EngineRow>> engine_notes;  // by engine id
  Guarded<std::string> commit_error;
  /// Held by the ledger's thread while it changes the book, once per turn; by others while they
  /// read the list of alarms.
  mutable std::mutex book_mutex;
  Book book;
  std::function<void(std::uint64_t)> on_commit;
  std::function<void(const std::string&, std::uint64_t)> on_loss;

  // --- the ledger's thread only ---
  std::vector<Worker> workers;
  std::size_t first_worker = 0;  // whose turn it is to be drained first
  std::vector<std::promise<Status>> waiting_operators;
  std::vector<OwnReport> taken_reports;  // and the ledger's own
  std::size_t answer_octets = 0;         // of this batch
  SteadyTime batch_began{};
  SteadyTime next_checkpoint{};
  // A commit that failed and is tried again:
  std::optional<CommitPlan> plan;
  bool failing = false;
  SteadyTime failing_since{};
  SteadyTime next_try{};
  SteadyTime next_word{};            // in the log
  SteadyTime commit_since{};         // of the commit that is under way, its first try
  std::int64_t commit_since_ns = 0;  // the same by the ledger's clock
  bool due_waits = false;            // for a batch with room
  bool alarm_table_was_full = false;
  bool records_come_fast = false;  // judged by the last batch

  std::jthread thread;  // last: joined before what it uses goes

  bool put_report(OwnReport report);

  void run();
  // ledger_collect.cc: from the rings and queues into the batch
  void collect();
  // ledger_commit.cc: from the batch to the disk, and what follows
  bool commit(bool idle);
  void refuse_operators(const std::string& why);
  void move_answers();
  void tell_loss(const Loss& loss);

  bool batch_is_full() const;
  bool has_batch() const;
  bool checkpoint_is_due() const;
  bool answers_wait_for_room() const;

 private:
  bool turn();
  void wait(bool more);
  bool waits_for_larger_batch() const;
  bool lets_gather() const;
  bool sources_are_empty() const;

  void follow();
  void collect_due();
  void drain(Worker* worker);
  void take_item(ByteView item, const alarm::RecordView& record, std::int64_t monotonic_ns,
                 AnswerQueue* answers);
  void collect_operators();
  void collect_reports();
  void collect_engine_notes();
  void watch_alarm_table();

  void note_hold_up();
  void commit_failed(const std::string& why);
  void commit_succeeded(bool on_disk);
  void count_batch(std::int64_t wall_ns);
};

}  // namespace trapd::journal
