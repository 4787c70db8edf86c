// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/frame_buffer.h"

#include <algorithm>
#include <limits>

#include "trapd/base/check.h"

namespace trapd::forwarders::syslog {

namespace {
constexpr std::size_t kChunkOctets = 64 * 1024;
constexpr std::int64_t kNotYet = std::numeric_limits<std::int64_t>::max();
}  // namespace

void FrameBuffer::append(std::string_view prefix, std::string_view message, std::string_view suffix,
                         std::uint64_t sequence) {
  const std::size_t octets = prefix.size() + message.size() + suffix.size();
  if (chunks_.empty() || chunks_.back().octets.size() + octets > kChunkOctets) {
    chunks_.push_back({end_, {}, {}, 0});
    chunks_.back().octets.reserve(std::max(kChunkOctets, octets));
  }
  Chunk& chunk = chunks_.back();
  chunk.octets.append(prefix).append(message).append(suffix);
  end_ += octets;
  chunk.frames.push_back({end_, sequence, kNotYet});
  ++frames_;
}

ByteView FrameBuffer::unwritten() const {
  if (written_ == end_) return {};
  const auto chunk = std::find_if(chunks_.begin(), chunks_.end(),
                                  [&](const Chunk& c) { return c.end() > written_; });
  CHECK(chunk != chunks_.end() && chunk->start <= written_);
  return as_bytes(chunk->octets).subspan(static_cast<std::size_t>(written_ - chunk->start));
}

void FrameBuffer::wrote(std::size_t octets) {
  written_ += octets;
  CHECK(written_ <= end_);
}

std::size_t FrameBuffer::acknowledge(std::uint64_t position, std::int64_t now_ns) {
  std::size_t fresh = 0;
  for (Chunk& chunk : chunks_) {
    while (chunk.frames_acknowledged < chunk.frames.size() &&
           chunk.frames[chunk.frames_acknowledged].end <= position) {
      Frame& frame = chunk.frames[chunk.frames_acknowledged++];
      frame.acknowledged_ns = now_ns;
      acknowledged_ = frame.end;
      delivered_through_ = frame.sequence;
      ++fresh;
    }
    if (chunk.frames_acknowledged < chunk.frames.size()) break;
  }
  frames_acknowledged_ += fresh;
  trim();
  return fresh;
}

void FrameBuffer::trim() {
  // Nothing goes that is still to be written again after a rewind().
  while (!chunks_.empty() && chunks_.front().end() <= std::min(acknowledged_, written_) &&
         acknowledged_ - chunks_.front().end() >= retain_octets_) {
    frames_ -= chunks_.front().frames.size();
    frames_acknowledged_ -= chunks_.front().frames.size();
    chunks_.pop_front();
  }
}

std::uint64_t FrameBuffer::first_frame(std::uint64_t position, std::int64_t since_ns) const {
  for (const Chunk& chunk : chunks_) {
    if (chunk.end() <= position) continue;
    std::uint64_t start = chunk.start;
    for (const Frame& frame : chunk.frames) {
      if (frame.end > position && frame.acknowledged_ns >= since_ns) return start;
      start = frame.end;
    }
  }
  return end_;
}

std::uint64_t FrameBuffer::retained_from() const {
  return std::max(settled_, acknowledged_ - std::min<std::uint64_t>(acknowledged_, retain_octets_));
}

std::uint64_t FrameBuffer::resend_from() const {
  const std::uint64_t from = retained_from();
  if (from >= acknowledged_) return 0;
  for (const Chunk& chunk : chunks_) {
    if (chunk.end() <= from) continue;
    for (const Frame& frame : chunk.frames) {
      if (frame.end > from) return frame.sequence;
    }
  }
  return 0;
}

void FrameBuffer::rewind() {
  written_ = first_frame(retained_from(), std::numeric_limits<std::int64_t>::min());
}

void FrameBuffer::resume(std::int64_t since_ns) {
  settled_ = written_ = first_frame(retained_from(), since_ns);
}

}  // namespace trapd::forwarders::syslog
