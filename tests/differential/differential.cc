// SPDX-License-Identifier: Apache-2.0
// Gives the same packets to trapd's decoders and to Net-SNMP's. Every disagreement must be one of
// the documented differences (README.md); any other one fails, with the packet.
//
//   differential [--packets N] [--seed S] [--first K] [--readme FILE] [--tell DIFFERENCE]
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "tests/differential/differences.h"
#include "tests/differential/net_snmp_decoder.h"
#include "tests/differential/net_snmp_process.h"

namespace trapd::differential {

namespace {

constexpr unsigned kToldMax = 20;
constexpr std::uint64_t kFewPackets = 10'000;  // below, nothing is said of their kinds

struct Options {
  std::uint64_t packets = 60'000;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::string readme;
  std::string tell;  // show packets of this difference
};

/// Every deviation, so that what a strict decoder would not reach is compared too.
snmp::Deviations every_deviation() {
  snmp::Deviations all;
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    all.add(snmp::Deviations(static_cast<snmp::Deviation>(i)));
  }
  return all;
}

class Comparison {
 public:
  explicit Comparison(const Options& options) : options_(options) {}

  void run() {
    for (std::uint64_t i = 0; i < options_.packets; ++i) {
      number_ = options_.first + i;
      const Packet packet = make_packet(options_.seed, number_);
      const auto theirs = net_snmp_.decode(packet.octets, packet.known, 0);
      const std::uint32_t now = theirs ? theirs->own_time : 0;
      for (const snmp::Deviations tolerated : {snmp::kUsualTolerance, every_deviation()}) {
        compare(packet, trapd_.decode(packet.octets, packet.known, now, tolerated), theirs);
      }
    }
  }

