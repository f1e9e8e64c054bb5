#include <doctest/doctest.h>

#include <cstring>
#include <vector>

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
  // Where memory is scarce the kernel may take other pages of this process back in between, so the rise shows in one
  // of a few tries.
  bool rose = false;
  for (int i = 0; i < 5 && !rose; ++i) {
    const std::int64_t at_first = resident_bytes();
    std::vector<char> touched(kTouched);
    char* volatile hidden = touched.data();  // the compiler may leave out memory that nobody reads
    std::memset(hidden, 1, kTouched);
    rose = resident_bytes() >= at_first + kTouched * 9 / 10;
  }
  CHECK(rose);
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
