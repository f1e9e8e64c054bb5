#include "kernels/focal.hpp"

#include "kernels/naive/focal.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("focal: sums against the definition, gradient against differences of it", T,
                   float, double, bfloat16) {
  for (const ImageSize& s : image_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), -6, 6);
    const auto labels = labels_of(s.pixels(), s.c + 2);  // C and C + 1 are no classes
    const auto weights = uniform<double>("weights", s.c, 0, 2 / static_cast<double>(s.c));
    for (const FocalOptions& options :
         {FocalOptions{}, FocalOptions{.gamma = 0.7, .ignore_index = 0},
          FocalOptions{.gamma = 0}}) {
      CAPTURE(options.gamma);
      auto wide = widened(x);
      const auto definition = naive::focal(s.of(wide), labels.data(), weights.data(), options);
      check_assigned<double, T>(
          {definition.terms, definition.pixels}, std::is_same_v<T, double> ? 1e-12 : 3e-6,
          [&](const auto& device, double* sums) {
            auto workspace = scratch(focal_workspace_bytes<T>(device, s.pixels(), s.c));
            focal<T>(device, s.of(x), labels.data(), weights.data(), options, sums, workspace);
          });

      std::vector<double> slopes;  // of some elements
      const std::size_t stride = 1 + wide.size() / 7;
      for (std::size_t i = 0; i < wide.size(); i += stride) {
        slopes.push_back(
            0.5 * central_difference(wide[i], 1e-4, [&] {
              return naive::focal(s.of(wide), labels.data(), weights.data(), options).terms;
            }));
      }
      const double dsums[] = {0.5, 3};
      const double bound = std::is_same_v<T, double> ? 1e-7 : std::max(1e-5, tolerance<T>());
      check_written<T>(slopes, bound, [&](const auto& device, T* out, Write write) {
        std::vector<T> dx(x.size());
        for (std::size_t i = 0; i < slopes.size(); ++i) dx[i * stride] = out[i];
        focal_backward<T>(device, x.data(), labels.data(), weights.data(), dsums, options,
                          s.over(dx.data()), write);
        for (std::size_t i = 0; i < slopes.size(); ++i) out[i] = dx[i * stride];
      });
    }
  }
}

TEST_CASE("focal of logits that are far off stays finite") {
  const std::vector<float> x = {200, -200};
  const std::vector<std::int32_t> labels = {1};
  const std::vector<double> weights = {0.5, 0.5};
  check_assigned<double, float>({200, 1}, 0, [&](const auto& device, double* sums) {
    auto workspace = scratch(focal_workspace_bytes<float>(device, 1, 2));
    focal<float>(device, {x.data(), 1, 2, 1, 1}, labels.data(), weights.data(), {}, sums,
                 workspace);
  });
}

}  // namespace
}  // namespace fpanet::kernels
