#pragma once
// From a file's entries to the tensors a model wants: names mapped, every shape checked.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

struct WantedTensor {
  std::string name;  ///< as the model has it
  std::vector<std::int64_t> shape;
};

struct MatchOptions {
  std::string subject = "model";  ///< what is loaded, for messages: "encoder"
  /// Wanted name of a convolution over the image, whose input channels may differ from the file's
  /// three: adapted as segmentation-models-pytorch does. Empty: shapes must be equal.
  std::string first_conv = {};
  std::vector<std::string> optional = {};  ///< prefixes of wanted names that the file may lack
};

struct Match {
  /// Wanted names in the wanted order, the file's element types. A batch norm's num_batches_tracked
  /// that the file lacks (PyTorch before 0.4.1) is 0; `optional` names it lacks are not here.
  StateDict tensors;
  /// "216 of 216 encoder tensors from resnet34-333f7ec4.pth (tar), fc.* ignored"
  std::string summary;
};

/// Entries under another prefix than the wanted ones (a decoder, when an encoder is loaded) are
/// passed over and counted in the summary; the classifier fc.* is passed over. Anything else
/// missing, unexpected or of another shape: one Error that lists all of it with both shapes.
Match match_weights(const WeightsFile& file, std::span<const WantedTensor> wanted,
                    const MatchOptions& options = {});

/// (O,3,KH,KW) -> (O,channels,KH,KW), f32. One channel: the sum over the three; else
/// w'[:,i] = w[:, i mod 3] * 3/channels. segmentation-models-pytorch encoders/_utils.py,
/// patch_first_conv.
StateEntry adapt_first_conv(const StateEntry& weight, std::int64_t channels);

}  // namespace fpanet
