// SPDX-License-Identifier: Apache-2.0
// The entries of a mail in the order in which they are read: by device, and within a device the
// worst first. Any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "forwarders/mail/entry.h"

namespace trapd::forwarders::mail {

/// Entries of one device, at least one; those of one severity as they came. Points into what it
/// was made from.
struct DeviceGroup {
  std::vector<const Entry*> entries;
};

/// The device with the worst entry first, among equals the one that came first.
std::vector<DeviceGroup> grouped(std::span<const Entry> entries);

/// 0 = critical … 5 = cleared.
std::size_t rank(alarm::Severity severity);

/// "3 critical, 2 major, 7 cleared"
std::string severity_counts(std::span<const Entry* const> entries);

}  // namespace trapd::forwarders::mail
