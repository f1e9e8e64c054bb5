#pragma once
// --network and the flags of what networks can be told (models/network.hpp).

#include <map>
#include <string>
#include <vector>

#include "apps/cli/settings.hpp"
#include "engine/weights/weights_file.hpp"
#include "models/network.hpp"

namespace fpanet {

/// The values of the flags, whether they were told or are defaults.
struct NetworkFlags {
  std::string network = "fpanet";
  std::map<std::string, std::string> options = {};  ///< by name, those of all networks

  bool operator==(const NetworkFlags&) const = default;
};

/// Adds --network and a flag for every option that has one. `standard` is what --help says they are
/// by default.
void add_network(Settings& settings, NetworkFlags* flags,
                 const NetworkConfig& standard = complete(NetworkConfig()));
/// The names of the options that add_network() adds.
std::vector<std::string> network_flag_names();
/// Adds --network and those options that the names and shapes of a weight file do not tell, for
/// weight files without metadata.
void add_network_of_file(Settings& settings, NetworkFlags* flags);

/// Throws the UsageError that says the same about the option's flag.
[[noreturn]] void refuse(const NetworkOptionError& error);

/// What the user told, by flags or a settings file: nothing of the rest.
struct ToldNetwork {
  std::string network;  ///< empty if not told
  std::map<std::string, std::string> options = {};

  bool empty() const { return network.empty() && options.empty(); }
};
ToldNetwork told_network(const NetworkFlags& flags, const Settings& settings);

/// The network that was told, with defaults for the rest. Throws UsageError, which names the flag, for
/// options that the network does not take.
NetworkConfig network_of(const ToldNetwork& told);

/// The network that a weight file holds: what its metadata say; without them, what names and shapes
/// tell and `told` adds. Throws UsageError if these leave the network open, which asks for the flags
/// that close it, and for a flag that contradicts the file; Error for a network or an option that is
/// unknown.
NetworkConfig network_of(const WeightsFile& weights, const ToldNetwork& told);

}  // namespace fpanet
