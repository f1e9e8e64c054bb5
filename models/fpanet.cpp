#include "models/fpanet.hpp"

#include <algorithm>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/cast.hpp"
#include "models/encoder_decoder.hpp"
#include "models/model_file.hpp"

namespace fpanet {

namespace {

constexpr const char* kFPANetEncoder = "model.encoder.";
constexpr const char* kUnusedConv = "FreqFeature.";
constexpr Index kMostRadius = 4096, kMostClasses = 4096;

Conv2d unused_conv(const Scope& scope) {
  const Shape weight{3, 3, 3, 3};
  return {scope,
          {.in_channels = 3,
           .out_channels = 3,
           .kernel = 3,
           .padding = 1,
           .initializer = init::torch_default(weight),
           .bias_initializer = init::torch_default(weight)}};
}

std::optional<ClassificationHead> optional_head(const Scope& scope, Index in_channels,
                                                const FPANetOptions& options) {
  if (!options.aux_params) return std::nullopt;
  return ClassificationHead(scope, in_channels, *options.aux_params);
}

std::optional<Index> attention_channels(const FPANetOptions& options) {
  return options.attention ? std::optional(options.decoder_pab_channels) : std::nullopt;
}

std::vector<std::string> without_gradient(const FPANetOptions& options) {
  std::vector<std::string> names = unused_encoder_layers(kFPANetEncoder, options.encoder_depth);
  names.emplace_back(kUnusedConv);
  return names;
}

}  // namespace

FPANet::FPANet(ParameterStore& store, const FPANetOptions& options)
    : Network(to_config(options), {.output_stride = Index{1} << options.encoder_depth,
                                   .preparation = options.preparation,
                                   .activation = options.activation,
                                   .encoder_prefix = kFPANetEncoder,
                                   .head_prefix = "model.segmentation_head.",
                                   .optional_entries = {kUnusedConv},
                                   .untrained_entries = without_gradient(options)}),
      options_(options),
      encoder_(Scope(store) / "model" / "encoder", options.encoder_name, options.encoder_depth,
               options.preparation.channels(options.in_channels)),
      decoder_(Scope(store) / "model" / "decoder", encoder_.out_channels(),
               options.decoder_channels, options.decoder_use_batchnorm, attention_channels(options),
               options.attention_softmax),
      segmentation_head_(Scope(store) / "model" / "segmentation_head",
                         options.decoder_channels.back(), options.classes, options.activation),
      classification_head_(optional_head(Scope(store) / "model" / "classification_head",
                                         encoder_.out_channels().back(), options)),
      freq_feature_conv1_(unused_conv(Scope(store) / "FreqFeature" / "conv1")) {}

FPANetOutput FPANet::before_activation(const Forward& forward, Value prepared) const {
  check_input_shape(prepared.shape(), preparation().channels(options_.in_channels));
  FPANetOutput output{.prepared = prepared};
  // In mixed precision the high-pass filter, the softmax and the loss still compute in f32.
  const Value image = in_dtype(prepared, forward.activations.value_or(prepared.dtype()));
  const std::vector<Value> features = encoder_(forward.of_encoder(), image);
  output.logits = segmentation_head_.logits(forward, decoder_(forward, features));
  if (classification_head_) {
    output.labels = (*classification_head_)(forward, features.back());
  }
  return output;
}

Value FPANet::logits(const Forward& forward, Value prepared) const {
  return before_activation(forward, prepared).logits;
}

FPANetOutput FPANet::operator()(const Forward& forward, Value x) const {
  FPANetOutput output = before_activation(forward, prepare(x));
  output.logits = in_dtype(output.logits, x.dtype());
  output.probabilities = activate(output.logits, segmentation_head_.activation());
  return output;
}

NetworkConfig to_config(const FPANetOptions& options) {
  NetworkConfig config{.name = "fpanet", .bands = options.in_channels, .classes = options.classes};
  write_encoder_decoder({options.encoder_name, options.encoder_depth, options.decoder_channels},
                        config);
  auto& text = config.options;
  text["attention"] = options.attention ? "pab" : "none";
  text["input"] = name_of(options.preparation.input);
  if (options.preparation.input != InputKind::image) {
    text["high-pass"] = std::to_string(options.preparation.radius);
  }
  text["decoder-norm"] = options.decoder_use_batchnorm ? "batch" : "none";
  if (options.attention) {
    text["attention-channels"] = std::to_string(options.decoder_pab_channels);
    text["attention-softmax"] = options.attention_softmax == AttentionSoftmax::row ? "row" : "map";
  }
  text["label-classes"] = std::to_string(options.aux_params ? options.aux_params->classes : 0);
  return config;
}

FPANetOptions fpanet_options(const NetworkConfig& config) {
  const EncoderDecoderOptions shared = read_encoder_decoder(config);
  FPANetOptions options{.encoder_name = shared.encoder_name,
                        .encoder_depth = shared.encoder_depth,
                        .decoder_use_batchnorm = config.at("decoder-norm") == "batch",
                        .decoder_channels = shared.decoder_channels,
                        .in_channels = config.bands,
                        .classes = config.classes,
                        .attention = config.at("attention") == "pab",
                        .preparation = {.input = parse_input(config.at("input"))}};
  if (options.preparation.input != InputKind::image) {
    options.preparation.radius = parse_count(config.at("high-pass"), kMostRadius);
  }
  if (options.attention) {
    options.decoder_pab_channels = parse_count(config.at("attention-channels"), kMostClasses);
    options.attention_softmax =
        config.at("attention-softmax") == "row" ? AttentionSoftmax::row : AttentionSoftmax::map;
  }
  if (const Index labels = parse_count(config.at("label-classes"), kMostClasses); labels > 0) {
    options.aux_params = ClassificationOptions{.classes = labels};
  }
  return options;
}

namespace {

NetworkOption choice_option(const std::string& name, const std::vector<std::string>& choices,
                            const std::string& help, bool has_flag = true) {
  return {
      .name = name,
      .placeholder = join(choices, "|"),
      .accepted = join(choices, ", "),
      .help = help,
      .has_flag = has_flag,
      .standard = [choices](const NetworkConfig&) { return choices.front(); },
      .fits =
          [choices](const std::string& value) { return std::ranges::count(choices, value) == 1; }};
}

NetworkOption count_option(const std::string& name, Index smallest, Index largest, Index standard,
                           const std::string& help, bool has_flag = true) {
  return {
      .name = name,
      .placeholder = "N",
      .accepted = fmt::format("an integer from {} to {}", smallest, largest),
      .help = help,
      .is_integer = true,
      .has_flag = has_flag,
      .standard = [standard](const NetworkConfig&) { return std::to_string(standard); },
      .fits = [=](const std::string& value) { return parse_count(value, largest) >= smallest; }};
}

std::string without_attention(const NetworkConfig& config) {
  return config.at("attention") == "none" ? "there is no attention" : "";
}

std::vector<NetworkOption> options_of_fpanet() {
  std::vector<NetworkOption> options = encoder_decoder_options();
  options.push_back(choice_option("attention", {"pab", "none"},
                                  "Position attention on the deepest feature, or none"));
  NetworkOption input = choice_option("input", input_names(),
                                      "What the encoder reads: the image without its low\n"
                                      "frequencies, the image, or both side by side");
  input.told_by_names = false;
  options.push_back(std::move(input));
  NetworkOption radius = count_option("high-pass", 0, kMostRadius, kernels::kHighPassRadius,
                                      "Radius of the high-pass filter: it removes the DCT\n"
                                      "frequencies i + j <= N; 0 removes the mean");
  radius.told_by_names = false;
  radius.why_not = [](const NetworkConfig& config) {
    return config.at("input") == "image" ? "input image has no filter" : "";
  };
  options.push_back(std::move(radius));
  options.push_back(
      choice_option("decoder-norm", {"batch", "none"}, "Normalisation of the decoder", false));
  const FPANetOptions standard;
  NetworkOption channels =
      count_option("attention-channels", 1, kMostClasses, standard.decoder_pab_channels,
                   "Channels of the attention", false);
  channels.why_not = without_attention;
  options.push_back(std::move(channels));
  NetworkOption softmax = choice_option("attention-softmax", {"map", "row"},
                                        "One softmax over the whole map of the attention, as\n"
                                        "published, or one for each of its rows");
  softmax.told_by_names = false;
  softmax.why_not = without_attention;
  options.push_back(std::move(softmax));
  options.push_back(count_option("label-classes", 0, kMostClasses, 0,
                                 "Classes of a classification head; 0: none", false));
  return options;
}

/// The notebook's files have no metadata and high-pass their images, so by default a network with
/// attention does, too. Without attention nothing suggests it, and an even number of input channels
/// may be an image and its high-passed copy.
std::optional<Recognition> recognise_fpanet(const StateDict& weights, const std::string& source,
                                            const std::map<std::string, std::string>& told) {
  FPANetOptions options = infer_options(weights, source);
  const auto input = told.find("input");
  Recognition found;
  if (input == told.end()) {
    if (!options.attention || options.in_channels % 2 == 0) found.untold = {"input"};
  } else if (input->second == "both") {
    if (options.in_channels % 2 != 0) {
      throw NetworkOptionError(
          "input", "both",
          fmt::format("the encoder of {} reads {} channels, not an even number", source,
                      options.in_channels));
    }
    options.in_channels /= 2;
  }
  found.config = to_config(options);
  found.config.options.erase("input");
  found.config.options.erase("high-pass");
  found.config.options.erase("attention-softmax");
  return found;
}

}  // namespace

NetworkKind fpanet_network() {
  return {.name = "fpanet",
          .title = "FPA-Net",
          .options = options_of_fpanet(),
          .make =
              [](ParameterStore& store, const NetworkConfig& config) {
                return std::make_unique<FPANet>(store, fpanet_options(config));
              },
          .recognise = recognise_fpanet};
}

}  // namespace fpanet
