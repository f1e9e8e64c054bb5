#include <algorithm>
#include <filesystem>
#include <numeric>

#include "apps/cli/cli.hpp"
#include "apps/cli/console.hpp"
#include "apps/cli/shared_settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/fpanet_tool/inspect_page.hpp"
#include "apps/fpanet_tool/inspect_pictures.hpp"
#include "apps/prediction/npy.hpp"
#include "apps/prediction/prediction.hpp"
#include "apps/report/figures.hpp"
#include "apps/training/pixel_choice.hpp"
#include "apps/training/run_folder.hpp"
#include "data/image_file.hpp"
#include "data/image_tensor.hpp"
#include "data/mask_coding.hpp"
#include "data/padding.hpp"
#include "data/resize.hpp"
#include "data/text_file.hpp"
#include "engine/core/join.hpp"

namespace fpanet {

namespace {

namespace fs = std::filesystem;

struct State {
  std::string checkpoint, image, mask, layer, out;
  ImageSize image_size;  // default: native
  PixelFlags pixels;
  NetworkFlags network;
  std::int64_t threads = 0;
  Settings settings;
};

/// The picture as the network sees it, and the part of it that was not made up by padding.
struct Sight {
  PixelFormat pixels;
  Bands show;
  Image picture;  ///< before padding
  Image padded;
  ImageSize size() const { return {picture.height, picture.width}; }
};

Sight see(const State& state, const ModelFile& file, const Network& network) {
  const PixelFormat trained = pixels_of(file);
  const Bands bands = resolve_bands(state.pixels, trained);
  Sight sight;
  sight.show = resolve_preview(state.pixels.show_bands, bands);
  const Image read = read_image(state.image, {.bands = bands});
  sight.pixels = resolve_pixels(state.pixels, trained, read.type, state.image);
  sight.picture = resize(read, state.image_size, Interpolation::linear);
  sight.padded = pad_by_reflection(
      sight.picture, padded_size(sight.size(), network.output_stride(), network.smallest_side()));
  return sight;
}

/// The labels of --mask, i32 (1,1,H,W), of the padded size: what was padded is ignored.
Tensor labels_of(const State& state, const Sight& sight, const ClassTable& classes) {
  const fs::path path = state.mask;
  const MaskCoding coding = find_mask_coding(std::span(&path, 1), classes, 1);
  require(coding.problems[0].empty(), "{}: {}", state.mask, coding.problems[0]);
  const Image mask = resize(read_mask(path), state.image_size, Interpolation::nearest);
  require(mask.height == sight.picture.height && mask.width == sight.picture.width,
          "{}: the mask is {}, but the picture is {}", state.mask, mask.size_str(),
          sight.picture.size_str());
  const LabelMap map = labels_from_mask(mask, classes, MaskPolicy::ignore, coding.gray);
  Tensor labels = Tensor::empty({1, 1, sight.padded.height, sight.padded.width}, DType::i32);
  std::ranges::fill(labels.span<std::int32_t>(), kIgnoreLabel);
  for (Index y = 0; y < mask.height; ++y) {
    for (Index x = 0; x < mask.width; ++x) {
      const std::uint8_t label = *map.labels.at(y, x);
      labels.data<std::int32_t>()[y * sight.padded.width + x] =
          label == kIgnoreByte ? kIgnoreLabel : std::int32_t{label};
    }
  }
  return labels;
}

/// Where the three largest entries of a map look, on the grid of positions.
std::string largest_entries(const Tensor& map, Index rows, Index columns) {
  const std::span<const float> entries = map.span<float>();
  const Index positions = rows * columns;
  std::vector<Index> largest(entries.size());
  std::iota(largest.begin(), largest.end(), Index{0});
  const auto shown = std::min<std::ptrdiff_t>(3, std::ssize(largest));
  const auto weight = [&](Index i) { return entries[static_cast<std::size_t>(i)]; };
  std::partial_sort(largest.begin(), largest.begin() + shown, largest.end(),
                    [&](Index a, Index b) { return weight(a) > weight(b); });
  const double sum = std::accumulate(entries.begin(), entries.end(), 0.0);
  std::vector<std::string> looks;
  for (const Index i : std::span(largest).first(static_cast<std::size_t>(shown))) {
    const Index asks = i / positions, gives = i % positions;
    looks.push_back(fmt::format("({},{}) looks at ({},{}) {:.1f} %", asks / columns, asks % columns,
                                gives / columns, gives % columns, 100 * weight(i) / sum));
  }
  return fmt::format(
      "Its largest entries, with their share of the map: {}. A position is (row,column) on a grid "
      "of {} by {}.",
      join(looks, ", "), rows, columns);
}

/// Writes attention.npy, and adds where the map's mass lies.
void add_attention(const State& state, const Inspection& inspection, const Sight& sight,
                   std::vector<std::string>& facts, std::vector<InspectedPicture>& pictures) {
  const Tensor& map = inspection.attention;
  if (!map.defined()) {
    facts.emplace_back(
        "Attention: there is no map to show. Either the network has no attention, or the picture "
        "has so many positions that the map is computed in parts; then try a smaller "
        "--image-size.");
    return;
  }
  const Index positions = map.shape()[0];
  write_npy(fs::path(state.out) / "attention.npy", map.span<float>(), {positions, positions});
  const Index held = entries_that_hold(0.9, map);
  facts.push_back(fmt::format("Attention: {} of {} entries hold 90 % of the map ({} positions).",
                              held, map.numel(), positions));
  // Positions lie on a grid of the picture's shape.
  Index rows = 1;
  for (Index r = 1; r <= positions; ++r) {
    const bool fits =
        positions % r == 0 && r * sight.padded.width == positions / r * sight.padded.height;
    if (fits) rows = r;
  }
  const Index columns = positions / rows;
  facts.push_back(largest_entries(map, rows, columns));
  const Index side = std::max<Index>(1, 320 / columns);
  const std::vector<double> mass = received(map);
  std::vector<double> entries;
  for (const float v : map.span<float>()) entries.push_back(v);
  pictures.push_back(
      {"attention.png",
       fmt::format(
           "attention: how much the positions of the picture give ({} of {} entries hold 90 % "
           "of the map)",
           held, map.numel()),
       heat(mass, rows, columns, side)});
  pictures.push_back({"attention_map.png", "attention map: a row for each position that asks",
                      heat(entries, positions, positions, std::max<Index>(1, 320 / positions))});
}

void add_filters(const ParameterStore& store, const Network& network,
                 std::vector<InspectedPicture>& pictures) {
  const int index =
      network.encoder_prefix().empty() ? -1 : store.find(network.encoder_prefix() + "conv1.weight");
  if (index < 0) return;
  pictures.push_back({"filters.png", "filters of the first convolution",
                      filter_grid(store.value(static_cast<std::size_t>(index)))});
}

/// What the filter leaves of the picture, if the network has one.
void add_high_pass(const Inspection& inspection, const Network& network,
                   std::vector<InspectedPicture>& pictures) {
  const auto& options = network.config().options;
  const auto input = options.find("input");
  if (input == options.end() || input->second == "image") return;
  const Index bands = network.config().bands;
  pictures.push_back(
      {"high_pass.png", "what the high-pass filter leaves of the picture",
       signed_picture(inspection.prepared, input->second == "both" ? bands : 0, bands)});
}

int run(State& state) {
  Console console(false);
  state.settings.check_required();
  const ToldNetwork told = told_network(state.network, state.settings);
  const ModelFile file = open_model(find_checkpoint(state.checkpoint), told);
  ParameterStore store;
  const auto network = make_network(store, file.network);
  if (!state.layer.empty()) {
    const std::vector<std::string> layers = inspectable_layers(*network);
    if (std::ranges::find(layers, state.layer) == layers.end()) {
      usage_fail("--layer {}: expected one of {}", state.layer, join(layers, ", "));
    }
  }
  store.allocate(DType::f32, Device::cpu(), !state.mask.empty());
  console.info("{}", load_model(store, *network, file.weights));
  const Sight sight = see(state, file, *network);
  const ClassTable classes = file.info.classes.value_or(default_classes(file.network.classes));

  InspectionRequest request{
      .images = tensor_of(sight.padded),
      .scale = sight.pixels.scale,
      .layer = state.layer,
      .threads = state.threads > 0 ? static_cast<int>(state.threads) : default_threads()};
  if (!state.mask.empty()) {
    request.labels = labels_of(state, sight, classes);
    request.objective = file.info.objective.value_or(Objective{});
    request.objective.ignore_index = kIgnoreLabel;
  }
  const Inspection inspection = inspect(*network, store, request);

  std::error_code error;
  fs::create_directories(state.out, error);
  require(!error, "{}: cannot create the folder: {}", state.out, error.message());
  std::vector<std::string> facts = {fmt::format("{}: {} of {}, in {} nodes.", file.weights.name,
                                                file.network.name, sight.picture.size_str(),
                                                inspection.nodes.size())};
  if (inspection.loss) {
    facts.push_back(fmt::format("Loss ({}): {:.6f}.", request.objective.name(), *inspection.loss));
  }
  const Image shown = rgb_preview(sight.picture, sight.pixels, sight.show);
  const Image labels = likeliest_labels(inspection.probabilities, 0, sight.size());
  std::vector<InspectedPicture> pictures = {
      {"", "the picture", shown}, {"", "prediction", colors_from_labels(labels, classes)}};
  add_high_pass(inspection, *network, pictures);
  add_attention(state, inspection, sight, facts, pictures);
  add_filters(store, *network, pictures);
  if (inspection.features.defined()) {
    pictures.push_back(
        {"features.png",
         fmt::format("feature maps of {}, {}", state.layer, inspection.features.shape().str()),
         feature_grid(inspection.features)});
  }
  for (const InspectedPicture& picture : pictures) {
    if (!picture.file.empty()) write_png(fs::path(state.out) / picture.file, picture.image);
  }
  write_text_file(fs::path(state.out) / "nodes.csv", node_csv(inspection.nodes));
  write_text_file(fs::path(state.out) / "index.html",
                  inspection_page("Inside " + file.weights.name + " at " +
                                      fs::path(state.image).filename().string(),
                                  facts, pictures, inspection.nodes));
  std::fputs(node_table(inspection.nodes).c_str(), stdout);
  for (const std::string& fact : facts) fmt::print("{}\n", fact);
  fmt::print("{}\n", (fs::path(state.out) / "index.html").string());
  return kExitDone;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  Settings& settings = state->settings;
  settings
      .text("checkpoint", "FILE|RUN", &state->checkpoint,
            "a weight file (.safetensors, .pth, .ckpt) or a run folder", "The network to look into")
      .required = true;
  settings.text("image", "FILE", &state->image, "a picture", "What it looks at").required = true;
  settings.text("mask", "FILE", &state->mask, "the picture's mask",
                "Also compute the loss, and the norms of its gradients");
  settings.text("layer", "NAME", &state->layer, "a layer of `fpanet_tool summary`",
                "Also draw the feature maps of this layer");
  settings
      .text("out", "DIR", &state->out, "a folder; created if missing",
            "Where index.html, nodes.csv, attention.npy and the pictures go")
      .required = true;
  settings.image_size("image-size", &state->image_size,
                      "Size that picture and mask are resized to");
  add_bands(settings, &state->pixels.bands, "the checkpoint's");
  add_scale(settings, &state->pixels.scale, "the checkpoint's");
  add_show_bands(settings, &state->pixels.show_bands);
  add_network_of_file(settings, &state->network);
  add_threads(settings, &state->threads);
  settings.add_flags(add_command(app, "inspect",
                                 "Looks into a network at one picture: numbers of each node, "
                                 "attention, filters, feature maps.",
                                 action, [state] { return run(*state); }));
}

}  // namespace fpanet
