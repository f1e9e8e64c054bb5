// On an emulated GPU: all convolutions of a program are announced before the first workspace is
// asked for, so that the engines of a whole network are planned in parallel.

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/graph/plan.hpp"
#include "layers/conv2d.hpp"
#include "tests/support/emulated_conv2d.hpp"
#include "tests/support/mean_of_squares.hpp"

namespace fpanet::test {
namespace {

TEST_CASE("a program announces its convolutions before it asks for the first workspace") {
  Graph graph(Cuda{});
  const Value x = graph.input("x", {{2, 3, 16, 16}, DType::f32}, true);
  const auto weight = [&](const char* name, const Shape& shape) {
    return graph.input(name, {shape, DType::f32}, true);
  };
  const Value bias = graph.input("bias", {{8}, DType::f32}, true);
  const Value a = conv2d_with_statistics(x, weight("a", {8, 3, 3, 3}), {.padding = 1}).y;
  const Value b = conv2d(a, weight("b", {8, 8, 1, 1}), bias, {.stride = 2});
  const Value c = conv2d_fused(a, weight("c", {8, 8, 5, 5}), bias, std::nullopt, {}, true);
  graph.keep(c);
  graph.backward(graph.record_one(std::make_shared<MeanOfSquares>(), std::array{b}));

  EmulatedPlanning& planning = emulated_planning();
  planning = {};
  const Plan plan(graph);
  CHECK(planning.announced_before_first_asked == planning.announced.size());
  const std::vector<std::string> forward{"forward x=2,3,16,16 w=8,3", "forward x=2,8,16,16 w=8,1",
                                         "forward x=2,8,16,16 w=8,5"};
  REQUIRE(planning.announced.size() == 7);  // and two gradients each of a and b
  CHECK(std::equal(forward.begin(), forward.end(), planning.announced.begin()));
  CHECK(planning.announced == planning.asked);
}

}  // namespace
}  // namespace fpanet::test
