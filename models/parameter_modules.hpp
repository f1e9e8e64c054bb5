#pragma once
// The parts of a network by which its parameters are reported: "encoder.layer1", "decoder.blocks.0",
// "segmentation_head".

#include <string>
#include <vector>

namespace fpanet {

struct ModuleParameters {
  std::string name;
  std::vector<std::string> parameters;  ///< state-dict names
};

/// The module of a state-dict name: its first two components without a leading "model.", a third if
/// the second is "blocks", and none that is the number of a layer or the parameter itself.
std::string module_of(const std::string& parameter);

/// Divides parameters among their modules, in order of first appearance.
std::vector<ModuleParameters> modules_of(const std::vector<std::string>& parameters);

}  // namespace fpanet
