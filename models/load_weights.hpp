#pragma once
// Loads the weights of a file, under whichever names it has, into the parameters of a network.

#include <string>

#include "engine/graph/parameters.hpp"
#include "engine/weights/match_weights.hpp"
#include "models/network.hpp"

namespace fpanet {

/// Before a parameter's name, the name of its average in a checkpoint that holds both.
inline constexpr const char* kAveragePrefix = "ema.";

/// Finds the network's entries in the file. Throws one Error that lists everything that does not fit.
Match match_model(const ParameterStore& store, const Network& network, const WeightsFile& weights);

/// Loads the whole model and returns a summary line. Throws as match_model() does.
std::string load_model(ParameterStore& store, const Network& network, const WeightsFile& weights);
/// The same for a network that may have other classes and bands than the one in the file, which has
/// `file_classes`. With another number of classes its head keeps its values, and the summary names each
/// of its tensors. The first convolution is adapted to the network's bands.
std::string load_for_fine_tuning(ParameterStore& store, const Network& network,
                                 const WeightsFile& weights, Index file_classes);
/// Loads only the encoder. The first convolution is adapted to the network's input channels.
std::string load_encoder(ParameterStore& store, const Network& network, const WeightsFile& weights);

}  // namespace fpanet
