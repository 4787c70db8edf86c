// SPDX-License-Identifier: Apache-2.0
// Another process that reads a store in one long transaction, as a backup does: the pages of that
// moment cannot be used again. Made while this process has one thread.
#pragma once

#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "tests/unit/journal/fixtures.h"

namespace trapd::fault {

class LongReader {
 public:
  explicit LongReader(const std::string& directory) {
    CHECK(::pipe(orders_.data()) == 0);
    CHECK(::pipe(done_.data()) == 0);
    child_ = ::fork();
    CHECK(child_ >= 0);
    if (child_ == 0) serve(directory);
    ::close(orders_[0]);
    ::close(done_[1]);
  }
  ~LongReader() {
    ::close(orders_[1]);
    ::waitpid(child_, nullptr, 0);
    ::close(done_[0]);
  }
  void begin() { order('b'); }
  void end() { order('e'); }

 private:
  void order(char what) {
    char answer = 0;
    CHECK(::write(orders_[1], &what, 1) == 1);
    CHECK(::read(done_[0], &answer, 1) == 1);
    CHECK(answer == what);
  }
  [[noreturn]] void serve(const std::string& directory) {
    ::close(orders_[1]);
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    for (char what = 0; ::read(orders_[0], &what, 1) == 1;) {
      int code = 0;
      if (what == 'b') {
        code = mdb_env_create(&env);
        if (code == 0) code = mdb_env_open(env, directory.c_str(), MDB_RDONLY, 0600);
        if (code == 0) code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
      } else {
        mdb_txn_abort(std::exchange(txn, nullptr));
        mdb_env_close(std::exchange(env, nullptr));
      }
      if (code != 0) what = '?';
      if (::write(done_[1], &what, 1) != 1) break;
    }
    ::_exit(0);
  }

  std::array<int, 2> orders_{};
  std::array<int, 2> done_{};
  pid_t child_ = -1;
};

}  // namespace trapd::fault
