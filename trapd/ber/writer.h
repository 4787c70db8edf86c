// SPDX-License-Identifier: Apache-2.0
// BER writer that builds from the end of a buffer towards its start, so that every length is
// known when its header is written and is as short as it can be. Sticky: a write that does not
// fit fails the writer, later writes do nothing. No allocation.
//
//   Writer w(buffer);
//   auto mark = w.mark();
//   w.integer(7); w.integer(3);          // fields in REVERSE order
//   w.wrap(kSequence, mark);             // SEQUENCE { 3, 7 }
//   w.done()                             // view into the buffer
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/ber/tag.h"

namespace trapd::ber {

class Writer {
 public:
  explicit Writer(MutableBytes buffer)
      : begin_(buffer.data()), at_(buffer.data() + buffer.size()), end_(at_) {}

  bool ok() const { return ok_; }
  /// Everything written so far; empty after a failure. The view lives as long as the buffer.
  ByteView done() const;
  std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }

  /// Position before which the content of a constructed value is going to be written.
  std::size_t mark() const { return size(); }
  /// Puts tag and length before everything written since the mark.
  void wrap(std::uint8_t tag, std::size_t mark);

  void raw(ByteView bytes);
  void element(std::uint8_t tag, ByteView content);
  void integer(std::int64_t value, std::uint8_t tag = kInteger);
  void unsigned64(std::uint64_t value, std::uint8_t tag);
  void octets(ByteView content) { element(kOctetString, content); }
  void oid(ByteView content) { element(kObjectIdentifier, content); }
  void null(std::uint8_t tag = kNull) { element(tag, {}); }

 private:
  std::uint8_t* begin_;
  std::uint8_t* at_;
  std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace trapd::ber
