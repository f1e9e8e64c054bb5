// Networks by name: their options, what checkpoints record of them, and what files without metadata
// tell.

#include "models/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "layers/dice.hpp"
#include "layers/high_pass.hpp"
#include "models/fpanet.hpp"
#include "models/model_file.hpp"
#include "models/network_gradcheck.hpp"
#include "models/network_metadata.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

using Options = std::map<std::string, std::string>;

std::string refusal(const NetworkConfig& config) {
  return message_of<Error>([&] { complete(config); });
}

/// The weights of a narrow network under its own names.
StateDict weights_of(const NetworkConfig& told) {
  ParameterStore store;
  const auto network = make_network(store, narrow_network(told));
  store.allocate(DType::f32, Device::cpu(), false);
  return to_state_dict(store);
}

std::optional<Recognition> recognised(const std::string& network, const StateDict& weights,
                                      const Options& told = {}) {
  return network_kind(network).recognise(with_notebook_names(weights), "a.pth", told);
}

TEST_CASE("networks: what is not told has the notebook's value") {
  CHECK(network_names().front() == NetworkConfig().name);
  CHECK(complete({}).options == Options{{"encoder", "resnet34"},
                                        {"encoder-depth", "5"},
                                        {"decoder-channels", "256,128,64,32,16"},
                                        {"attention", "pab"},
                                        {"input", "highpass"},
                                        {"high-pass", "10"},
                                        {"decoder-norm", "batch"},
                                        {"attention-channels", "64"},
                                        {"attention-softmax", "map"},
                                        {"label-classes", "0"}});
  CHECK(complete({.name = "unet"}).options == Options{{"encoder", "resnet34"},
                                                      {"encoder-depth", "5"},
                                                      {"decoder-channels", "256,128,64,32,16"}});
  CHECK(complete({.options = {{"encoder-depth", "3"}}}).at("decoder-channels") == "256,128,64");
}

TEST_CASE("networks: options that do not fit are refused by name") {
  CHECK(
      contains(refusal({.name = "segnet"}), "network 'segnet' is unknown; known are fpanet, unet"));
  CHECK(contains(refusal({.options = {{"attentoin", "pab"}}}), "attentoin"));
  CHECK(contains(refusal({.name = "unet", .options = {{"attention", "none"}}}),
                 "network 'unet' has no such option; it takes encoder, encoder-depth, "
                 "decoder-channels"));
  for (const char* option : {"input", "high-pass"}) {
    CHECK(contains(refusal({.name = "unet", .options = {{option, "10"}}}), option));
  }
  CHECK(contains(refusal({.options = {{"input", "image"}, {"high-pass", "3"}}}),
                 "input image has no filter"));
  CHECK(contains(refusal({.options = {{"attention", "self"}}}), "expected pab, none"));
  CHECK(contains(refusal({.options = {{"encoder", "resnet35"}}}), "resnet18, resnet34"));
  for (const char* depth : {"2", "6", "05", "-4", "", "five"}) {
    CAPTURE(depth);
    CHECK(contains(refusal({.options = {{"encoder-depth", depth}}}), "expected 3, 4 or 5"));
  }
  CHECK(contains(refusal({.options = {{"encoder-depth", "4"}, {"decoder-channels", "8,6,4"}}}),
                 "the encoder's depth is 4: expected 4 numbers"));
  for (const char* channels : {"", "8,6,4,4,", "8,6,0,4,4", "8, 6,4,4,4", "8,6,4,4,x", "9999"}) {
    CAPTURE(channels);
    CHECK(contains(refusal({.options = {{"decoder-channels", channels}}}), "expected"));
  }
  for (const char* radius : {"-1", "10.5", "ten", "4097"}) {
    CAPTURE(radius);
    CHECK(contains(refusal({.options = {{"high-pass", radius}}}), "an integer from 0 to 4096"));
  }
}

TEST_CASE("networks: FPA-Net's options are the same as text and as values") {
  FPANetOptions options = narrow_fpanet();
  options.in_channels = 4;
  options.decoder_use_batchnorm = false;
  options.attention = false;
  options.preparation = {.input = InputKind::both, .radius = 3};
  options.aux_params = ClassificationOptions{.classes = 5};
  const NetworkConfig config = to_config(options);
  CHECK(complete(config) == config);
  CHECK(to_config(fpanet_options(config)) == config);
  ParameterStore store;
  CHECK(make_network(store, config)->config() == config);
  CHECK(to_config(FPANetOptions{}) == complete({}));
}

