// The harness of the CUDA tests, tried on the CPU: it accepts every op of the registry, and it
// catches an op that is wrong in each of the ways a CUDA half can be wrong.

#include "tests/support/parity.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "engine/core/rng.hpp"
#include "layers/samples.hpp"
#include "tests/support/tolerances.hpp"

namespace fpanet::test {
namespace {

template <class F>
void for_each_sample(const F& f) {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    for (const OpSample& sample : record.samples) {
      CAPTURE(sample.name);
      f(record, sample);
    }
  }
}

double worst(const std::vector<ParityError>& errors) {
  double error = 0;
  for (const ParityError& e : errors) error = std::max(error, e.error);
  return error;
}

TEST_CASE("parity: float on two threads against double, every op, used once and twice") {
  for_each_sample([](const OpRecord& record, const OpSample& sample) {
    for (const int uses : {1, 2}) {
      CAPTURE(uses);
      const auto reference =
          run_sample(sample, {.context = Cpu{1}, .computed_in = DType::f64, .uses = uses});
      const auto actual = run_sample(sample, {.context = Cpu{2}, .uses = uses});
      CHECK_FALSE((reference.empty() && record.why_no_gradient.empty()));
      for (const ParityError& e : compare(actual, reference, parity_floor(record.name))) {
        CAPTURE(e.tensor);
        CAPTURE(e.where);
        CHECK(e.error < parity_tolerance(record.name, DType::f32));
      }
    }
  });
}

TEST_CASE("parity: bf16 against double, every op, used once and twice") {
  for_each_sample([](const OpRecord& record, const OpSample& sample) {
    if (!record.why_no_bf16.empty()) return;
    for (const int uses : {1, 2}) {
      CAPTURE(uses);
      const SampleRunOptions in_bf16{
          .rounded_to = DType::bf16, .computed_in = DType::bf16, .uses = uses};
      const auto reference =
          run_sample(sample, {.rounded_to = DType::bf16, .computed_in = DType::f64, .uses = uses});
      const auto actual = run_sample(sample, in_bf16);
      for (const ParityError& e : compare(actual, reference, parity_floor(record.name))) {
        CAPTURE(e.tensor);
        CAPTURE(e.where);
        CAPTURE(e.actual);
        CAPTURE(e.reference);
        CHECK(e.error <= parity_tolerance(record.name, DType::bf16));
      }
      for (const int threads : {1, 2, 4}) {
        for (const Execution execution : {Execution::planned, Execution::replayed}) {
          SampleRunOptions otherwise = in_bf16;
          otherwise.context = Cpu{threads};
          otherwise.execution = execution;
          CHECK(unequal(actual, run_sample(sample, otherwise)) == std::vector<std::string>{});
        }
      }
    }
  });
}

TEST_CASE("parity: eager, planned and repeated runs leave the same bits") {
  for_each_sample([](const OpRecord&, const OpSample& sample) {
    const auto eager = run_sample(sample, {.context = Cpu{2}});
    for (const Execution execution : {Execution::planned, Execution::replayed}) {
      const auto other = run_sample(sample, {.context = Cpu{1}, .execution = execution});
      CHECK(unequal(eager, other) == std::vector<std::string>{});
    }
  });
}

TEST_CASE("parity: convolutions and products of small integers are exact but for Winograd") {
  for_each_sample([](const OpRecord& record, const OpSample& sample) {
    if (record.name != "conv2d" && record.name != "matmul") return;
    const SampleRunOptions options{.context = Cpu{2}, .integers = true};
    const auto reference =
        run_sample(sample, {.context = Cpu{1}, .computed_in = DType::f64, .integers = true});
    const auto names = implementations(sample, options);
    const bool winograd = std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return name.find("winograd") != std::string::npos;
    });
    CHECK(worst(compare(run_sample(sample, options), reference, kParityFloor)) <=
          (winograd ? kParityFloatProduct : 0));
  });
}

TEST_CASE("parity: numbers that bf16 cannot hold are rounded for reference and run alike") {
  const OpSample sample{"add",
                        {samples::real("a", {37}), samples::real("b", {37})},
                        [](const std::vector<Value>& in) -> std::vector<Value> { return {in[0]}; }};
  const auto reference =
      run_sample(sample, {.context = Cpu{1}, .rounded_to = DType::bf16, .computed_in = DType::f64});
  const auto narrow = run_sample(sample, {.context = Cpu{1}, .computed_in = DType::f64});
  CHECK(worst(compare(narrow, reference, kParityFloor)) > 1e-3);
  CHECK(worst(compare(narrow, reference, kParityFloor)) < kParityBf16);
}

