// SPDX-License-Identifier: Apache-2.0
// The instance of a scalar of TRAPD-MIB, as it is named on the wire.
#pragma once

#include <algorithm>

#include "mib/trapd_mib.h"
#include "trapd/snmp/oids.h"

namespace trapd::forwarders {

template <std::size_t N>
constexpr snmp::OidLiteral<N + 1> instance(const snmp::OidLiteral<N>& object) {
  snmp::OidLiteral<N + 1> named{};
  std::copy(object.octets.begin(), object.octets.end(), named.octets.begin());
  named.octets[N] = mib::kScalarInstance;
  return named;
}

}  // namespace trapd::forwarders
