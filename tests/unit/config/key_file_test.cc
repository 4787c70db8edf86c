// SPDX-License-Identifier: Apache-2.0
// keys.cache: what is in it, when it is used, and when not.
#include "trapd/config/key_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include "tests/unit/config/config_directory.h"
#include "trapd/base/thread.h"
#include "trapd/config/key_derivation.h"
#include "trapd/config/text_file.h"

namespace trapd::config {
namespace {

using usm::AuthProtocol;

std::string read_all(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void write_all(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// So many passphrases, and what became of them.
struct Wish {
  std::vector<usm::Key> keys;
  std::vector<WantedKey> wanted;

  explicit Wish(std::size_t count, const std::string& word = "passphrase-",
                AuthProtocol auth = AuthProtocol::kSha1)
      : keys(count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = word + std::to_string(i);
      wanted.push_back({auth, std::make_shared<const Secret>(as_bytes(text)), true, &keys[i]});
    }
  }
  std::string key(std::size_t i) const { return to_hex(keys[i].expose()); }
};

// What is kept from in these tests, so that they take no second each.
constexpr std::size_t kFew = 128;

/// As by a process whose configuration counts.
Derivation derive_and_keep(Wish& wish, const std::string& path) {
  Derivation derivation = derive(wish.wanted, {.key_file = path, .kept_from = kFew});
  CHECK(derivation.change.apply(path));
  return derivation;
}

std::string derived(AuthProtocol auth, const std::string& passphrase) {
  const usm::Key key = usm::password_to_key(auth, as_bytes(passphrase));
  return to_hex(key.expose());
}

TEST_CASE("the seal's stretching is PBKDF2 as OpenSSL has it") {
  const std::string salt = "some salt";
  for (const std::string& passphrase : {std::string("maplesyrup"), std::string(100, 'x')}) {
    std::array<std::uint8_t, 32> expected{};
    REQUIRE(::PKCS5_PBKDF2_HMAC(passphrase.data(), static_cast<int>(passphrase.size()),
                                as_bytes(salt).data(), static_cast<int>(salt.size()), 64,
                                ::EVP_sha256(), static_cast<int>(expected.size()),
                                expected.data()) == 1);
    CHECK(pbkdf2_sha256(as_bytes(passphrase), as_bytes(salt), 64) == expected);
  }
}

TEST_CASE("a seal differs by passphrase, protocol and salt") {
  const Salt salt{};
  const Salt other{1};
  const KeySeal seal = seal_of(salt, AuthProtocol::kSha1, as_bytes("maplesyrup"));
  CHECK(seal_of(salt, AuthProtocol::kSha1, as_bytes("maplesyrup")).tag == seal.tag);
  for (const KeySeal& another : {seal_of(other, AuthProtocol::kSha1, as_bytes("maplesyrup")),
                                 seal_of(salt, AuthProtocol::kSha256, as_bytes("maplesyrup")),
                                 seal_of(salt, AuthProtocol::kSha1, as_bytes("maplesyrups"))}) {
    CHECK(another.tag != seal.tag);
    CHECK(to_hex(another.pad.expose()) != to_hex(seal.pad.expose()));
  }
}

TEST_CASE("the second derivation takes every key from the file, and they are the same") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kFew);
  Derivation derivation = derive_and_keep(first, path);
  CHECK(derivation.hashed == kFew);
  CHECK(derivation.warnings.empty());
  CHECK(first.key(7) == derived(AuthProtocol::kSha1, "passphrase-7"));
  Wish second(kFew);
  derivation = derive_and_keep(second, path);
  CHECK(derivation.hashed == 0);
  for (std::size_t i = 0; i < kFew; ++i) CHECK(second.key(i) == first.key(i));
}

TEST_CASE("every protocol's keys come back whole") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  for (const AuthProtocol auth : {AuthProtocol::kMd5, AuthProtocol::kSha224, AuthProtocol::kSha256,
                                  AuthProtocol::kSha384, AuthProtocol::kSha512}) {
    Wish first(kFew, "passphrase-", auth);
    CHECK(derive_and_keep(first, path).hashed == kFew);
    Wish second(kFew, "passphrase-", auth);
    CHECK(derive_and_keep(second, path).hashed == 0);
    CHECK(second.key(3) == derived(auth, "passphrase-3"));
  }
}

