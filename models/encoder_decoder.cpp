#include "models/encoder_decoder.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/core/join.hpp"
#include "models/resnet.hpp"

namespace fpanet {

namespace {

constexpr Index kMostChannels = 4096;
constexpr int kLeastDepth = 3, kMostDepth = 5;

/// Empty if `text` is not a list of channel counts.
std::vector<Index> parse_channels(const std::string& text) {
  std::vector<Index> channels;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    channels.push_back(parse_count(item, kMostChannels));
    if (channels.back() < 1) return {};
  }
  if (text.ends_with(',')) return {};
  return channels;
}

int depth_of(const NetworkConfig& config) {
  return static_cast<int>(parse_count(config.at("encoder-depth"), kMostDepth));
}

}  // namespace

Index parse_count(const std::string& text, Index largest) {
  Index number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool fits = error == std::errc() && end == text.data() + text.size() && number >= 0 &&
                    number <= largest && std::to_string(number) == text;
  return fits ? number : -1;
}

std::vector<NetworkOption> encoder_decoder_options() {
  const EncoderDecoderOptions standard;
  return {
      {.name = "encoder",
       .placeholder = join(resnet_names(), "|"),
       .accepted = join(resnet_names(), ", "),
       .help = "Encoder",
       .standard = [standard](const NetworkConfig&) { return standard.encoder_name; },
       .fits =
           [](const std::string& value) { return std::ranges::count(resnet_names(), value) == 1; }},
      {.name = "encoder-depth",
       .placeholder = "N",
       .accepted = "3, 4 or 5",
       .help = "How often the encoder halves the resolution",
       .is_integer = true,
       .standard =
           [standard](const NetworkConfig&) { return std::to_string(standard.encoder_depth); },
       .fits =
           [](const std::string& value) { return parse_count(value, kMostDepth) >= kLeastDepth; }},
      {.name = "decoder-channels",
       .placeholder = "N,N,...",
       .accepted =
           fmt::format("a list of numbers from 1 to {} such as 256,128,64,32,16", kMostChannels),
       .help = "Channels of the decoder's blocks, the deepest first; as many\nas --encoder-depth",
       .standard =
           [standard](const NetworkConfig& config) {
             const auto first = standard.decoder_channels.begin();
             return join(std::vector<Index>(first, first + depth_of(config)), ",");
           },
       .fits = [](const std::string& value) { return !parse_channels(value).empty(); },
       .conflict =
           [](const std::string& value, const NetworkConfig& config) {
             const std::size_t depth = static_cast<std::size_t>(depth_of(config));
             if (parse_channels(value).size() == depth) return std::string();
             return fmt::format("the encoder's depth is {}: expected {} numbers", depth, depth);
           }},
  };
}

EncoderDecoderOptions read_encoder_decoder(const NetworkConfig& config) {
  return {.encoder_name = config.at("encoder"),
          .encoder_depth = depth_of(config),
          .decoder_channels = parse_channels(config.at("decoder-channels"))};
}

void write_encoder_decoder(const EncoderDecoderOptions& options, NetworkConfig& config) {
  config.options["encoder"] = options.encoder_name;
  config.options["encoder-depth"] = std::to_string(options.encoder_depth);
  config.options["decoder-channels"] = join(options.decoder_channels, ",");
}

std::vector<std::string> unused_encoder_layers(const std::string& prefix, int depth) {
  std::vector<std::string> unused;
  for (int layer = depth; layer <= 4; ++layer) {
    unused.push_back(fmt::format("{}layer{}.", prefix, layer));
  }
  return unused;
}

}  // namespace fpanet
