#pragma once
// What programs ask of the emulated cuDNN (emulated_conv2d.cpp).

#include <string>
#include <vector>

namespace fpanet::test {

/// Passes of convolutions in the order in which they were announced and their workspace was asked
/// for.
struct EmulatedPlanning {
  std::vector<std::string> announced, asked;
  std::size_t announced_before_first_asked = 0;
};
EmulatedPlanning& emulated_planning();

}  // namespace fpanet::test
