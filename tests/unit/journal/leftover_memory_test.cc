// SPDX-License-Identifier: Apache-2.0
// What the process had in memory and gave back must not lie in the store's pages.
#include <cstdlib>
#include <fstream>

#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

constexpr std::string_view kSecret = "a passphrase that was freed ";

/// Gives the allocator blocks back that are as large as the pages that LMDB will ask for.
void leave_secrets_in_free_memory() {
  std::vector<void*> secrets;
  std::vector<void*> between;  // or the free blocks grow together
  for (const std::size_t octets : {4'096U, 4'120U, 8'192U, 16'384U}) {
    for (int i = 0; i < 200; ++i) {
      auto* block = static_cast<char*>(std::malloc(octets));
      REQUIRE(block != nullptr);
      for (std::size_t at = 0; at + kSecret.size() <= octets; at += kSecret.size()) {
        std::memcpy(block + at, kSecret.data(), kSecret.size());
      }
      secrets.push_back(block);
      between.push_back(std::malloc(64));
    }
  }
  for (void* block : secrets) std::free(block);
  for (void* block : between) std::free(block);
}

TEST_CASE("memory that was freed with a secret in it does not get into the store's pages") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  {
    const auto store = std::move(*Store::open({directory.path(), 64 << 20}));
    std::uint64_t sequence = 0;
    for (int i = 0; i < 50; ++i) {
      leave_secrets_in_free_memory();
      Batch batch(1 << 16);
      for (int n = 0; n < 1 + i; ++n) batch.add(make_record({}), ++sequence);
      REQUIRE(store->commit(batch.entries(), {{Table::kFacts, "fact " + std::to_string(i), "x"}}));
    }
  }
  std::ifstream in(directory.path() + "/data.mdb", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  CHECK(all.find("engine-1") != std::string::npos);
  CHECK(all.find(kSecret) == std::string::npos);
}

}  // namespace
}  // namespace trapd::journal