TEST_CASE("networks: every option changes the parameters or the result") {
  const auto shape_of = [](const Options& options, const std::string& entry) {
    ParameterStore store;
    make_network(store, narrow_network({.options = options}));
    const int found = store.find(entry);
    return found < 0 ? Shape{} : store.entries()[static_cast<std::size_t>(found)].shape;
  };
  const std::string first = "model.encoder.conv1.weight",
                    center = "model.decoder.center.top_conv.bias";
  CHECK(shape_of({}, first) == Shape{64, 3, 7, 7});
  CHECK(shape_of({{"input", "both"}}, first) == Shape{64, 6, 7, 7});
  CHECK(shape_of({}, center) == Shape{4});
  CHECK(shape_of({{"attention", "none"}}, center) == Shape{});
  CHECK(shape_of({{"encoder-depth", "4"}}, "model.decoder.blocks.3.conv1.0.weight") ==
        Shape{4, 4, 3, 3});
  CHECK(shape_of({{"decoder-channels", "8,6,5"}}, "model.segmentation_head.0.weight") ==
        Shape{3, 5, 3, 3});
}

TEST_CASE("networks: the preparation is the image, its high frequencies, or both") {
  Graph graph(Cpu{1}, Graph::Mode::eager);
  Tensor image = Tensor::empty({1, 3, 16, 24}, DType::f64);
  Rng rng(5);
  for (double& value : image.span<double>()) value = rng.uniform();
  const Value x = graph.input("x", image);
  const auto prepared = [&](const Options& options) {
    ParameterStore store;
    const auto network = make_network(store, narrow_network({.options = options}));
    return graph.tensor(network->prepare(x));
  };
  const auto same = [](const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::ranges::equal(a.span<double>(), b.span<double>());
  };
  CHECK(same(prepared({{"input", "image"}}), image));
  CHECK(same(prepared({}), graph.tensor(high_pass(x, 10))));
  CHECK(same(prepared({{"high-pass", "3"}}), graph.tensor(high_pass(x, 3))));
  CHECK_FALSE(same(prepared({{"high-pass", "3"}}), prepared({})));
  const Tensor both = prepared({{"input", "both"}, {"high-pass", "3"}});
  const Tensor filtered = graph.tensor(high_pass(x, 3));
  REQUIRE(both.shape() == Shape{1, 6, 16, 24});
  bool equal = true;  // stored H,W,C
  for (Index pixel = 0; pixel < 16 * 24; ++pixel) {
    for (Index c = 0; c < 3; ++c) {
      equal &= both.data<double>()[pixel * 6 + c] == image.data<double>()[pixel * 3 + c];
      equal &= both.data<double>()[pixel * 6 + 3 + c] == filtered.data<double>()[pixel * 3 + c];
    }
  }
  CHECK(equal);
}

TEST_CASE("networks: images must be multiples of the stride and larger than the filter's radius") {
  const auto needs = [](const NetworkConfig& config) {
    const ImageNeeds found = image_needs(config);
    return std::pair(found.stride, found.smallest_side);
  };
  CHECK(needs({}) == std::pair<Index, Index>(32, 32));
  CHECK(needs({.options = {{"high-pass", "40"}}}) == std::pair<Index, Index>(32, 41));
  CHECK(needs({.options = {{"encoder-depth", "3"}}}) == std::pair<Index, Index>(8, 11));
  CHECK(needs({.name = "unet", .options = {{"encoder-depth", "3"}}}) ==
        std::pair<Index, Index>(8, 8));
}

TEST_CASE("networks: metadata say which network it is, and nothing unknown is accepted") {
  for (const NetworkConfig& told :
       {NetworkConfig{.name = "unet", .bands = 4, .classes = 9},
        NetworkConfig{.options = {{"input", "both"}, {"high-pass", "0"}, {"attention", "none"}}}}) {
    const NetworkConfig config = complete(told);
    Metadata metadata{{"format", "pt"}};
    write_network(config, metadata);
    CHECK(read_network(metadata, "a") == config);
  }
  CHECK_FALSE(read_network({{"fpanet.epoch", "3"}}, "a").has_value());
  const auto refused = [](const Metadata& metadata) {
    return message_of<Error>([&] { read_network(metadata, "a.safetensors"); });
  };
  CHECK(contains(refused({{"fpanet.network", "segnet"}}), "a.safetensors: "));
  CHECK(contains(refused({{"fpanet.network", "segnet"}}), "'segnet' is unknown"));
  CHECK(contains(refused({{"fpanet.network", "fpanet"}, {"fpanet.network.wavelet", "haar"}}),
                 "wavelet"));
  CHECK(contains(refused({{"fpanet.network", "fpanet"}, {"fpanet.network.input", "lowpass"}}),
                 "lowpass"));
  CHECK(contains(refused({{"fpanet.network", "fpanet"}, {"fpanet.network.classes", "many"}}),
                 "fpanet.network.classes='many'"));
}

