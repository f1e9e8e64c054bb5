#include "kernels/cross_entropy.hpp"

#include "kernels/naive/cross_entropy.hpp"
#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("cross_entropy: sums against the definition, gradient against differences of it",
                   T, float, double, bfloat16) {
  using R = Real<T>;
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), -6, 6);
    const auto labels = labels_of(s.pixels(), s.c + 2);  // C and C + 1 are no classes
    const auto weights = uniform<double>("weights", s.c, 0.2, 2);
    for (const CrossEntropyOptions& options :
         {CrossEntropyOptions{}, CrossEntropyOptions{.label_smoothing = 0.2},
          CrossEntropyOptions{.ignore_index = 0}}) {
      CAPTURE(options.label_smoothing);
      auto wide = widened(x);
      const auto definition =
          naive::cross_entropy(s.of(wide), labels.data(), weights.data(), options);
      auto p = wide;
      naive::softmax<double>({wide.data(), 1, s.pixels(), s.c}, false, p.data());
      const auto probabilities = narrowed<R>(p);
      check_assigned<double, T>(
          {definition.terms, definition.weights}, std::is_same_v<T, double> ? 1e-12 : 3e-6,
          [&](const auto& device, double* sums) {
            auto workspace = scratch(cross_entropy_workspace_bytes<T>(device, s.pixels(), s.c));
            cross_entropy<T>(device, s.of(x), probabilities.data(), labels.data(), weights.data(),
                             options, sums, workspace);
          });

      std::vector<double> slopes;  // of some elements
      const std::size_t stride = 1 + wide.size() / 7;
      for (std::size_t i = 0; i < wide.size(); i += stride) {
        slopes.push_back(
            0.5 * central_difference(wide[i], 1e-4, [&] {
              return naive::cross_entropy(s.of(wide), labels.data(), weights.data(), options).terms;
            }));
      }
      const double dsums[] = {0.5, 3};
      const double bound = std::is_same_v<T, double> ? 1e-7 : std::max(1e-5, tolerance<T>());
      check_written<T>(slopes, bound, [&](const auto& device, T* out, Write write) {
        std::vector<T> dx(x.size());
        for (std::size_t i = 0; i < slopes.size(); ++i) dx[i * stride] = out[i];
        cross_entropy_backward<T>(device, probabilities.data(), labels.data(), weights.data(),
                                  dsums, options, s.over(dx.data()), write);
        for (std::size_t i = 0; i < slopes.size(); ++i) out[i] = dx[i * stride];
      });
    }
  }
}

TEST_CASE("cross_entropy of a probability that float rounds to 0") {
  const ImageSize s{1, 2, 1, 1};
  const std::vector<float> x = {150, -150}, p = {1, 0};
  const std::vector<std::int32_t> labels = {1};
  const std::vector<double> weights = {1, 1};
  check_assigned<double, float>({300, 1}, 0, [&](const auto& device, double* sums) {
    auto workspace = scratch(cross_entropy_workspace_bytes<float>(device, 1, 2));
    cross_entropy<float>(device, s.of(x), p.data(), labels.data(), weights.data(), {}, sums,
                         workspace);
  });
}

}  // namespace
}  // namespace fpanet::kernels
