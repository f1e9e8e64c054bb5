// On an emulated GPU: all convolutions of a program are announced before the first workspace is asked
// for, so that the engines of a whole network are planned in parallel.

#include <doctest/doctest.h>

#include <algorithm>

#include "apps/training/model_session.hpp"
#include "models/network_gradcheck.hpp"
#include "tests/support/emulated_conv2d.hpp"

namespace fpanet::test {
namespace {

void check_announced(const ProgramOptions& options) {
  ModelSession session({.context = Cuda{}}, narrow_network({}), 1e-3);
  session.store().initialize(3);
  EmulatedPlanning& planning = emulated_planning();
  planning = {};
  session.program(options);
  CHECK(planning.announced.size() > 40);
  CHECK(planning.announced_before_first_asked == planning.announced.size());
  std::ranges::sort(planning.announced);
  std::ranges::sort(planning.asked);
  CHECK(planning.announced == planning.asked);
}

TEST_CASE("a program announces its convolutions before it asks for the first workspace") {
  check_announced({.kind = ProgramKind::train, .batch = 2, .height = 64, .width = 32});
  check_announced({.kind = ProgramKind::predict, .batch = 2, .height = 64, .width = 32});
}

}  // namespace
}  // namespace fpanet::test
