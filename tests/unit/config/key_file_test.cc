// SPDX-License-Identifier: Apache-2.0
// keys.cache: what is in it, when it is used, and when not.
#include "trapd/config/key_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/unit/config/config_directory.h"
#include "trapd/config/key_derivation.h"

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
  Wish first(kKeptFrom);
  Derivation derivation = derive(first.wanted, path);
  CHECK(derivation.hashed == kKeptFrom);
  CHECK(derivation.warnings.empty());
  CHECK(first.key(7) == derived(AuthProtocol::kSha1, "passphrase-7"));
  Wish second(kKeptFrom);
  derivation = derive(second.wanted, path);
  CHECK(derivation.hashed == 0);
  for (std::size_t i = 0; i < kKeptFrom; ++i) CHECK(second.key(i) == first.key(i));
}

TEST_CASE("every protocol's keys come back whole") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  for (const AuthProtocol auth : {AuthProtocol::kMd5, AuthProtocol::kSha224, AuthProtocol::kSha256,
                                  AuthProtocol::kSha384, AuthProtocol::kSha512}) {
    Wish first(kKeptFrom, "passphrase-", auth);
    CHECK(derive(first.wanted, path).hashed == kKeptFrom);
    Wish second(kKeptFrom, "passphrase-", auth);
    CHECK(derive(second.wanted, path).hashed == 0);
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
  const Derivation derivation = derive(wish.wanted, "");
  CHECK(derivation.distinct == 1);
  CHECK(derivation.hashed == 1);
  CHECK(to_hex(keys[99].expose()) == derived(AuthProtocol::kSha1, "passphrase-0"));
}

TEST_CASE("the file has mode 0600, and neither a passphrase nor a key in it") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish wish(kKeptFrom);
  derive(wish.wanted, path);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  const std::string bytes = read_all(path);
  CHECK(bytes.size() == 56 + 80 * kKeptFrom + 32);
  for (std::size_t i = 0; i < kKeptFrom; ++i) {
    CHECK(bytes.find("passphrase-" + std::to_string(i)) == std::string::npos);
    CHECK(bytes.find(as_text(wish.keys[i].expose().first(8))) == std::string::npos);
  }
}

TEST_CASE("a file that is open to others, or another's kind, is not used and made anew") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    CAPTURE(mode);
    Wish first(kKeptFrom);
    derive(first.wanted, path);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    Wish second(kKeptFrom);
    const Derivation derivation = derive(second.wanted, path);
    CHECK(derivation.hashed == kKeptFrom);
    REQUIRE(derivation.warnings.size() == 1);
    CHECK(derivation.warnings[0].find("open to group or others; it is not used") !=
          std::string::npos);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
  ::unlink(path.c_str());
  REQUIRE(::symlink(directory.file("elsewhere").c_str(), path.c_str()) == 0);
  Wish wish(kKeptFrom);
  CHECK(derive(wish.wanted, path).warnings.size() == 1);
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK(S_ISREG(status.st_mode));
}

TEST_CASE("a damaged file is not used, whatever octet it is, and made anew") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kKeptFrom);
  derive(first.wanted, path);
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
  Wish second(kKeptFrom);
  const Derivation derivation = derive(second.wanted, path);
  CHECK(derivation.hashed == kKeptFrom);
  CHECK(derivation.warnings.size() == 1);
  CHECK(second.key(1) == first.key(1));
  Wish third(kKeptFrom);
  CHECK(derive(third.wanted, path).hashed == 0);
}

TEST_CASE("a changed passphrase is hashed anew, and the key of the old one goes") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish first(kKeptFrom);
  derive(first.wanted, path);
  Wish second(kKeptFrom);
  second.wanted[5].passphrase = std::make_shared<const Secret>(as_bytes("something else"));
  CHECK(derive(second.wanted, path).hashed == 1);
  CHECK(second.key(5) == derived(AuthProtocol::kSha1, "something else"));
  CHECK(read_key_file(path)->keys.size() == kKeptFrom);
  Wish third(kKeptFrom);
  CHECK(derive(third.wanted, path).hashed == 1);
}

TEST_CASE("keys of users that are gone leave the file, and the last ones take it with them") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish many(kKeptFrom + 10);
  derive(many.wanted, path);
  CHECK(read_key_file(path)->keys.size() == kKeptFrom + 10);
  Wish fewer(kKeptFrom);
  CHECK(derive(fewer.wanted, path).hashed == 0);
  CHECK(read_key_file(path)->keys.size() == kKeptFrom);
  Wish few(kKeptFrom - 1);
  derive(few.wanted, path);
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a key that must not be kept is not, nor is its equal") {
  const ConfigDirectory directory;
  const std::string path = directory.file("keys.cache");
  Wish wish(kKeptFrom + 1);
  wish.wanted[3].may_be_kept = false;
  derive(wish.wanted, path);
  const auto file = read_key_file(path);
  REQUIRE(file);
  CHECK(file->keys.size() == kKeptFrom);
  const KeySeal seal = seal_of(file->salt, AuthProtocol::kSha1, as_bytes("passphrase-3"));
  CHECK(file->open(seal, AuthProtocol::kSha1).empty());
}

TEST_CASE("a directory that cannot be written costs a warning, and the keys are there") {
  const ConfigDirectory directory;
  directory.write("file", "");
  Wish wish(kKeptFrom);
  const Derivation derivation = derive(wish.wanted, directory.file("file/keys.cache"));
  CHECK(derivation.warnings.size() == 2);  // not read, not written
  CHECK(wish.key(2) == derived(AuthProtocol::kSha1, "passphrase-2"));
}

std::string configuration(const ConfigDirectory& directory, const std::string& cache,
                          const std::string& passphrase) {
  std::string text = "rules: []\nstore: {directory: " + directory.file("store") +
                     ", key_cache: " + cache + "}\nsnmp_users:\n";
  for (std::size_t i = 0; i < kKeptFrom; ++i) {
    text += fmt::format("  - {{name: u{0}, auth: {{protocol: SHA-1, passphrase: {1}}}}}\n", i,
                        passphrase.empty() ? fmt::format("{{env: TRAPD_TEST_{}}}", i)
                                           : passphrase + std::to_string(i));
    ::setenv(fmt::format("TRAPD_TEST_{}", i).c_str(), fmt::format("secret-{}", i).c_str(), 1);
  }
  return text;
}

TEST_CASE(
    "only the process that serves writes the file, and not when it is off or for the environment") {
  const ConfigDirectory directory;
  const std::string path = directory.file("store/keys.cache");
  REQUIRE(directory.load(configuration(directory, "on", "passphrase-")));
  CHECK(::access(path.c_str(), F_OK) != 0);
  const auto served = load_with_kept_keys(directory.file("t.yaml"));
  REQUIRE(served);
  CHECK(to_hex(served->live.users[9].auth_ku.expose()) ==
        derived(AuthProtocol::kSha1, "passphrase-9"));
  CHECK(::access(path.c_str(), F_OK) == 0);
  struct stat status {};
  REQUIRE(::stat(directory.file("store").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  directory.write("t.yaml", configuration(directory, "off", "passphrase-"));
  REQUIRE(load_with_kept_keys(directory.file("t.yaml")));
  CHECK(::access(path.c_str(), F_OK) != 0);
  directory.write("t.yaml", configuration(directory, "on", ""));
  REQUIRE(load_with_kept_keys(directory.file("t.yaml")));
  CHECK(::access(path.c_str(), F_OK) != 0);
}

}  // namespace
}  // namespace trapd::config
