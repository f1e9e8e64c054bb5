#include <doctest/doctest.h>

#include <cmath>

#include "engine/core/rng.hpp"

using namespace fpanet;

TEST_CASE("Philox4x32-10 gives the published known answers") {
  // Random123's kat_vectors file.
  CHECK(philox4x32({0, 0}, {0, 0, 0, 0}) ==
        std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}) ==
        std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0xa4093822, 0x299f31d0}, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}) ==
        std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream can be left and taken up again") {
  Rng whole(42, 7);
  for (int i = 0; i < 5; ++i) whole.next_u32();
  Rng resumed(42, 7);
  resumed.seek(whole.position());
  for (int i = 0; i < 10; ++i) CHECK(whole.next_u32() == resumed.next_u32());
}

TEST_CASE("streams and seeds differ") {
  CHECK(Rng(1, 0).next_u32() != Rng(2, 0).next_u32());
  CHECK(Rng(1, 0).next_u32() != Rng(1, 1).next_u32());
  CHECK(hash_name("a") == 0xaf63dc4c8601ec8cu);
}

TEST_CASE("distributions have their moments and ranges") {
  Rng rng(3);
  double sum = 0, square = 0, uniform = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.normal();
    sum += value;
    square += value * value;
    const double u = rng.uniform(2.0, 4.0);
    CHECK((u >= 2.0 && u < 4.0));
    uniform += u;
  }
  CHECK(std::abs(sum / kDraws) < 0.03);
  CHECK(std::abs(square / kDraws - 1.0) < 0.05);
  CHECK(std::abs(uniform / kDraws - 3.0) < 0.02);

  std::array<int, 5> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(5)];
  for (const int count : counts) CHECK(std::abs(count - kDraws / 5) < 250);
}
