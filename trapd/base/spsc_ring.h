// SPDX-License-Identifier: Apache-2.0
// Bounded ring of byte messages between exactly one producer thread and one consumer thread.
//
// Messages are contiguous in the ring: [u32 length][bytes, padded to 8]. A message that would
// cross the end is put at the beginning, behind a skip mark. Neither side ever waits; who finds
// the ring full or empty decides what to do. A ring that is found empty now and then begins anew
// at its beginning: only as much of it is touched, stays in the caches and becomes resident as the
// load needs.
//
//   producer: reserve(n) -> span (empty when full) ; fill ; commit(used)
//   consumer: front() -> view (empty when none)    ; use  ; pop()
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "trapd/base/bytes.h"
#include "trapd/base/check.h"
#include "trapd/base/counter.h"

namespace trapd {

class SpscRing {
 public:
  /// capacity_bytes: a power of two, at least four times the largest message.
  explicit SpscRing(std::size_t capacity_bytes)
      : capacity_(capacity_bytes),
        buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_bytes)) {
    CHECK((capacity_bytes & (capacity_bytes - 1)) == 0 && capacity_bytes >= 64);
  }

  std::size_t capacity() const { return capacity_; }

  /// Producer. Room for a message of at most n bytes, or an empty span when the ring is full.
  /// n must be at least 1 and at most a quarter of the capacity.
  MutableBytes reserve(std::size_t n) {
    CHECK(n >= 1 && n <= capacity_ / 4);
    const std::size_t need = padded(n);
    reserved_base_ = begins_anew() ? tail_local_ : base_;
    const std::size_t at = place(tail_local_, reserved_base_);
    const std::size_t to_end = capacity_ - at;
    const std::size_t skip = to_end < need ? to_end : 0;
    if (tail_local_ + skip + need - head_seen_ > capacity_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail_local_ + skip + need - head_seen_ > capacity_) return {};
    }
    if (skip > 0) store_le<std::uint32_t>(&buffer_[at], kSkip);
    reserved_at_ = tail_local_ + skip;
    reserved_ = n;
    return {&buffer_[place(reserved_at_, reserved_base_) + kPrefix], n};
  }
  /// Producer. Publishes the first `used` (1..reserved) bytes of the last reserve().
  void commit(std::size_t used) {
    CHECK(used >= 1 && used <= reserved_);
    store_le<std::uint32_t>(&buffer_[place(reserved_at_, reserved_base_)],
                            static_cast<std::uint32_t>(used));
    if (reserved_base_ != base_) {
      base_ = reserved_base_;
      look_again_at_ = base_ + kLookEvery;
      anew_at_.store(base_, std::memory_order_relaxed);  // tail_ publishes it
    }
    tail_local_ = reserved_at_ + padded(used);
    reserved_ = 0;
    tail_.store(tail_local_, std::memory_order_release);
  }

  /// Consumer. The oldest message, or an empty view. Valid until pop().
  ByteView front() {
    if (head_local_ == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head_local_ == tail_seen_) return {};
      // A beginning lies only where the ring was empty: nobody passes it but here.
      if (anew_at_.load(std::memory_order_relaxed) == head_local_) base_read_ = head_local_;
    }
    std::size_t at = place(head_local_, base_read_);
    std::uint32_t length = load_le<std::uint32_t>(&buffer_[at]);
    if (length == kSkip) {
      head_local_ += capacity_ - at;
      at = 0;
      length = load_le<std::uint32_t>(&buffer_[0]);
    }
    return {&buffer_[at + kPrefix], length};
  }
  /// Consumer. Drops the message that front() returned; its bytes may be overwritten at once.
  void pop() {
    pop_later();
    release();
  }
  /// Consumer. Like pop(), but the bytes stay valid until release(): lets a batch be read in
  /// place and given back as a whole.
  void pop_later() {
    const std::size_t at = place(head_local_, base_read_);
    head_local_ += padded(load_le<std::uint32_t>(&buffer_[at]));
  }
  /// Consumer. The message at *position, 0 at first, which then moves behind it: looks ahead of
  /// front() without taking anything. Empty at the end of what front() knows of.
  ByteView look_ahead(std::uint64_t* position) const {
    if (*position < head_local_) *position = head_local_;
    if (*position == tail_seen_) return {};
    std::size_t at = place(*position, base_read_);
    std::uint32_t length = load_le<std::uint32_t>(&buffer_[at]);
    if (length == kSkip) {
      *position += capacity_ - at;
      at = 0;
      length = load_le<std::uint32_t>(&buffer_[0]);
    }
    *position += padded(length);
    return {&buffer_[at + kPrefix], length};
  }
  void release() { head_.store(head_local_, std::memory_order_release); }

  /// Any thread; a moment's picture. What a skip leaves out counts as used.
  std::size_t used_bytes() const {
    return static_cast<std::size_t>(tail_.load(std::memory_order_acquire) -
                                    head_.load(std::memory_order_acquire));
  }
  bool empty() const { return used_bytes() == 0; }

 private:
  static constexpr std::size_t kPrefix = 8;  // length, and padding so that messages are aligned
  static constexpr std::uint32_t kSkip = 0xffffffff;
  /// Where in the buffer. Positions only rise; the one at the buffer's beginning is `base`.
  std::size_t place(std::uint64_t position, std::uint64_t base) const {
    return static_cast<std::size_t>((position - base) & (capacity_ - 1));
  }
  /// Octets between two looks at whether the ring is empty: each fetches the consumer's line.
  static constexpr std::size_t kLookEvery = 16 * 1024;
  static std::size_t padded(std::size_t n) { return (n + kPrefix + 7) & ~std::size_t{7}; }

  /// Producer. Says the same until something is committed.
  bool begins_anew() {
    if (tail_local_ < look_again_at_) return false;
    if (head_seen_ != tail_local_) head_seen_ = head_.load(std::memory_order_acquire);
    if (head_seen_ == tail_local_) return true;
    look_again_at_ = tail_local_ + kLookEvery;
    return false;
  }

  const std::size_t capacity_;
  const std::unique_ptr<std::uint8_t[]> buffer_;

  alignas(kCacheLine) std::atomic<std::uint64_t> tail_{0};
  /// Where the ring was found empty and begun anew, the last time.
  std::atomic<std::uint64_t> anew_at_{0};
  std::uint64_t tail_local_ = 0;              // producer
  std::uint64_t head_seen_ = 0;               // producer
  std::uint64_t base_ = 0;                    // producer
  std::uint64_t reserved_at_ = 0;             // producer
  std::uint64_t reserved_base_ = 0;           // producer
  std::size_t reserved_ = 0;                  // producer
  std::uint64_t look_again_at_ = kLookEvery;  // producer

  alignas(kCacheLine) std::atomic<std::uint64_t> head_{0};
  std::uint64_t head_local_ = 0;  // consumer
  std::uint64_t tail_seen_ = 0;   // consumer
  std::uint64_t base_read_ = 0;   // consumer
};

}  // namespace trapd
