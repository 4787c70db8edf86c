// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string>

#include "trapd/base/error.h"
#include "trapd/base/fd.h"

using namespace trapd;

namespace {
Result<int> half(int number) {
  if (number % 2 != 0) return failure("odd: " + std::to_string(number));
  return number / 2;
}
Status positive(int number) {
  if (number <= 0) return failure("not positive");
  return {};
}
bool open_fd(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
}  // namespace

TEST_CASE("result: a value or an error") {
  const Result<int> good = half(8);
  REQUIRE(good);
  CHECK(*good == 4);
  CHECK(good.has_value());
  const Result<int> bad = half(7);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().text == "odd: 7");
  CHECK(positive(1).has_value());
  CHECK(positive(0).error().text == "not positive");
}

TEST_CASE("result: takes values that can only be moved") {
  Result<std::unique_ptr<int>> made(std::make_unique<int>(5));
  REQUIRE(made);
  const std::unique_ptr<int> taken = std::move(*made);
  CHECK(*taken == 5);
}

TEST_CASE("result: an error of the system says what, on what, and why") {
  CHECK(errno_error("cannot bind", "0.0.0.0:162", EACCES).text ==
        "cannot bind 0.0.0.0:162: Permission denied");
}

TEST_CASE("fd: closes once, and not after it was given away") {
  const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(raw >= 0);
  {
    Fd first(raw);
    Fd second(std::move(first));
    CHECK_FALSE(first);  // NOLINT: the moved-from state is what is tested
    CHECK(second.get() == raw);
    first = std::move(second);
    CHECK(open_fd(raw));
  }
  CHECK_FALSE(open_fd(raw));
  const int other = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  {
    Fd holder(other);
    CHECK(holder.release() == other);
  }
  CHECK(open_fd(other));
  Fd again(other);
  again.reset();
  CHECK_FALSE(open_fd(other));
  CHECK_FALSE(Fd());
}
