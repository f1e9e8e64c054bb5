// report.html while a run goes on, and after it.

#include <doctest/doctest.h>

#include "tests/programs/child.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("report.html follows a run from epoch to epoch and ends with the best weights") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  const auto has = [&](const std::string& text) {
    return contents(work / "run/report.html").find(text) != std::string::npos;
  };
  {
    Child child("train", "--data synthetic:14 --image-size 64 " + kSmallNetwork +
                             "--batch-size 3 --epochs 3 "
                             "--quiet --run " +
                             run + " 2> /dev/null");
    wait_for_steps(run, 4);  // in the second epoch, of three steps each
    child.send(SIGINT);
    CHECK(child.wait() == 130);
  }
  CHECK(has("run, after epoch 1 of 3"));
  CHECK(has("images, epoch 1"));
  CHECK(has("http-equiv=\"refresh\""));
  CHECK(has("IoU of each class (validation)"));
  CHECK(has("water over the epochs"));
  CHECK(has("data:image/png;base64,"));
  REQUIRE(run_program(work, "train", "--quiet --resume " + run).code == 0);
  CHECK_FALSE(has("after epoch"));
  CHECK_FALSE(has("http-equiv=\"refresh\""));
  CHECK(has("epoch 3: "));  // a point of a curve
}
