// SPDX-License-Identifier: Apache-2.0
// Rows that stay where they are while their number grows, a chunk of them at a time: of
// std::deque's nodes of 512 octets a fifth is left empty when a row has a hundred, and small nodes
// among what comes and goes keep its pages from the system. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace trapd {

template <typename T, std::size_t kPerChunk>
class Chunks {
 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t index) { return chunks_[index / kPerChunk][index % kPerChunk]; }
  const T& operator[](std::size_t index) const {
    return chunks_[index / kPerChunk][index % kPerChunk];
  }
  /// A row as T() has it, behind the others.
  T& add() {
    if (size_ % kPerChunk == 0) chunks_.push_back(std::make_unique<T[]>(kPerChunk));
    return (*this)[size_++];
  }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace trapd
