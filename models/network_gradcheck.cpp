#include "models/network_gradcheck.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/core/error.hpp"
#include "engine/graph/executor.hpp"
#include "layers/dice.hpp"

namespace fpanet {
namespace {

// The loss has a rounding error of about 1e-15, so a slope is known to about 1e-15 / kStep. A
// larger step increases the truncation error, as kStep^2, and the chance that a ReLU changes sign
// within it.
constexpr double kStep = 1e-6;
// Slopes below this are too small against that error and are compared by absolute difference.
constexpr double kSlopeFloor = 1e-4;
/// Of the images, unless the network needs larger ones.
constexpr Index kSide = 32;

/// The loss of fixed images and labels as a function of the parameters in a store.
class NetworkLoss {
 public:
  NetworkLoss(ParameterStore& store, const NetworkConfig& config)
      : network_(make_network(store, config)), graph_(Cpu{}), arena_(Device::cpu()) {
    store.allocate(DType::f64, Device::cpu(), true);
    store.initialize(11);
    const Index stride = network_->output_stride();
    // Batch norm over fewer positions than 2x2 an image is all but a step, which no central
    // difference measures.
    const Index least = std::max({kSide, network_->smallest_side(), 2 * stride});
    const Index side = divide_up(least, stride) * stride;
    const Shape image_shape{2, config.bands, side, side}, label_shape{2, 1, side, side};
    const Value images = graph_.input("images", Spec{image_shape, DType::f64});
    const Value labels = graph_.input("labels", Spec{label_shape, DType::i32});
    Forward forward{.graph = graph_, .training = true};
    if (network_->has_dropout()) {
      forward.dropout_rng = graph_.state("dropout.rng", Tensor::zeros({2}, DType::i64));
    }
    const Value logits = network_->logits(forward, network_->prepare(images));
    loss_ = dice_loss(activate(logits, network_->activation()), labels, {.from_logits = false});
    graph_.keep(loss_);
    graph_.backward(loss_);
    plan_.emplace(graph_);
    executor_.emplace(graph_, *plan_, arena_);
    fill(executor_->tensor(images), executor_->tensor(labels), config.classes);
  }

  double operator()() {
    executor_->run();
    return executor_->tensor(loss_).data<double>()[0];
  }

  std::set<std::string> trained() const {
    const auto names = graph_.trained_parameters();
    return {names.begin(), names.end()};
  }

 private:
  static void fill(const Tensor& images, const Tensor& labels, Index classes) {
    Rng rng(12);
    for (double& pixel : images.span<double>()) pixel = rng.uniform();
    for (std::int32_t& label : labels.span<std::int32_t>()) {
      label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes)));
    }
  }

  std::unique_ptr<Network> network_;
  Graph graph_;
  Value loss_;
  std::optional<Plan> plan_;
  Arena arena_;
  std::optional<Executor> executor_;
};

/// A unit vector: the gradient with each entry scaled by its own random factor in [0.5, 1.5). Along
/// the gradient itself, an error orthogonal to the gradient would go unnoticed. Along a direction
/// of random signs, the slope of a large tensor would be too small to measure.
std::vector<double> direction_near(std::span<const double> gradient, Rng& rng) {
  std::vector<double> direction(gradient.begin(), gradient.end());
  double squares = 0;
  for (double& d : direction) {
    d *= rng.uniform(0.5, 1.5);
    squares += d * d;
  }
  require(squares > 0, "gradcheck: a gradient of the network is zero or not finite");
  for (double& d : direction) d /= std::sqrt(squares);
  return direction;
}

}  // namespace

FPANetOptions narrow_fpanet() {
  return {.encoder_name = "resnet18",
          .encoder_depth = 3,
          .decoder_channels = {8, 6, 4},
          .decoder_pab_channels = 4,
          .classes = 3};
}

NetworkConfig narrow_network(NetworkConfig told) {
  const NetworkConfig fpanet = to_config(narrow_fpanet());
  const NetworkKind& kind = network_kind(told.name);
  told.classes = fpanet.classes;
  const auto narrow = [&](const std::string& option, const std::string& value) {
    if (kind.find(option) != nullptr) told.options.try_emplace(option, value);
  };
  narrow("encoder", fpanet.at("encoder"));
  narrow("encoder-depth", fpanet.at("encoder-depth"));
  if (const auto depth = told.options.find("encoder-depth"); depth != told.options.end()) {
    const std::string of_five = "8,6,4,4,4";  // one block per level of the depth
    narrow("decoder-channels", depth->second == "5"   ? of_five
                               : depth->second == "4" ? of_five.substr(0, 7)
                                                      : of_five.substr(0, 5));
  }
  const auto attention = told.options.find("attention");
  if (attention == told.options.end() || attention->second == "pab") {
    narrow("attention-channels", fpanet.at("attention-channels"));
  }
  return complete(std::move(told));
}

std::vector<NetworkGradcheckRow> network_gradcheck(const NetworkConfig& config) {
  ParameterStore store;
  NetworkLoss loss(store, config);
  loss();
  const Tensor gradients = store.gradients().clone();
  const std::set<std::string> trained = loss.trained();

  Rng rng(13);
  std::vector<NetworkGradcheckRow> rows;
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    NetworkGradcheckRow row{.name = store.entries()[i].name};
    if (!trained.contains(row.name)) continue;
    const auto gradient = store.slot(i, gradients).span<double>();
    const std::vector<double> direction = direction_near(gradient, rng);
    const auto values = store.value(i).span<double>();
    const std::vector<double> saved(values.begin(), values.end());
    const auto loss_at = [&](double step) {
      for (std::size_t k = 0; k < values.size(); ++k) values[k] = saved[k] + step * direction[k];
      return loss();
    };
    row.numeric = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
    std::ranges::copy(saved, values.begin());
    for (std::size_t k = 0; k < values.size(); ++k) row.analytic += gradient[k] * direction[k];
    row.error =
        std::abs(row.analytic - row.numeric) / std::max(std::abs(row.analytic), kSlopeFloor);
    row.ok = row.error < kNetworkGradcheckTolerance;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace fpanet
