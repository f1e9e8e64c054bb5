#pragma once
// A network's description in the metadata of a weight file: "fpanet.network" is its name,
// "fpanet.network.OPTION" each of its options, "fpanet.network.bands" and ".classes" its channels.

#include <optional>
#include <string>

#include "engine/weights/metadata.hpp"
#include "models/network.hpp"

namespace fpanet {

void write_network(const NetworkConfig& config, Metadata& metadata);

bool names_network(const Metadata& metadata);
/// The complete config, or nothing if the metadata names no network. Throws Error naming `source` for
/// a network or an option that is unknown, or a value that does not fit.
std::optional<NetworkConfig> read_network(const Metadata& metadata, const std::string& source);

}  // namespace fpanet
