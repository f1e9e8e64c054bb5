#include <doctest/doctest.h>

#include "tests/programs/run_program.hpp"
#include "tests/support/scratch_folder.hpp"

using namespace fpanet;
using namespace fpanet::test;

TEST_CASE("programs: the libraries of CUDA and GDAL are not loaded with them") {
  const ScratchFolder work;
  for (const char* program : {"train", "eval", "predict", "tool"}) {
    CAPTURE(program);
    // The dynamic loader then lists what it has loaded instead of starting the program (man ld.so).
    const Outcome listed = run_program(work, program, "", "LD_TRACE_LOADED_OBJECTS=1 ");
    CHECK(listed.code == 0);
    CHECK(listed.out.find("libc.so") != std::string::npos);
    for (const char* library : {"libcud", "libcublas", "libnv", "libgdal"}) {
      CHECK(listed.out.find(library) == std::string::npos);
    }
  }
}