/// How an op may be wrong.
enum class Flaw : std::uint8_t {
  none,
  inexact_value,      ///< one element is off by a few times the tolerance
  last_element,       ///< the tail beyond a multiple of 4 is not computed
  wrong_gradient,     ///< backward forgets the factor
  never_accumulates,  ///< a second gradient overwrites the first
  nan_value,
  moves,  ///< every run gives other bits
};

/// y = 2 x, dx = 2 dy, with a flaw.
class Twice final : public Op {
 public:
  Twice(Flaw flaw, bool is_backward) : flaw_(flaw), is_backward_(is_backward) {}

  std::string_view name() const override { return "twice"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override {
    if (args.in(0).dtype() == DType::f64) return run_in<double>(args);
    run_in<float>(args);
  }
  void backward(BackwardRule& rule) const override {
    rule.emit(std::make_shared<Twice>(flaw_, true), {rule.gradient()}, {0});
  }

 private:
  template <class T>
  void run_in(const RunArgs& args) const {
    static int runs = 0;
    ++runs;
    const auto x = args.in(0).span<T>(), y = args.out().span<T>();
    const bool is_reference = std::is_same_v<T, double>;
    const Flaw flaw = is_reference ? Flaw::none : flaw_;
    const Write write = flaw == Flaw::never_accumulates ? Write::assign : args.write();
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (flaw == Flaw::last_element && i >= x.size() / 4 * 4) return;
      T value = 2 * x[i];
      if (flaw == Flaw::wrong_gradient && is_backward_) value = x[i];
      if (flaw == Flaw::inexact_value && i == 5) value += static_cast<T>(4 * kParityFloat);
      if (flaw == Flaw::nan_value && i == 5) value = std::numeric_limits<T>::quiet_NaN();
      if (flaw == Flaw::moves && i == 5) value += static_cast<T>(1e-7 * runs);
      store(y[i], value, write);
    }
  }

  Flaw flaw_;
  bool is_backward_;
};

OpSample twice(Flaw flaw) {
  return {"twice",
          {samples::real("x", {2, 3, 1, 5}, 0.5, 1)},
          [flaw](const std::vector<Value>& in) -> std::vector<Value> {
            return {in[0].graph().record_one(std::make_shared<Twice>(flaw, false), in)};
          }};
}

/// The harness's verdict on an op, as the CUDA tests put it together.
bool passes(Flaw flaw) {
  const OpSample sample = twice(flaw);
  for (const int uses : {1, 2}) {
    const auto reference =
        run_sample(sample, {.context = Cpu{1}, .computed_in = DType::f64, .uses = uses});
    const auto eager = run_sample(sample, {.context = Cpu{2}, .uses = uses});
    const SampleRunOptions replay{
        .context = Cpu{2}, .execution = Execution::replayed, .uses = uses};
    const auto replayed = run_sample(sample, replay);
    if (worst(compare(replayed, reference, kParityFloor)) >= kParityFloat) return false;
    if (worst(compare(eager, reference, kParityFloor)) >= kParityFloat) return false;
    if (!unequal(eager, replayed).empty()) return false;
  }
  return true;
}

TEST_CASE("parity: an op with any flaw is caught") {
  CHECK(passes(Flaw::none));
  CHECK_FALSE(passes(Flaw::inexact_value));
  CHECK_FALSE(passes(Flaw::last_element));
  CHECK_FALSE(passes(Flaw::wrong_gradient));
  CHECK_FALSE(passes(Flaw::never_accumulates));
  CHECK_FALSE(passes(Flaw::nan_value));
  CHECK_FALSE(passes(Flaw::moves));
}

TEST_CASE("parity: tensors that are missing, misshaped or hold other integers differ") {
  const auto run = run_sample(twice(Flaw::none), {});
  auto fewer = run;
  fewer.pop_back();
  CHECK(worst(compare(fewer, run, kParityFloor)) == std::numeric_limits<double>::infinity());
  auto misshaped = run;
  misshaped[0].tensor = misshaped[0].tensor.reshaped({30});
  CHECK(worst(compare(misshaped, run, kParityFloor)) == std::numeric_limits<double>::infinity());
  const Tensor labels = Tensor::zeros({4}, DType::i32), others = Tensor::zeros({4}, DType::i32);
  CHECK(worst(compare({{"i", labels}}, {{"i", others}}, kParityFloor)) == 0);
  others.data<std::int32_t>()[2] = 1;
  CHECK(worst(compare({{"i", labels}}, {{"i", others}}, kParityFloor)) ==
        std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace fpanet::test
