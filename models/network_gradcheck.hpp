#pragma once
// Checks the backward pass of a whole network against central differences, in double.

#include <string>
#include <vector>

#include "models/fpanet.hpp"

namespace fpanet {

/// The comparison for one parameter tensor, along one direction d that changes every entry.
struct NetworkGradcheckRow {
  std::string name;
  double analytic = 0;  ///< <gradient, d>
  double numeric = 0;   ///< (loss(x + h d) - loss(x - h d)) / 2h
  double error = 0;     ///< |analytic - numeric| / max(|analytic|, 1e-4)
  bool ok = false;
};

inline constexpr double kNetworkGradcheckTolerance = 1e-5;

/// A ResNet18 of depth 3 with a narrow decoder: the smallest network that has every part.
FPANetOptions narrow_fpanet();

/// The same of any network: what `told` leaves open is as narrow.
NetworkConfig narrow_network(NetworkConfig told);

/// Checks a network in training mode with Dice loss: one row per parameter that the loss reaches.
std::vector<NetworkGradcheckRow> network_gradcheck(const NetworkConfig& config);

}  // namespace fpanet
