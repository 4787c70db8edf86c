// SPDX-License-Identifier: Apache-2.0
// A value or an error; the member names of std::expected (C++23), so that a later switch is a
// search and replace.
#pragma once

#include <utility>
#include <variant>

namespace trapd {

template <typename E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  E& error() { return error_; }

 private:
  E error_;
};

template <typename T, typename E>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: as std
  Expected(Unexpected<E> e) : state_(std::in_place_index<1>, std::move(e.error())) {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  /// Only when has_value().
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// Only when !has_value().
  E& error() { return *std::get_if<1>(&state_); }
  const E& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

template <typename E>
class [[nodiscard]] Expected<void, E> {
 public:
  Expected() = default;
  Expected(Unexpected<E> e) : error_(std::in_place_index<1>, std::move(e.error())) {}  // NOLINT
  bool has_value() const { return error_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  E& error() { return *std::get_if<1>(&error_); }
  const E& error() const { return *std::get_if<1>(&error_); }

 private:
  std::variant<std::monostate, E> error_;
};

}  // namespace trapd
