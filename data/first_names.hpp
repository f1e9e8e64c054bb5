#pragma once

#include <string>
#include <vector>

#include "engine/core/join.hpp"

namespace fpanet {

/// "a, b, c, d, e, ...": the first five of a list for a message.
inline std::string first_names(std::vector<std::string> names) {
  constexpr std::size_t kMost = 5;
  const bool more = names.size() > kMost;
  if (more) names.resize(kMost);
  return join(names, ", ") + (more ? ", ..." : "");
}

}  // namespace fpanet