TEST_CASE("equal passphrases are hashed once") {
  Wish wish(1);
  std::vector<usm::Key> keys(100);
  for (usm::Key& key : keys) {
    wish.wanted.push_back(wish.wanted[0]);
    wish.wanted.back().ku = &key;
  }
  const Derivation derivation = derive(wish.wanted, {});
  CHECK(derivation.distinct == 1);
  CHECK(derivation.hashed == 1);
  CHECK(to_hex(keys[99].expose()) == derived(AuthProtocol::kSha1, "passphrase-0"));
}

TEST_CASE("the file has mode 0600, and neither a passphrase nor a key in it") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish wish(kFew);
  derive_and_keep(wish, path);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  const std::string bytes = read_all(path);
  CHECK(bytes.size() == 56 + 80 * kFew + 32);
  for (std::size_t i = 0; i < kFew; ++i) {
    CHECK(bytes.find("passphrase-" + std::to_string(i)) == std::string::npos);
    CHECK(bytes.find(as_text(wish.keys[i].expose().first(8))) == std::string::npos);
  }
}

TEST_CASE("a file that is open to others, or another's kind, is not used and made anew") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    CAPTURE(mode);
    Wish first(kFew);
    derive_and_keep(first, path);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    Wish second(kFew);
    const Derivation derivation = derive_and_keep(second, path);
    CHECK(derivation.hashed == kFew);
    REQUIRE(derivation.warnings.size() == 1);
    CHECK(derivation.warnings[0].find("open to group or others; it is not used") !=
          std::string::npos);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
  ::unlink(path.c_str());
  REQUIRE(::symlink(directory.file("elsewhere").c_str(), path.c_str()) == 0);
  Wish wish(kFew);
  CHECK(derive_and_keep(wish, path).warnings.size() == 1);
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK(S_ISREG(status.st_mode));
}

TEST_CASE("a damaged file is not used, whatever octet it is, and made anew") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kFew);
  derive_and_keep(first, path);
  const std::string good = read_all(path);
  std::vector<std::string> bad = {"", good.substr(0, 40), good.substr(0, good.size() - 1),
                                  good + "x"};
  for (const std::size_t at : {0UL, 8UL, 12UL, 20UL, 48UL, 60UL, 80UL, good.size() - 1}) {
    bad.push_back(good);
    bad.back()[at] = static_cast<char>(bad.back()[at] ^ 1);
  }
  for (const std::string& bytes : bad) {
    write_all(path, bytes);
    CHECK_FALSE(read_key_file(path));
  }
  Wish second(kFew);
  const Derivation derivation = derive_and_keep(second, path);
  CHECK(derivation.hashed == kFew);
  CHECK(derivation.warnings.size() == 1);
  CHECK(second.key(1) == first.key(1));
  Wish third(kFew);
  CHECK(derive_and_keep(third, path).hashed == 0);
}

TEST_CASE("a changed passphrase is hashed anew, and the key of the old one goes") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kFew);
  derive_and_keep(first, path);
  Wish second(kFew);
  second.wanted[5].passphrase = std::make_shared<const Secret>(as_bytes("something else"));
  CHECK(derive_and_keep(second, path).hashed == 1);
  CHECK(second.key(5) == derived(AuthProtocol::kSha1, "something else"));
  CHECK(read_key_file(path)->keys.size() == kFew);
  Wish third(kFew);
  CHECK(derive_and_keep(third, path).hashed == 1);
}

