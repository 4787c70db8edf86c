// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/data_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "trapd/base/log.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

constexpr off_t kMetaPages = 2;

/// An environment that is one file and its lock beside it, gone when this is.
int write_empty_tables(const std::string& path) {
  MDB_env* made = nullptr;
  if (const int code = mdb_env_create(&made); code != 0) return code;
  const std::unique_ptr<MDB_env, void (*)(MDB_env*)> env(made, &mdb_env_close);
  mdb_env_set_maxdbs(made, kTables);
  int code = mdb_env_open(made, path.c_str(), MDB_NOSUBDIR, 0600);
  Transaction txn;
  if (code == 0) code = txn.begin(made, 0);
  MDB_dbi table = 0;
  if (code == 0) code = mdb_dbi_open(txn.get(), kEntriesName, MDB_CREATE, &table);
  for (const char* name : kTableNames) {
    if (code == 0) code = mdb_dbi_open(txn.get(), name, MDB_CREATE, &table);
  }
  if (code == 0) code = put_format(txn.get(), table);  // the last one is that of the facts
  return code == 0 ? txn.commit() : code;
}

}  // namespace

Status make_data_file_if_missing(const std::string& directory) {
  const std::string path = directory + "/data.mdb";
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) return Unexpected<Error>(errno_error("cannot open", path, errno));
  if (exists && (!S_ISREG(status.st_mode) || status.st_size > 0)) return {};
  if (exists) log::warning("{} is empty: taken as a store that was never written", path);

  const std::string next = path + ".new";
  const std::string lock = next + "-lock";
  ::unlink(next.c_str());  // of a start that did not come to its end
  const int code = write_empty_tables(next);
  ::unlink(lock.c_str());
  if (code != 0) return failure("cannot make " + next + ": " + mdb_strerror(code));
  // What it says of commits is of the data.mdb that was here (store_replace.cc); for who still
  // reads that one it stays open.
  ::unlink((directory + "/lock.mdb").c_str());
  if (::rename(next.c_str(), path.c_str()) != 0) {
    return Unexpected<Error>(errno_error("cannot make", path, errno));
  }
  return sync_directory(directory);
}

Status settle_meta_pages(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return Unexpected<Error>(errno_error("cannot open", path, errno));
  std::vector<char> page(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  const auto size = static_cast<ssize_t>(page.size());
  // One after the other, as LMDB writes them: the one that is not being written is whole.
  for (off_t at = 0; at < kMetaPages * size; at += size) {
    ssize_t done = ::pread(file.get(), page.data(), page.size(), at);
    if (done == size) done = ::pwrite(file.get(), page.data(), page.size(), at);
    if (done >= 0 && done != size) errno = EIO;
    if (done != size || ::fdatasync(file.get()) != 0) {
      return Unexpected<Error>(errno_error("cannot write to", path, errno));
    }
  }
  return {};
}

}  // namespace trapd::journal
