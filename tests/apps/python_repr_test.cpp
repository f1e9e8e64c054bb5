#include "apps/cli/python_repr.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace fpanet {

// The right-hand sides are what python3 -c 'print(repr(x))' prints.
TEST_CASE("python_repr prints as Python does") {
  CHECK(python_repr(0.0) == "0.0");
  CHECK(python_repr(-0.0) == "-0.0");
  CHECK(python_repr(1.0) == "1.0");
  CHECK(python_repr(-16.0) == "-16.0");
  CHECK(python_repr(0.1) == "0.1");
  CHECK(python_repr(1.0 / 3.0) == "0.3333333333333333");
  CHECK(python_repr(123.456) == "123.456");
  CHECK(python_repr(0.0001) == "0.0001");
  CHECK(python_repr(0.00001) == "1e-05");
  CHECK(python_repr(1.25e-5) == "1.25e-05");
  CHECK(python_repr(9999999999999998.0) == "9999999999999998.0");
  CHECK(python_repr(1e15) == "1000000000000000.0");
  CHECK(python_repr(1e16) == "1e+16");
  CHECK(python_repr(1.5e16) == "1.5e+16");
  CHECK(python_repr(1e100) == "1e+100");
  CHECK(python_repr(5e-324) == "5e-324");
  CHECK(python_repr(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(python_repr(std::nan("")) == "nan");
  CHECK(python_repr(-HUGE_VAL) == "-inf");
}

TEST_CASE("python_repr of a widened float32 shows all its digits, as tensor.item() does") {
  CHECK(python_repr(0.1f) == "0.10000000149011612");
  CHECK(python_repr(0.41234f) == "0.412339985370636");
}

}  // namespace fpanet