TEST_CASE("keys of users that are gone leave the file, and the last ones take it with them") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish many(kFew + 10);
  derive_and_keep(many, path);
  CHECK(read_key_file(path)->keys.size() == kFew + 10);
  Wish fewer(kFew);
  CHECK(derive_and_keep(fewer, path).hashed == 0);
  CHECK(read_key_file(path)->keys.size() == kFew);
  Wish few(kFew - 1);
  derive_and_keep(few, path);
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a key that must not be kept is not, nor is its equal") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish wish(kFew + 1);
  wish.wanted[3].may_be_kept = false;
  derive_and_keep(wish, path);
  const auto file = read_key_file(path);
  REQUIRE(file);
  CHECK(file->keys.size() == kFew);
  const KeySeal seal = seal_of(file->salt, AuthProtocol::kSha1, as_bytes("passphrase-3"));
  CHECK(file->open(seal, AuthProtocol::kSha1).empty());
}

TEST_CASE("a directory that cannot be written is an error of the writing, and the keys are there") {
  const ConfigDirectory directory;
  directory.write("file", "");
  for (const char* name : {"file/keys.cache", "missing/keys.cache"}) {
    CAPTURE(name);
    Wish wish(kFew);
    const std::string path = directory.file(name);
    const Derivation derivation = derive(wish.wanted, {.key_file = path, .kept_from = kFew});
    CHECK(wish.key(2) == derived(AuthProtocol::kSha1, "passphrase-2"));
    CHECK_FALSE(derivation.change.apply(path));
  }
  // The store makes its directory itself, durably.
  CHECK(::access(directory.file("missing").c_str(), F_OK) != 0);
}

TEST_CASE("the file is as it was until somebody applies the change") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kFew);
  derive_and_keep(first, path);
  const std::string before = read_all(path);
  Wish others(kFew, "others-");
  CHECK(derive(others.wanted, {.key_file = path, .kept_from = kFew}).change.kind ==
        KeyFileChange::Kind::kWrite);
  Wish none(1);
  const Derivation derivation = derive(none.wanted, {.key_file = path, .kept_from = kFew});
  CHECK(derivation.change.kind == KeyFileChange::Kind::kRemove);
  CHECK(read_all(path) == before);
  CHECK(derivation.change.apply(path));
  CHECK(::access(path.c_str(), F_OK) != 0);
  CHECK(derivation.change.apply(path));  // there is none
}

TEST_CASE("a thousand passphrases are worth a file, fewer are not") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish enough(1'000);
  CHECK(derive(enough.wanted, {.key_file = path}).change.kind == KeyFileChange::Kind::kWrite);
  Wish few(999);
  CHECK(derive(few.wanted, {.key_file = path}).change.kind == KeyFileChange::Kind::kRemove);
}

TEST_CASE("keys are derived where no thread can be started, and signals stay as they were") {
  pthread_attr_t whole;
  pthread_attr_t huge;
  REQUIRE(::pthread_getattr_default_np(&whole) == 0);
  REQUIRE(::pthread_attr_init(&huge) == 0);
  REQUIRE(::pthread_attr_setstacksize(&huge, std::size_t{1} << 47) == 0);
  REQUIRE(::pthread_setattr_default_np(&huge) == 0);  // no room for such a stack: EAGAIN
  Wish wish(100);
  CHECK_THROWS_AS(start_thread("none", [] {}), std::system_error);
  CHECK(derive(wish.wanted, {}).hashed == 100);
  REQUIRE(::pthread_setattr_default_np(&whole) == 0);
  CHECK(wish.key(99) == derived(AuthProtocol::kSha1, "passphrase-99"));
  sigset_t blocked;
  REQUIRE(::pthread_sigmask(SIG_BLOCK, nullptr, &blocked) == 0);
  CHECK(::sigismember(&blocked, SIGTERM) == 0);
}

