#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/core/layout.hpp"
#include "engine/core/tensor.hpp"
#include "engine/core/tensor_view.hpp"

using namespace fpanet;

TEST_CASE("a shape knows its elements and prints as PyTorch does") {
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{2, 0, 3}.numel() == 0);
  CHECK(Shape{16, 3, 320, 320}.str() == "(16,3,320,320)");
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK_THROWS_WITH_AS((Shape{1, 2, 3, 4, 5}), "shape: 5 dimensions given, at most 4 are supported",
                       Error);
  CHECK_THROWS_AS((Shape{-1}), Error);
  const Index huge = Index{1} << 40;
  CHECK_THROWS_AS((Shape{huge, huge}), Error);
}

TEST_CASE("rank 4 is stored channels-last, every other rank row-major") {
  std::vector<float> values(2 * 3 * 2 * 2);
  std::iota(values.begin(), values.end(), 0.0F);
  const Tensor tensor = Tensor::empty({2, 3, 2, 2}, DType::f32);
  from_row_major<float>(values, tensor);
  const View<float> view = view4<float>(tensor);
  CHECK(view.pixel(1, 0, 1)[2] == values[((1 * 3 + 2) * 2 + 0) * 2 + 1]);
  CHECK(to_row_major<float>(tensor) == values);

  const Tensor matrix = Tensor::empty({4, 6}, DType::f32);
  from_row_major<float>(values, matrix);
  CHECK(matrix.data<float>()[7] == 7.0F);
  CHECK(matrices<float>(matrix).at(0)[7] == 7.0F);
}

TEST_CASE("views share memory and stay inside it") {
  const Tensor tensor = Tensor::zeros({4, 6}, DType::i32);
  const Tensor part = tensor.slice(1, 2).reshaped({12});
  part.data<std::int32_t>()[0] = 7;
  CHECK(tensor.data<std::int32_t>()[6] == 7);
  CHECK_THROWS_AS(tensor.slice(3, 2), Error);
  CHECK_THROWS_AS(tensor.reshaped({5, 5}), Error);
  CHECK_THROWS_WITH_AS(tensor.data<float>(),
                       "tensor: f32 data asked of a i32 tensor of shape (4,6)", Error);
  CHECK_THROWS_AS(Tensor(Storage::allocate(8, Device::cpu()), 4, {2}, DType::f32), Error);
  CHECK_FALSE(Tensor().defined());
}

TEST_CASE("cast converts every element") {
  const Tensor source = Tensor::empty({3}, DType::f64);
  source.data<double>()[0] = 1.0 / 3.0;
  source.data<double>()[1] = -2.75;
  source.data<double>()[2] = 200.0;
  CHECK(source.cast(DType::f32).data<float>()[0] == 1.0F / 3.0F);
  CHECK(source.cast(DType::u8).data<std::uint8_t>()[2] == 200);
  const Tensor halved = source.cast(DType::bf16).cast(DType::f64);
  CHECK(halved.data<double>()[1] == -2.75);
  CHECK(std::abs(halved.data<double>()[0] - 1.0 / 3.0) < 1.0 / 512);
}

TEST_CASE("cast to integers: towards zero, the nearest that the type holds, 0 for NaN") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> numbers = {-2.75, 255.9, 256, 1e10, -1e30, kInfinity, std::nan("")};
  const Tensor source = Tensor::empty({std::ssize(numbers)}, DType::f64);
  std::ranges::copy(numbers, source.data<double>());
  const auto as = [&]<class T>(DType dtype, T) {
    const Tensor result = source.cast(dtype);
    const std::span<T> values = result.span<T>();
    return std::vector<T>(values.begin(), values.end());
  };
  CHECK(as(DType::u8, std::uint8_t{}) == std::vector<std::uint8_t>{0, 255, 255, 255, 0, 255, 0});
  constexpr std::int32_t kLow = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t kHigh = std::numeric_limits<std::int32_t>::max();
  CHECK(as(DType::i32, std::int32_t{}) ==
        std::vector<std::int32_t>{-2, 255, 256, kHigh, kLow, kHigh, 0});
  CHECK(as(DType::i64, std::int64_t{})[3] == 10'000'000'000);
  CHECK(as(DType::i64, std::int64_t{})[5] == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("bfloat16 rounds to nearest even and keeps NaN") {
  CHECK(static_cast<float>(bfloat16(1.0F + 0x1p-8F)) == 1.0F);              // tie to even
  CHECK(static_cast<float>(bfloat16(1.0F + 0x1.8p-7F)) == 1.0F + 0x1p-6F);  // tie to even, upwards
  CHECK(std::isnan(static_cast<float>(bfloat16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isinf(static_cast<float>(bfloat16(std::numeric_limits<float>::max()))));
}

TEST_CASE("storage counts what is alive and refuses what cannot be had") {
  const std::size_t before = memory_use(Device::Type::cpu).current;
  {
    const Tensor tensor = Tensor::empty({1000}, DType::f32);
    CHECK(memory_use(Device::Type::cpu).current == before + 4000);
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 64 == 0);
  }
  CHECK(memory_use(Device::Type::cpu).current == before);
  CHECK(memory_use(Device::Type::cpu).peak >= before + 4000);
  CHECK_THROWS_AS(Storage::allocate(SIZE_MAX - 5, Device::cpu()), Error);
}

TEST_CASE("devices parse and print") {
  CHECK(Device::parse("cpu") == Device::cpu());
  CHECK(Device::parse("cuda") == Device::cuda(0));
  CHECK(Device::parse("cuda:3").str() == "cuda:3");
  for (const char* bad : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1x"}) {
    CHECK_THROWS_AS(Device::parse(bad), Error);
  }
}
