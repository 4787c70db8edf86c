// SPDX-License-Identifier: Apache-2.0
// A data.mdb that is being made, by one process that nobody else knows of yet: no lock, and on
// disk only when close() returns.
#pragma once

#include <lmdb.h>

#include <string>
#include <string_view>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"
#include "trapd/journal/environment.h"

namespace trapd::journal {

class StoreCopy {
 public:
  StoreCopy() = default;
  StoreCopy(const StoreCopy&) = delete;
  StoreCopy& operator=(const StoreCopy&) = delete;
  ~StoreCopy();

  /// In a directory that is there; opens what lies in it, or makes it. Room for so many octets.
  Status open(const std::string& directory, std::uint64_t octets_max);
  /// Makes the table when it is missing, as put() does.
  Status make_table(const std::string& table);
  /// `append`: the key is behind all others.
  Status put(const std::string& table, ByteView key, ByteView value, bool append);
  /// Nothing happens when it is missing.
  Status erase(const std::string& table, ByteView key);
  /// Empty when it is missing.
  Result<std::string> get(const std::string& table, ByteView key);
  /// Ends the transaction of the puts; the next one begins another.
  Status commit();
  /// commit(), and all of it is on disk.
  Status close();

 private:
  Status begin(const std::string& table, MDB_dbi* dbi);
  Unexpected<Error> error(const char* what, int code) const;

  std::string directory_;
  MDB_env* env_ = nullptr;
  Transaction txn_;
};

/// Makes a directory of mode 0700; an error when it exists.
Status make_directory(const std::string& directory);
/// Removes the few files that a store's directory may have, and the directory. Best effort.
void remove_directory(const std::string& directory);

}  // namespace trapd::journal