TEST_CASE("networks: names and shapes tell what they can, and no more") {
  const NetworkConfig attention{}, plain{.options = {{"attention", "none"}}}, unet{.name = "unet"};
  const auto fpanet = recognised("fpanet", weights_of(attention));
  REQUIRE(fpanet);
  CHECK(fpanet->untold.empty());
  CHECK(complete(fpanet->config) == narrow_network(attention));
  CHECK_FALSE(recognised("unet", weights_of(attention)));

  // Without attention the names are those of U-Net, whose wrapper may have put "model." before them.
  const StateDict names_of_smp = weights_of(unet);
  for (const char* network : {"fpanet", "unet"}) CHECK(recognised(network, names_of_smp));
  CHECK(recognised("unet", names_of_smp)->untold.empty());
  CHECK(complete(recognised("unet", names_of_smp)->config) == narrow_network(unet));
  CHECK(recognised("fpanet", names_of_smp)->untold == std::vector<std::string>{"input"});
  // The notebook's convolution that never runs is no part of U-Net.
  CHECK_FALSE(recognised("unet", weights_of(plain)));
  CHECK(recognised("fpanet", weights_of(plain))->untold == std::vector<std::string>{"input"});
  CHECK(recognised("fpanet", weights_of(plain), {{"input", "image"}})->untold.empty());

  // Six channels are six bands, or three and their high-passed copies.
  const StateDict six = weights_of({.options = {{"input", "both"}}});
  CHECK(recognised("fpanet", six)->untold == std::vector<std::string>{"input"});
  CHECK(recognised("fpanet", six, {{"input", "both"}})->config.bands == 3);
  CHECK(recognised("fpanet", six, {{"input", "highpass"}})->config.bands == 6);
  CHECK(contains(message_of<Error>([&] {
                   recognised("fpanet", weights_of(attention), {{"input", "both"}});
                 }),
                 "reads 3 channels, not an even number"));
}

TEST_CASE("networks: the gradients of every network are those of central differences") {
  for (const NetworkConfig& told :
       {NetworkConfig{.name = "unet"}, NetworkConfig{.options = {{"attention", "none"}}},
        NetworkConfig{.options = {{"input", "both"}, {"high-pass", "3"}}},
        NetworkConfig{.options = {{"input", "image"}, {"encoder-depth", "4"}}},
        NetworkConfig{.options = {{"label-classes", "2"}, {"decoder-norm", "none"}}}}) {
    const NetworkConfig config = narrow_network(told);
    CAPTURE(config.name);
    CAPTURE(config.options.size());
    const std::vector<NetworkGradcheckRow> rows = network_gradcheck(config);
    CHECK(rows.size() > 40);
    for (const NetworkGradcheckRow& row : rows) {
      CAPTURE(row.name);
      CHECK(row.error < kNetworkGradientCheck);
    }
  }
}

TEST_CASE("networks: parameters said to be untrained are those that the loss does not reach") {
  for (const NetworkConfig& told : {NetworkConfig{}, NetworkConfig{.name = "unet"}}) {
    for (const char* depth : {"3", "4", "5"}) {
      NetworkConfig config = told;
      config.options["encoder-depth"] = depth;
      ParameterStore store;
      const auto network = make_network(store, narrow_network(config));
      CAPTURE(network->config().name);
      CAPTURE(depth);
      store.allocate(DType::f32, Device::cpu(), true);
      Graph graph(Cpu{1});
      const Value x = graph.input("x", Spec{{1, 3, 64, 64}, DType::f32});
      const Value logits = network->logits({.graph = graph, .training = true}, network->prepare(x));
      const Value labels = graph.input("labels", Spec{{1, 1, 64, 64}, DType::i32});
      graph.backward(dice_loss(logits, labels, {}));
      const auto trained = graph.trained_parameters();
      for (const ParameterEntry& entry : store.entries()) {
        if (entry.kind != EntryKind::parameter) continue;
        CAPTURE(entry.name);
        const bool untrained = std::ranges::any_of(
            network->untrained_entries(),
            [&](const std::string& prefix) { return entry.name.starts_with(prefix); });
        CHECK((std::ranges::count(trained, entry.name) == 1) == !untrained);
      }
    }
  }
}

}  // namespace
}  // namespace fpanet::test
