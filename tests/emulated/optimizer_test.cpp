// On an emulated GPU: training steps with a frozen and then slower encoder, clipped gradients, an
// average and measured norms; and the exchange of the average with the parameters.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/training/model_session.hpp"
#include "models/network_gradcheck.hpp"
#include "tests/support/formula.hpp"

namespace fpanet::test {
namespace {

bool same_floats(const Tensor& a, const Tensor& b) {
  return std::ranges::equal(a.to(Device::cpu()).span<float>(), b.to(Device::cpu()).span<float>());
}

/// The parameters of the encoder, one after the other.
std::vector<float> encoder_of(const ParameterStore& store) {
  std::vector<float> values;
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    if (!store.entries()[i].name.starts_with("model.encoder.")) continue;
    if (store.entries()[i].kind == EntryKind::counter) continue;
    const Tensor value = store.value(i).to(Device::cpu());
    values.insert(values.end(), value.span<float>().begin(), value.span<float>().end());
  }
  return values;
}

struct OptimizerSteps {
  double frozen_norm = 0, whole_norm = 0;  ///< of all gradients
};

OptimizerSteps take_steps(const Context& context, std::optional<DType> twin) {
  ModelSession session({.context = context, .twin = twin}, narrow_network({}), 1e-3);
  session.store().initialize(3);
  session.optimizer()->keep_average(session.store(), 0.9);
  const std::vector<float> initial = encoder_of(session.store());
  const auto step = [&](const EncoderTraining& encoder) {
    Program& program = session.program({.kind = ProgramKind::train,
                                        .batch = 2,
                                        .height = 64,
                                        .width = 32,
                                        .image_dtype = DType::f32,
                                        .adamw = {.max_norm = 1e-3},
                                        .encoder = encoder,
                                        .measure_norms = true});
    program.images().copy_from(formula_tensor("images", program.images().shape(), DType::f32));
    program.labels().copy_from(formula_labels("labels", program.labels().shape(), 3));
    program.run();
    double squares = 0;
    for (const ModuleNorms& norm : program.read_back().norms()) {
      squares += norm.gradient * norm.gradient;
    }
    return std::sqrt(squares);
  };
  OptimizerSteps steps;
  steps.frozen_norm = step({.frozen = true});
  CHECK(encoder_of(session.store()) == initial);
  CHECK(same_floats(session.optimizer()->average(), session.store().values()));
  double squares = 0;
  const Tensor moment1 = session.optimizer()->moment1().to(Device::cpu());
  for (const float m : moment1.span<float>()) {
    squares += static_cast<double>(m) * m;
  }
  CHECK(10 * std::sqrt(squares) == doctest::Approx(1e-3).epsilon(1e-3));  // clipped
  steps.whole_norm = step({.lr_factor = 0.1, .missed_steps = 1});
  const std::vector<float> moved = encoder_of(session.store());
  CHECK(moved != initial);
  CHECK_FALSE(same_floats(session.optimizer()->average(), session.store().values()));

  const Tensor trained = session.store().values().clone();
  const Tensor average = session.optimizer()->average().clone();
  session.use_average(true);
  CHECK(same_floats(session.store().values(), average));
  if (twin) {
    const auto twins = session.store().twins().to(Device::cpu());
    const Tensor values = session.store().values().to(Device::cpu());
    CHECK(std::ranges::equal(twins.span<bfloat16>(), values.span<float>(),
                             [](bfloat16 a, float b) { return a.bits == bfloat16(b).bits; }));
  }
  session.use_average(false);
  CHECK(same_floats(session.store().values(), trained));
  CHECK(same_floats(session.optimizer()->average(), average));
  return steps;
}

TEST_CASE("on an emulated GPU, all that a step may do besides AdamW") {
  const OptimizerSteps cpu = take_steps(Cpu{2}, std::nullopt);
  const OptimizerSteps gpu = take_steps(Cuda{0}, std::nullopt);
  CHECK(cpu.frozen_norm > 0);
  CHECK(gpu.frozen_norm == doctest::Approx(cpu.frozen_norm).epsilon(1e-4));
  CHECK(gpu.whole_norm == doctest::Approx(cpu.whole_norm).epsilon(1e-2));
  take_steps(Cuda{0}, DType::bf16);
}

}  // namespace
}  // namespace fpanet::test
