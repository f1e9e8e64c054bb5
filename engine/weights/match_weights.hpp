#pragma once
// Matches the entries of a file with the tensors that a model wants: maps the names and checks
// every shape.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/weights/weights_file.hpp"

namespace fpanet {

struct WantedTensor {
  std::string name;  ///< the name in the model
  std::vector<std::int64_t> shape;
};

struct MatchOptions {
  std::string subject = "model";  ///< what is being loaded, for messages: "encoder"
  /// The prefix of all wanted names if they are a part of a model. The rest of a file that holds a
  /// whole model is then left aside.
  std::string part = {};
  /// Wanted name of the convolution that reads the image. Its weight may have a number of input
  /// channels other than the file's three, and is then adapted as in segmentation-models-pytorch.
  /// If empty, all shapes must be equal.
  std::string first_conv = {};
  bool any_channels = false;  ///< the file's number of channels may be other than three
  std::string left_out = {};  ///< prefix of entries of the file that are not looked at
  std::vector<std::string> optional = {};  ///< prefixes of wanted names that the file may lack
  /// Prefix of wanted names, of any shape in the file, that are not taken from it: a head for other
  /// classes. The summary names each of them.
  std::string kept = {};
};

struct Match {
  /// The wanted names in the wanted order, with the element types of the file. If the file has no
  /// num_batches_tracked for a batch norm (PyTorch before 0.4.1), it is 0 here. `optional` tensors
  /// that the file lacks are absent, and so are those that are `kept`.
  StateDict tensors;
  /// "216 of 216 encoder tensors from resnet34-333f7ec4.pth (tar), fc.* ignored"
  std::string summary;
};

/// Entries with a prefix other than that of the wanted tensors (a decoder when an encoder is
/// loaded) are ignored and counted in the summary. The classifier fc.* and the counter n_averaged of
/// an averaged model are ignored, too. If any other tensor is missing, unexpected or of another
/// shape, throws one Error that lists them with both shapes. So it does if a value is not finite or
/// a variance negative.
Match match_weights(const WeightsFile& file, std::span<const WantedTensor> wanted,
                    const MatchOptions& options = {});

/// (O,C,KH,KW) -> (O,channels,KH,KW), f32. For one channel the result is the sum over the C
/// channels, otherwise w'[:,i] = w[:, i mod C] * C/channels. Source: segmentation-models-pytorch,
/// encoders/_utils.py, patch_first_conv.
StateEntry adapt_first_conv(const StateEntry& weight, std::int64_t channels);

}  // namespace fpanet
