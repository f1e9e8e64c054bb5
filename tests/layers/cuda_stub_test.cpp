// What a build without CUDA says when it is asked to compute on a GPU. (test_kernels and test_emulated
// cannot ask: an emulated GPU stands in there.)

#include <doctest/doctest.h>

#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"
#include "kernels/conv2d.hpp"

using namespace fpanet;
using namespace fpanet::kernels;

TEST_CASE("the Cuda overload of a CPU build says what to do") {
  if (cuda_support().built) {
    MESSAGE("skipped: this build has CUDA");
    return;
  }
  const Conv2dGeometry g{1, 1, 1, 1, 1, 1, 1, 1, 0};
  CHECK_THROWS_WITH_AS(conv2d_workspace_bytes<float>(Cuda{}, g, {}),
                       "conv2d: this build has no CUDA; use --device cpu or build with a CUDA "
                       "toolkit",
                       Error);
}
