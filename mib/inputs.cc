// SPDX-License-Identifier: Apache-2.0
#include "mib/inputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>

#include "mib/module_text.h"
#include "trapd/base/check.h"
#include "trapd/base/fd.h"

namespace trapd::mib {

namespace {

/// XXH3-128 over fields, each with its length, so that no two lists of fields look alike.
class KeyHash {
 public:
  KeyHash() : state_(XXH3_createState()) {
    CHECK(state_ != nullptr);
    XXH3_128bits_reset(state_.get());
  }
  void field(std::string_view text) {
    const std::uint64_t size = text.size();
    XXH3_128bits_update(state_.get(), &size, sizeof size);
    XXH3_128bits_update(state_.get(), text.data(), text.size());
  }
  InputsKey key() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    InputsKey key;
    std::memcpy(key.data(), canonical.digest, key.size());
    return key;
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

Expected<std::vector<std::string>, Error> file_names(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
  if (!open) return Unexpected(errno_error("cannot read directory", directory, errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    if (names.size() > kModuleFilesMax) return failure(directory + ": too many files");
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// nullopt: not a regular file. O_NONBLOCK: a FIFO in the directory must not stop us.
Result<std::optional<std::string>> read_text(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Unexpected(errno_error("cannot open", path, errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return Unexpected(errno_error("cannot read", path, errno));
  }
  if (!S_ISREG(status.st_mode)) return std::optional<std::string>();
  if (static_cast<std::uint64_t>(status.st_size) > kModuleFileOctetsMax) {
    return failure(path + ": too large for a MIB module");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unexpected(errno_error("cannot read", path, errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return std::optional<std::string>(std::move(text));
}

class Finder {
 public:
  Status base(const std::string& directory) {
    auto names = file_names(directory);
    if (!names) return Unexpected(std::move(names.error()));
    for (const std::string& name : *names) take(directory, name, true);
    return {};
  }
  void directory(const std::string& directory) {
    hash_.field(directory);
    auto names = file_names(directory);
    if (!names) {
      result_.notes.push_back(names.error().text);
      return;
    }
    for (const std::string& name : *names) take(directory, name, false);
  }
  void selection(const std::vector<std::string>& modules) {
    for (const std::string& module : modules) hash_.field(module);
  }
  InputFiles finish() {
    for (auto& [module, file] : own_) result_.files.push_back(std::move(file.file));
    for (auto& [module, file] : others_) result_.files.push_back(std::move(file));
    result_.key = hash_.key();
    return std::move(result_);
  }

 private:
  struct Own {
    ModuleFile file;
    std::vector<std::string> names;
    bool replaced = false;
  };

  void take(const std::string& directory, const std::string& name, bool base) {
    const std::string path = directory + "/" + name;
    auto text = read_text(path);
    if (!text) {
      result_.notes.push_back(text.error().text);
      return;
    }
    if (!*text) return;
    const auto module = module_name(**text);
    if (!module) return;
    hash_.field(name);
    hash_.field(**text);
    if (base) {
      own_[*module] = {{*module, path, true}, defined_names(**text), false};
    } else {
      take_other(ModuleFile{*module, path, false}, **text);
    }
  }

  void take_other(ModuleFile file, std::string_view text) {
    if (const auto own = own_.find(file.module); own != own_.end()) {
      if (own->second.replaced) return note_second(file, own->second.file);
      if (const auto missing = first_missing(own->second.names, text)) {
        result_.notes.push_back(file.path + ": " + file.module + " lacks " + *missing +
                                ", trapd's own module is used");
        return;
      }
      own->second.replaced = true;
      own->second.file.path = file.path;
      own->second.file.base = false;
      return;
    }
    const auto [at, added] = others_.try_emplace(file.module, file);
    if (!added) note_second(file, at->second);
  }

  void note_second(const ModuleFile& second, const ModuleFile& first) {
    result_.notes.push_back(second.path + ": " + second.module + " is taken from " + first.path);
  }

  static std::optional<std::string> first_missing(const std::vector<std::string>& names,
                                                  std::string_view text) {
    const auto mentioned = identifiers(text);
    for (const std::string& name : names) {
      if (!mentioned.contains(name)) return name;
    }
    return std::nullopt;
  }

  KeyHash hash_;
  InputFiles result_;
  std::map<std::string, Own> own_;
  std::map<std::string, ModuleFile> others_;
};

}  // namespace

Result<InputFiles> find_inputs(const Inputs& inputs) {
  Finder finder;
  if (!inputs.base.empty()) {
    if (auto read = finder.base(inputs.base); !read) return Unexpected(std::move(read.error()));
  }
  for (const std::string& directory : inputs.directories) finder.directory(directory);
  finder.selection(inputs.modules);
  return finder.finish();
}

Result<InputsKey> inputs_key(const Inputs& inputs) {
  auto files = find_inputs(inputs);
  if (!files) return Unexpected(std::move(files.error()));
  return files->key;
}

std::set<std::string> places_of(const std::vector<std::string>& directories) {
  namespace fs = std::filesystem;
  std::set<std::string> places;
  const auto add = [&places](const fs::path& place) {
    if (place.is_absolute() && place != place.root_path()) places.insert(place.string());
  };
  for (const std::string& directory : directories) {
    std::error_code error;
    const fs::path real = fs::canonical(directory, error);
    if (error || !fs::is_directory(real, error)) continue;
    add(fs::absolute(directory, error));
    add(real);
    for (fs::directory_iterator entry(real, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code dangling;
      if (!entry->is_symlink(dangling)) continue;
      const fs::path target = fs::canonical(entry->path(), dangling);
      if (!dangling) add(target.parent_path());
    }
  }
  return places;
}

}  // namespace trapd::mib
