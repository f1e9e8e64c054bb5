#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"
#include "models/inspection.hpp"

namespace fpanet {

struct InspectedPicture {
  std::string file, caption;  ///< "attention.png"; empty: only on the page
  Image image;
};

/// The numbers of the nodes, one line each, for a terminal.
std::string node_table(const std::vector<NodeNumbers>& nodes);
/// The same as CSV, in full precision; an empty field is a number that there is not.
std::string node_csv(const std::vector<NodeNumbers>& nodes);

/// A page that holds everything: pictures, and the numbers of the nodes. `facts` are sentences.
std::string inspection_page(const std::string& title, const std::vector<std::string>& facts,
                            const std::vector<InspectedPicture>& pictures,
                            const std::vector<NodeNumbers>& nodes);

}  // namespace fpanet
