#include "engine/core/stream.hpp"

#include <doctest/doctest.h>

#include <array>

#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"

using namespace fpanet;

namespace {

const Context kCpu = Cpu{1};

}  // namespace

TEST_CASE("on the CPU a copy is done and a mark reached at once") {
  const Tensor from = staging_tensor(kCpu, {3}, DType::f32), to = Tensor::zeros({3}, DType::f32);
  from.data<float>()[2] = 7;
  copy_async(kCpu, to, from);
  CHECK(to.data<float>()[2] == 7);
  Event mark(kCpu);
  mark.wait();
  mark.record();
  mark.hold(CudaQueue::copy);
  mark.wait();
  synchronize(kCpu);
  CHECK_THROWS_WITH_AS(mark.seconds_since(mark), "event: only recorded events of a GPU have a time",
                       Error);
}

TEST_CASE("numbers sent arrive, however often") {
  const Tensor target = Tensor::zeros({2}, DType::f64);
  Uplink uplink(target);
  for (int step = 1; step <= 9; ++step) {
    const std::array<double, 2> numbers = {0.5 * step, static_cast<double>(step)};
    uplink.send(kCpu, std::as_bytes(std::span(numbers)));
    CHECK(target.data<double>()[0] == 0.5 * step);
    CHECK(target.data<double>()[1] == step);
  }
}

TEST_CASE("what this build and machine have is told, not thrown") {
  const CudaSupport support = cuda_support();
  if (!support.built) CHECK(support.problem.starts_with("this build has no CUDA support"));
  CHECK(support.problem.empty() != support.devices.empty());
  if (support.problem.empty()) return;
  CHECK_THROWS_WITH_AS(open_cuda(0, {}), doctest::Contains(support.problem.c_str()), Error);
}
