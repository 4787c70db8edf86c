// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_view.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "trapd/journal/environment.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

/// A reader that is stopped at the terminal in the middle of a transaction would hold its pages for
/// as long as it stands still.
class NoStopFromTerminal {
 public:
  NoStopFromTerminal() : before_(std::signal(SIGTSTP, SIG_IGN)) {}
  NoStopFromTerminal(const NoStopFromTerminal&) = delete;
  NoStopFromTerminal& operator=(const NoStopFromTerminal&) = delete;
  ~NoStopFromTerminal() { std::signal(SIGTSTP, before_); }

 private:
  void (*const before_)(int);
};

}  // namespace

struct StoreView::State {
  std::string directory;
  Fd lock;
  std::optional<PageFile> file;
  int beside = 0;
  MDB_env* env = nullptr;
  std::optional<NoStopFromTerminal> no_stop;

  ~State() {
    if (env != nullptr) mdb_env_close(env);
  }
  Status open_file();
  Status open_beside();
  Status begin(Transaction* txn, Result<PageSnapshot>* snapshot);
};

Status StoreView::State::open_file() {
  auto opened = PageFile::open(directory + "/data.mdb");
  if (!opened) return Unexpected(opened.error());
  file.emplace(std::move(*opened));
  return {};
}

Status StoreView::State::open_beside() {
  // LMDB tells its readers apart by their process id: one that is the same in two PID namespaces
  // would take the other's place.
  if (beside == ::getpid()) {
    return failure("the trapd of " + directory +
                   " runs in another PID namespace (a container): run this beside it there");
  }
  int code = mdb_env_create(&env);
  if (code == 0) {
    code = mdb_env_open(env, directory.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
  }
  if (code != 0) {
    return failure("cannot open " + file->path() + " beside trapd: " + mdb_strerror(code));
  }
  no_stop.emplace();
  return {};
}

Result<std::unique_ptr<StoreView>> StoreView::open(const std::string& directory) {
  auto state = std::make_unique<State>();
  state->directory = directory;
  if (Status opened = state->open_file(); !opened) return Unexpected(opened.error());
  Result<StoreHold> hold = try_hold(directory);
  if (!hold) return Unexpected(hold.error());
  state->lock = std::move(hold->lock);
  state->beside = hold->other;
  if (state->beside != 0) {
    if (Status opened = state->open_beside(); !opened) return Unexpected(opened.error());
  }
  return std::unique_ptr<StoreView>(new StoreView(std::move(state)));
}

Result<std::unique_ptr<StoreView>> StoreView::open_unlocked(const std::string& directory) {
  auto state = std::make_unique<State>();
  state->directory = directory;
  if (Status opened = state->open_file(); !opened) return Unexpected(opened.error());
  return std::unique_ptr<StoreView>(new StoreView(std::move(state)));
}

StoreView::StoreView(std::unique_ptr<State> state) : state_(std::move(state)) {}
StoreView::~StoreView() = default;
int StoreView::beside() const { return state_->beside; }
const std::string& StoreView::directory() const { return state_->directory; }
const PageFile& StoreView::file() const { return *state_->file; }

/// The header of the commit that the transaction holds is written over by the next but one: what
/// it says has to be read before that, or another commit be taken.
Status StoreView::State::begin(Transaction* txn, Result<PageSnapshot>* snapshot) {
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    int code = txn->begin(env, MDB_RDONLY);
    if (code == MDB_MAP_RESIZED) {
      code = mdb_env_set_mapsize(env, 0);
      if (code == 0) continue;
    }
    if (code != 0) return failure("cannot read " + file->path() + ": " + mdb_strerror(code));
    *snapshot = file->commit(mdb_txn_id(txn->get()));
    if (*snapshot) return {};
    txn->abort();
  }
  return Unexpected(snapshot->error());
}

Status StoreView::look(const std::function<Status(const PageSnapshot&)>& visit) {
  Transaction txn;
  Result<PageSnapshot> snapshot = PageSnapshot{};
  if (state_->env != nullptr) {
    if (Status begun = state_->begin(&txn, &snapshot); !begun) return begun;
  } else {
    snapshot = file().newest();
    if (!snapshot) return Unexpected(snapshot.error());
  }
  return visit(*snapshot);
}

}  // namespace trapd::journal