TEST_CASE(
    "keys are derived on the processors that the process may use, but one while it receives") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  const auto processors = std::min<std::size_t>(static_cast<std::size_t>(CPU_COUNT(&before)), 8);
  CHECK(threads_for_keys(false) == processors);
  if (CPU_COUNT(&before) > 1 && CPU_COUNT(&before) <= 8) {
    CHECK(threads_for_keys(true) == processors - 1);
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  for (std::size_t i = 0; CPU_COUNT(&one) == 0; ++i) {
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  }
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(threads_for_keys(false) == 1);
  CHECK(threads_for_keys(true) == 1);
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
}

std::string configuration(const ConfigDirectory& directory, const std::string& cache,
                          const std::string& passphrase) {
  std::string text = "rules: []\nstore: {directory: " + directory.file("store") +
                     ", key_cache: " + cache + "}\nsnmp_users:\n";
  for (std::size_t i = 0; i < kFew; ++i) {
    text += fmt::format("  - {{name: u{0}, auth: {{protocol: SHA-1, passphrase: {1}}}}}\n", i,
                        passphrase.empty() ? fmt::format("{{env: TRAPD_TEST_{}}}", i)
                                           : passphrase + std::to_string(i));
    ::setenv(fmt::format("TRAPD_TEST_{}", i).c_str(), fmt::format("secret-{}", i).c_str(), 1);
  }
  return text;
}

TEST_CASE("only the process that serves is told to keep keys, and not when it is off") {
  const ConfigDirectory directory;
  using Kind = KeyFileChange::Kind;
  const std::string path = directory.file("store/keys.cache");
  const auto plain = directory.load(configuration(directory, "on", "passphrase-"));
  REQUIRE(plain);
  CHECK(plain->key_file_change.kind == Kind::kNone);
  const KeyUse use{.kept_from = kFew};
  const auto served = load_with_kept_keys(directory.file("t.yaml"), use);
  REQUIRE(served);
  CHECK(to_hex(served->live.users[9].auth_ku.expose()) ==
        derived(AuthProtocol::kSha1, "passphrase-9"));
  CHECK(::access(directory.file("store").c_str(), F_OK) != 0);
  CHECK(served->key_file_change.kind == Kind::kWrite);
  REQUIRE(::mkdir(directory.file("store").c_str(), 0700) == 0);
  REQUIRE(served->key_file_change.apply(path));
  CHECK(load_with_kept_keys(directory.file("t.yaml"), use)->key_file_change.kind == Kind::kNone);
  directory.write("t.yaml", configuration(directory, "off", "passphrase-"));
  CHECK(load_with_kept_keys(directory.file("t.yaml"), use)->key_file_change.kind == Kind::kRemove);
  directory.write("t.yaml", configuration(directory, "on", ""));
  CHECK(load_with_kept_keys(directory.file("t.yaml"), use)->key_file_change.kind == Kind::kRemove);
}

TEST_CASE("a reload looks for keys in the running store, not in the one that the file names now") {
  const ConfigDirectory directory;
  REQUIRE(::mkdir(directory.file("running").c_str(), 0700) == 0);
  const std::string path = directory.file("running/keys.cache");
  directory.write("t.yaml", configuration(directory, "on", "passphrase-"));
  const KeyUse use{.key_file = path, .kept_from = kFew, .packets_flow = true};
  const auto first = load_with_kept_keys(directory.file("t.yaml"), use);
  REQUIRE(first);
  REQUIRE(first->key_file_change.apply(path));
  const auto second = load_with_kept_keys(directory.file("t.yaml"), use);
  REQUIRE(second);
  CHECK(second->key_file_change.kind == KeyFileChange::Kind::kNone);
}

TEST_CASE("a configuration whose size the file system does not tell is read to its end") {
  Diagnostics diagnostics("status");
  std::string text;
  CHECK(read_text_file("/proc/self/status", kConfigOctetsMax, &text, &diagnostics));
  CHECK(text.find("VmRSS") != std::string::npos);
}

}  // namespace
}  // namespace trapd::config
