// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_copy.h"

#include <sys/stat.h>

#include <cerrno>

#include "trapd/journal/store_directory.h"

namespace trapd::journal {

StoreCopy::~StoreCopy() {
  txn_.abort();
  if (env_ != nullptr) mdb_env_close(env_);
}

Unexpected<Error> StoreCopy::error(const char* what, int code) const {
  return failure(std::string(what) + " " + directory_ + "/data.mdb: " + mdb_strerror(code));
}

Status StoreCopy::open(const std::string& directory, std::uint64_t octets_max) {
  directory_ = directory;
  int code = mdb_env_create(&env_);
  if (code == 0) code = mdb_env_set_maxdbs(env_, 16);
  if (code == 0) code = mdb_env_set_mapsize(env_, (octets_max + 4095) / 4096 * 4096);
  // Without lock and without sync at each commit: close() syncs.
  if (code == 0) code = mdb_env_open(env_, directory.c_str(), MDB_NOLOCK | MDB_NOSYNC, 0600);
  if (code != 0) return error("cannot make", code);
  return {};
}

Status StoreCopy::begin(const std::string& table, MDB_dbi* dbi) {
  int code = txn_.get() != nullptr ? 0 : txn_.begin(env_, 0);
  if (code == 0) code = mdb_dbi_open(txn_.get(), table.c_str(), MDB_CREATE, dbi);
  if (code != 0) return error("cannot write to", code);
  return {};
}

Status StoreCopy::make_table(const std::string& table) {
  MDB_dbi dbi = 0;
  return begin(table, &dbi);
}

Status StoreCopy::put(const std::string& table, ByteView key, ByteView value, bool append) {
  MDB_dbi dbi = 0;
  if (Status begun = begin(table, &dbi); !begun) return begun;
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  const int code = mdb_put(txn_.get(), dbi, &key_val, &value_val, append ? MDB_APPEND : 0);
  if (code != 0) return error("cannot write to", code);
  return {};
}

Status StoreCopy::erase(const std::string& table, ByteView key) {
  MDB_dbi dbi = 0;
  if (Status begun = begin(table, &dbi); !begun) return begun;
  MDB_val key_val = to_val(key);
  const int code = mdb_del(txn_.get(), dbi, &key_val, nullptr);
  if (code != 0 && code != MDB_NOTFOUND) return error("cannot write to", code);
  return {};
}

Result<std::string> StoreCopy::get(const std::string& table, ByteView key) {
  MDB_dbi dbi = 0;
  if (Status begun = begin(table, &dbi); !begun) return Unexpected(begun.error());
  MDB_val key_val = to_val(key);
  MDB_val value{};
  const int code = mdb_get(txn_.get(), dbi, &key_val, &value);
  if (code == MDB_NOTFOUND) return std::string();
  if (code != 0) return error("cannot read", code);
  return std::string(as_text(to_view(value)));
}

Status StoreCopy::commit() {
  if (txn_.get() == nullptr) return {};
  const int code = txn_.commit();
  if (code != 0) return error("cannot write to", code);
  return {};
}

Status StoreCopy::close() {
  if (Status done = commit(); !done) return done;
  if (const int code = mdb_env_sync(env_, 1); code != 0) return error("cannot sync", code);
  mdb_env_close(std::exchange(env_, nullptr));
  return sync_directory(directory_);
}

Status make_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0) {
    return Unexpected(errno_error("cannot make", directory, errno));
  }
  return {};
}

void remove_directory(const std::string& directory) {
  for (const char* name : {"/data.mdb", "/lock.mdb", "/engine.state", "/engine.state.new"}) {
    ::unlink((directory + name).c_str());
  }
  ::rmdir(directory.c_str());
}

}  // namespace trapd::journal
