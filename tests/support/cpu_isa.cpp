// A level of FPANET_CPU that this processor lacks ends the program before its first test, in one
// line by which ctest knows to skip: found later, inside a parallel region, several threads would
// throw and take the program down with their lines mixed.

#include <cstdlib>
#include <exception>

#include <fmt/core.h>

#include "kernels/simd/cpu_isa.hpp"

namespace fpanet::kernels {
namespace {

bool check() {
  try {
    cpu_isa();
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    std::exit(1);
  }
  return true;
}

[[maybe_unused]] const bool checked = check();

}  // namespace
}  // namespace fpanet::kernels
