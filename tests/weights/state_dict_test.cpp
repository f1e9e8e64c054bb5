#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/core/layout.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet {

TEST_CASE("state dict: names keep their order and are unique") {
  StateDict tensors;
  tensors.add("b", StateEntry::scalar(1));
  tensors.add("a", StateEntry::scalar(2));
  CHECK(tensors[0].first == "b");
  CHECK(tensors.at("a").values<std::int64_t>() == std::vector<std::int64_t>{2});
  CHECK(tensors.find("c") == nullptr);
  CHECK_THROWS_WITH_AS(tensors.at("c"), "weights: there is no entry named c", Error);
  CHECK_THROWS_WITH_AS(tensors.add("a", StateEntry::scalar(3)), "weights: two entries are named a",
                       Error);
}

TEST_CASE("state entry: row-major in the file, channels-last in a tensor, and back") {
  std::vector<float> values(2 * 3 * 2 * 2);
  std::iota(values.begin(), values.end(), 0.0f);
  const StateEntry entry = StateEntry::from_values(values, {2, 3, 2, 2});
  const Tensor tensor = entry.to_tensor(DType::f32);
  CHECK(tensor.span<float>()[1] == 4.0f);  // second channel of the first pixel
  CHECK(to_row_major<float>(tensor) == values);
  CHECK(StateEntry::from_tensor(tensor).values<float>() == values);
  CHECK(StateEntry::from_tensor(tensor.cast(DType::f64)).type() == ElementType::f64);
  CHECK(StateEntry::from_tensor(tensor.cast(DType::bf16)).values<float>() == values);
  CHECK_THROWS_WITH_AS(entry.copy_into(Tensor::zeros({3, 2, 2, 2}, DType::f32)),
                       "weights: an entry of shape (2,3,2,2) cannot fill a tensor of shape "
                       "(3,2,2,2)",
                       Error);
}

TEST_CASE("state entry: bytes at any address convert to every engine dtype") {
  const double source[] = {1.5, -2.0, 0.0, 1024.0};
  std::vector<std::byte> shifted(sizeof(source) + 1);
  std::memcpy(shifted.data() + 1, source, sizeof(source));
  const StateEntry entry(ElementType::f64, {4},
                         Bytes::own(std::move(shifted)).part(1, sizeof(source)));
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
    CHECK(StateEntry::from_tensor(entry.to_tensor(dtype)).values<double>() ==
          std::vector<double>(source, source + 4));
  }
  CHECK_THROWS_WITH_AS(entry.to_tensor(DType::i64), "weights: 1.5 is not a 64-bit integer", Error);
  const StateEntry negative = StateEntry::scalar(-1);
  CHECK_THROWS_WITH_AS(negative.to_tensor(DType::u8), "weights: -1 does not fit into 8 bits",
                       Error);
}

TEST_CASE("state entry: bytes must be what type and shape ask for") {
  CHECK_THROWS_WITH_AS(StateEntry(ElementType::f16, {2, 3}, Bytes{}),
                       "weights: f16 (2,3) needs 12 bytes, not 0", Error);
  CHECK_THROWS_WITH_AS(checked_numel(std::vector<std::int64_t>{2, -3}, "f"),
                       "f: shape (2,-3) has a negative size", Error);
  CHECK(checked_numel(std::vector<std::int64_t>{0, 1LL << 40}, "f") == 0);
  CHECK_THROWS_AS(checked_numel(std::vector<std::int64_t>{0, 1LL << 40, 1LL << 22}, "f"), Error);
}

TEST_CASE("float16: every half goes to float and back unchanged") {
  for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
    float16 half;
    half.bits = static_cast<std::uint16_t>(bits);
    const auto value = static_cast<float>(half);
    if (std::isnan(value)) {
      CHECK(std::isnan(static_cast<float>(float16(value))));
    } else {
      REQUIRE(float16(value).bits == half.bits);
    }
  }
}

TEST_CASE("float16: rounding is to nearest, ties to even") {
  CHECK(static_cast<float>(float16(1.0f + 0x1p-11f)) == 1.0f);
  CHECK(static_cast<float>(float16(1.0f + 3 * 0x1p-11f)) == 1.0f + 0x1p-9f);
  CHECK(static_cast<float>(float16(1.0f + 0x1p-11f + 0x1p-20f)) == 1.0f + 0x1p-10f);
  CHECK(static_cast<float>(float16(65519.9f)) == 65504.0f);
  CHECK(std::isinf(static_cast<float>(float16(65520.0f))));
  CHECK(static_cast<float>(float16(-0x1p-25f)) == 0.0f);
  CHECK(static_cast<float>(float16(0x1.8p-25f)) == 0x1p-24f);
  CHECK(static_cast<float>(float16(0x1p-14f - 0x1p-26f)) == 0x1p-14f);
}

}  // namespace fpanet
