// The list of networks.

#include "models/network.hpp"

// A row for each network: its file defines NetworkKind NAME_network().
#define FPANET_NETWORKS(ROW) \
  ROW(fpanet)                \
  ROW(unet)

namespace fpanet {

#define FPANET_DECLARE(NAME) NetworkKind NAME##_network();
FPANET_NETWORKS(FPANET_DECLARE)
#undef FPANET_DECLARE

const std::vector<NetworkKind>& network_kinds() {
#define FPANET_KIND(NAME) NAME##_network(),
  static const std::vector<NetworkKind> kinds = {FPANET_NETWORKS(FPANET_KIND)};
#undef FPANET_KIND
  return kinds;
}

}  // namespace fpanet
