#include <array>

#include "layers/adamw.hpp"
#include "layers/samples.hpp"
#include "layers/sum_of_squares.hpp"

namespace fpanet::samples {
namespace {

constexpr Index kRegionSize = 40;
constexpr std::array<Segment, 2> kTwoSegments{Segment{0, 17}, Segment{32, 5}};

std::vector<Segment> two_segments() {
  return {kTwoSegments.begin(), kTwoSegments.end()};
}

SampleInput hyper(const std::vector<double>& values) {
  return {.name = "hyper",
          .kind = SampleInput::Kind::fixed,
          .shape = {static_cast<Index>(values.size())},
          .values = values,
          .keeps_dtype = true};
}

std::vector<SampleInput> regions() {
  const Shape shape{kRegionSize};
  return {state(real("parameters", shape)), fixed(real("gradients", shape)),
          state(real("moment1", shape)), state(real("moment2", shape, 0, 1))};
}

OpRecord adamw_record() {
  std::vector<SampleInput> plain = regions(), all = regions();
  plain.push_back(hyper({1e-2, 3}));
  all.push_back(hyper({1e-2, 30, 0.1}));
  all.push_back(state(real("average", {kRegionSize})));
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    adamw({in[0], in[1], in[2], in[3], in[4]}, kTwoSegments, {.weight_decay = 0.1});
    return {};
  };
  const auto build_all = [](const std::vector<Value>& in) -> std::vector<Value> {
    adamw({.parameters = in[0],
           .gradients = in[1],
           .moment1 = in[2],
           .moment2 = in[3],
           .hyper = in[4],
           .average = in[5],
           .squared_norm = sum_of_squares(in[1], {two_segments()})},
          kTwoSegments, {.lr_factor = 0.5, .missed_steps = 10, .max_norm = 0.5});
    return {};
  };
  const auto empty = [](Graph& g) { return dummy(g, {kRegionSize}); };
  const auto with_two_numbers = [=](Graph& g) {
    return AdamWRegions{.parameters = empty(g),
                        .gradients = empty(g),
                        .moment1 = empty(g),
                        .moment2 = empty(g),
                        .hyper = dummy(g, {2}, DType::f64)};
  };
  return {.name = "adamw",
          .samples = {{"two segments", plain, build},
                      {"clipped and averaged, with a factor, after missed steps", all, build_all}},
          .errors = {{[=](Graph& g) {
                        const Segment beyond{32, 9};
                        adamw({empty(g), empty(g), empty(g), empty(g), dummy(g, {2}, DType::f64)},
                              {&beyond, 1}, {});
                      },
                      "adamw: segment [32,41) reaches past parameters=(40)"},
                     {[=](Graph& g) {
                        AdamWRegions given = with_two_numbers(g);
                        given.average = empty(g);
                        adamw(given, kTwoSegments, {});
                      },
                      "adamw: hyper=(2) must be (3) (learning rate, step and weight of the "
                      "average)"},
                     {[=](Graph& g) {
                        AdamWRegions given = with_two_numbers(g);
                        given.squared_norm = dummy(g, {1});
                        adamw(given, kTwoSegments, {});
                      },
                      "adamw: squared_norm is f32 (1); expected f64"}},
          .why_no_gradient = "nobody differentiates through the optimizer",
          .why_no_bf16 = "master weights, gradients and moments are f32"};
}

OpRecord sum_of_squares_record() {
  const auto build = [](const std::vector<Value>& in) -> std::vector<Value> {
    return {sum_of_squares(in[0], {{{20, 3}}, two_segments()})};
  };
  return {.name = "sum_of_squares",
          .samples = {{"two groups", {fixed(real("region", {kRegionSize}))}, build}},
          .errors = {{[](Graph& g) { sum_of_squares(dummy(g, {30}), {two_segments()}); },
                      "sum_of_squares: segment [32,37) reaches past region=(30)"},
                     {[](Graph& g) { sum_of_squares(dummy(g, {30}), {{}}); },
                      "sum_of_squares: a group without segments of region=(30)"}},
          .why_no_gradient = "it measures gradients",
          .why_no_bf16 = "gradients are f32 in mixed precision, too"};
}

}  // namespace

std::vector<OpRecord> optimizer_records() {
  return {adamw_record(), sum_of_squares_record()};
}

}  // namespace fpanet::samples
