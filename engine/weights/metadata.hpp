#pragma once

#include <map>
#include <string>

namespace fpanet {

/// What a weight file says beside its tensors.
using Metadata = std::map<std::string, std::string>;

}  // namespace fpanet
