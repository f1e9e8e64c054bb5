#include <doctest/doctest.h>
#include <sys/mman.h>

#include <cstring>

#include "apps/cli/environment.hpp"
#include "apps/cli/memory.hpp"
#include "apps/cli/statistics.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

TEST_CASE("statistics of repeats") {
  const auto odd = Statistics::of({3, 1, 10});
  CHECK(odd.median == 3);
  CHECK(odd.min == 1);
  CHECK(odd.count == 3);
  CHECK(Statistics::of({4, 1, 2, 9}).median == 3);
  CHECK(Statistics::of({5}).median == 5);
}

TEST_CASE("peak memory rises by what is touched and does not fall") {
  constexpr std::int64_t kTouched = 64 << 20;
  const std::int64_t before = resident_bytes();
  // Pages from the kernel: the heap may hand out memory that is resident already.
  void* const touched =
      mmap(nullptr, kTouched, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(touched != MAP_FAILED);
  std::memset(touched, 1, kTouched);
  CHECK(resident_bytes() >= before + kTouched * 9 / 10);
  munmap(touched, kTouched);
  CHECK(peak_resident_bytes() >= before + kTouched * 9 / 10);
}

TEST_CASE("bytes for people") {
  CHECK(bytes_str(1023) == "1023 B");
  CHECK(bytes_str(1536) == "1.5 KiB");
  CHECK(bytes_str(std::int64_t{3} << 20) == "3.0 MiB");
  CHECK(bytes_str(std::int64_t{5000} << 30) == "5000.0 GiB");
}

TEST_CASE("the environment line names version and threads") {
  CHECK(test::contains(environment_line(2), "fpanet " FPANET_VERSION));
  CHECK(environment_line(2).ends_with(", 2 threads"));
  CHECK(environment_line(1).ends_with(", 1 thread"));
}

}  // namespace fpanet
