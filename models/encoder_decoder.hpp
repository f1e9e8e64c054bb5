#pragma once
// The options that networks of a ResNet encoder and an upsampling decoder share, as text
// (models/network.hpp) and as values.

#include <string>
#include <vector>

#include "models/network.hpp"

namespace fpanet {

/// "resnet34", "5", "256,128,64,32,16"
struct EncoderDecoderOptions {
  std::string encoder_name = "resnet34";
  int encoder_depth = 5;
  std::vector<Index> decoder_channels = {256, 128, 64, 32, 16};
};

/// encoder, encoder-depth, decoder-channels.
std::vector<NetworkOption> encoder_decoder_options();

/// The values of a complete config.
EncoderDecoderOptions read_encoder_decoder(const NetworkConfig& config);
/// Writes them into `config`.
void write_encoder_decoder(const EncoderDecoderOptions& options, NetworkConfig& config);

/// Beginnings of the encoder's state-dict names that a depth leaves without a gradient: the state
/// dict contains all four layers.
std::vector<std::string> unused_encoder_layers(const std::string& prefix, int depth);

/// The number that `text` is, written without sign and leading zeros and at most `largest`; else -1.
Index parse_count(const std::string& text, Index largest);

}  // namespace fpanet