  /// True when nothing was left unexplained and the packets were what they are meant to be.
  bool judge() const {
    std::printf("agreed on %s\n", counts(agreed_).c_str());
    for (const auto& [name, count] : seen_) {
      std::printf("%10llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
    }
    std::printf("%llu disagreements that no documented difference explains\n",
                static_cast<unsigned long long>(unexplained_));
    for (const auto& [name, count] : groups_) {
      std::printf("%10llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
    }
    return unexplained_ == 0 && reached();
  }

 private:
  static std::string counts(const std::map<std::string, std::uint64_t>& of) {
    std::string text;
    for (const auto& [name, count] : of) {
      text += (text.empty() ? "" : ", ") + name + ": " + std::to_string(count);
    }
    return text;
  }

  /// So that the test cannot become empty: of 1,000 packets, that many are agreed on,
  /// counted for both tolerances.
  bool reached() const {
    struct Least {
      const char* kind;
      std::uint64_t of_1000;
    };
    constexpr Least kLeast[] = {{"refused", 400},  {"v1", 80},      {"v2c", 80},
                                {"v3 noAuth", 20}, {"v3 auth", 40}, {"v3 priv", 100}};
    if (options_.packets < kFewPackets) return true;
    bool all = true;
    for (const Least& least : kLeast) {
      const auto found = agreed_.find(least.kind);
      const std::uint64_t count = found == agreed_.end() ? 0 : found->second;
      if (count * 1000 >= least.of_1000 * options_.packets) continue;
      std::printf("too few packets of the kind \"%s\": %llu\n", least.kind,
                  static_cast<unsigned long long>(count));
      all = false;
    }
    return all;
  }

  static std::string kind_of(const TrapdDecoded& decoded) {
    if (!decoded.accepted) return "refused";
    switch (decoded.version) {
      case snmp::Version::kV1:
        return "v1";
      case snmp::Version::kV2c:
        return "v2c";
      case snmp::Version::kV3:
        break;
    }
    if (!decoded.inbound.authenticated) return "v3 noAuth";
    return decoded.inbound.padded ? "v3 priv" : "v3 auth";
  }

  void compare(const Packet& packet, const TrapdDecoded& ours,
               const std::optional<Decoded>& theirs) {
    Disagreement found{.packet = &packet, .ours = &ours, .theirs = theirs ? &*theirs : nullptr};
    if (!theirs) {
      found.kind = Kind::kDeath;
      return note(found);
    }
    if (ours.accepted != theirs->accepted) {
      found.kind = ours.accepted ? Kind::kOnlyTrapd : Kind::kOnlyNetSnmp;
      const auto again = net_snmp_.decode(packet.octets, packet.known, 0xa5);
      found.other_behind = !again || again->accepted != theirs->accepted;
      return note(found);
    }
    if (!ours.accepted || ours.items == theirs->items) {
      ++agreed_[kind_of(ours)];
      return;
    }
    compare_items(found);
  }

  void compare_items(Disagreement found) {
    found.kind = Kind::kValue;
    const std::vector<Item>& ours = found.ours->items;
    const std::vector<Item>& theirs = found.theirs->items;
    std::size_t our = 0;
    std::size_t their = 0;
    const auto same_place = [&] {
      return ours[our].field == theirs[their].field && ours[our].varbind == theirs[their].varbind;
    };
    const auto before = [&] {
      return std::pair(ours[our].varbind, ours[our].field) <
             std::pair(theirs[their].varbind, theirs[their].field);
    };
    while (our < ours.size() || their < theirs.size()) {
      found.our_item = our < ours.size() ? &ours[our] : nullptr;
      found.their_item = their < theirs.size() ? &theirs[their] : nullptr;
      if (found.our_item != nullptr && found.their_item != nullptr && !same_place()) {
        (before() ? found.their_item : found.our_item) = nullptr;
      }
      if (found.our_item != nullptr) ++our;
      if (found.their_item != nullptr) ++their;
      const bool equal = found.our_item != nullptr && found.their_item != nullptr &&
                         *found.our_item == *found.their_item;
      if (!equal) note(found);
    }
  }

  void note(const Disagreement& found) {
    const Difference* const difference = explain(found);
    if (difference != nullptr) {
      ++seen_[difference->name];
      if (options_.tell == difference->name) tell(found, difference->name);
      return;
    }
    ++unexplained_;
    ++groups_[group(found)];
    if (options_.tell.empty() ? unexplained_ <= kToldMax
                              : group(found).find(options_.tell) != std::string::npos)
      tell(found, "not documented");
  }

  /// The same fault in many packets is one line at the end.
  static std::string group(const Disagreement& found) {
    const std::string both = found.ours->words.substr(0, found.ours->words.find(", octet")) +
                             " / " + (found.theirs == nullptr ? "dead" : found.theirs->words);
    if (found.our_item == nullptr && found.their_item == nullptr) return both;
    const Item& item = found.our_item != nullptr ? *found.our_item : *found.their_item;
    return both + ": " + name(item.field);
  }

  void tell(const Disagreement& found, const char* what) const {
    std::printf("%s: --seed %llu --first %llu --packets 1: %s\n  %s\n", what,
                static_cast<unsigned long long>(options_.seed),
                static_cast<unsigned long long>(number_), found.packet->story.c_str(),
                to_hex(found.packet->octets).c_str());
    if (found.our_item != nullptr || found.their_item != nullptr) {
      const Item& item = found.our_item != nullptr ? *found.our_item : *found.their_item;
      std::printf("  differ in %s %u\n", name(item.field), item.varbind);
    }
    std::printf("  trapd\n%s", found.ours->text().c_str());
    std::printf("  Net-SNMP%s\n%s", found.other_behind ? ", as long as zeros lie behind it" : "",
                found.theirs == nullptr ? ("  " + net_snmp_.last_words() + "\n").c_str()
                                        : found.theirs->text().c_str());
  }

  const Options options_;
  TrapdDecoder trapd_;
  NetSnmpProcess net_snmp_;
  std::uint64_t number_ = 0;
  std::uint64_t unexplained_ = 0;
  std::map<std::string, std::uint64_t> agreed_;
  std::map<std::string, std::uint64_t> seen_;
  std::map<std::string, std::uint64_t> groups_;
};

/// The table of README.md has a row for each difference, and no other.
bool documented(const std::string& readme) {
  std::ifstream file(readme);
  std::map<std::string, int> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    ++rows[line.substr(3, line.find('`', 3) - 3)];
  }
  for (const Difference& difference : differences()) --rows[difference.name];
  bool all = true;
  for (const auto& [name, count] : rows) {
    if (count == 0) continue;
    std::printf("%s: %s\n", name.c_str(), count > 0 ? "in README.md only" : "not in README.md");
    all = false;
  }
  return all;
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

bool parse(int argc, char** argv, Options* options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--packets") {
      options->packets = number(value);
    } else if (name == "--seed") {
      options->seed = number(value);
    } else if (name == "--first") {
      options->first = number(value);
    } else if (name == "--readme") {
      options->readme = value;
    } else if (name == "--tell") {
      options->tell = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace

}  // namespace trapd::differential

int main(int argc, char** argv) {
  using namespace trapd::differential;
  Options options;
  if (!parse(argc, argv, &options)) {
    std::puts("differential [--packets N] [--seed S] [--first K] [--readme FILE] [--tell NAME]");
    return 2;
  }
  std::printf("trapd and Net-SNMP %s, %llu packets of seed %llu\n", net_snmp::version(),
              static_cast<unsigned long long>(options.packets),
              static_cast<unsigned long long>(options.seed));
  bool good = options.readme.empty() || documented(options.readme);
  Comparison comparison(options);
  comparison.run();
  good = comparison.judge() && good;
  return good ? 0 : 1;
}
