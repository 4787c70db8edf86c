// SPDX-License-Identifier: Apache-2.0
// Framed messages on their way into a stream, and the last ones that the peer's kernel has
// acknowledged but its program may not have read: after an abnormal close they go out again.
//
//   chunks   [ retained | acknowledged-not-yet | written | not written ]
//            ^ first frame of the resend         ^ next write
//
// Positions count octets since the buffer was made. Chunks begin and end between frames, so a new
// connection always starts with a whole frame. Bounded by the caller's window plus `retain_octets`
// plus one chunk. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::forwarders::syslog {

class FrameBuffer {
 public:
  explicit FrameBuffer(std::size_t retain_octets) : retain_octets_(retain_octets) {}

  /// A whole frame; its sequence is higher than that of the one before.
  void append(std::string_view prefix, std::string_view message, std::string_view suffix,
              std::uint64_t sequence);

  /// What to write next: up to the end of a chunk; empty when all is written.
  ByteView unwritten() const;
  void wrote(std::size_t octets);
  /// Position of the next octet to write.
  std::uint64_t written() const { return written_; }
  std::uint64_t unacknowledged_octets() const { return end_ - acknowledged_; }

  /// The peer's kernel has everything before this position, as was seen at now_ns. Returns the
  /// number of frames that are acknowledged for the first time.
  std::size_t acknowledge(std::uint64_t position, std::int64_t now_ns);
  std::uint64_t delivered_through() const { return delivered_through_; }
  std::size_t under_way() const { return frames_ - frames_acknowledged_; }

  /// After an abnormal close: writing starts again with the retained frames.
  void rewind();
  /// The peer's program has read everything that is acknowledged: none of it goes out again.
  void settle() { settled_ = acknowledged_; }
  /// Sequence of the oldest acknowledged frame that rewind() would begin with; 0 = none.
  std::uint64_t resend_from() const;
  /// After a close in order: writing starts again with the retained frames that were acknowledged
  /// at since_ns or later; those before them are settled. The peer's program has read them all,
  /// but a program that ends may drop what it has just read (rsyslogd does).
  void resume(std::int64_t since_ns);

 private:
  struct Frame {
    std::uint64_t end = 0;  // position
    std::uint64_t sequence = 0;
    std::int64_t acknowledged_ns = 0;
  };
  struct Chunk {
    std::uint64_t start = 0;  // position
    std::string octets;
    std::vector<Frame> frames;
    std::size_t frames_acknowledged = 0;
    std::uint64_t end() const { return start + octets.size(); }
  };
  void trim();
  /// Start of the first frame that ends behind `position` and is not known to be acknowledged
  /// before since_ns.
  std::uint64_t first_frame(std::uint64_t position, std::int64_t since_ns) const;
  std::uint64_t retained_from() const;

  const std::size_t retain_octets_;
  std::deque<Chunk> chunks_;
  std::uint64_t end_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t acknowledged_ = 0;  // end of the last acknowledged frame; never goes back
  std::uint64_t settled_ = 0;       // end of the last frame that never goes out again
  std::uint64_t delivered_through_ = 0;
  std::size_t frames_ = 0;
  std::size_t frames_acknowledged_ = 0;
};

}  // namespace trapd::forwarders::syslog
