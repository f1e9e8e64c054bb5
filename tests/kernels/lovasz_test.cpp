#include "kernels/lovasz.hpp"

#include "kernels/naive/lovasz.hpp"
#include "kernels/naive/softmax.hpp"
#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

/// Also with more pixels than a block of the GPU's half takes, and than its scan has threads.
std::vector<ImageSize> lovasz_sizes() {
  std::vector<ImageSize> sizes = {{1, 1, 1, 2}, {2, 1, 3, 5}, {1, 3, 2, 2},
                                  {2, 7, 5, 3}, {3, 9, 4, 6}, {1, 3, 96, 61}};
  return sizes;
}

std::vector<LovaszOptions> lovasz_options() {
  return {{}, {.per_image = true}, {.ignore_index = 0}, {.ignore_index = 1, .per_image = true}};
}

TEST_CASE_TEMPLATE("lovasz: the loss against the definition, gradient against differences of it", T,
                   float, double) {
  for (const ImageSize& s : lovasz_sizes()) {
    CAPTURE(s.str());
    const auto x = uniform<T>("x", s.numel(), -3, 3);
    const auto labels = labels_of(s.pixels(), s.c + 1);  // C is no class
    auto wide = widened(x), wide_p = wide;
    naive::softmax<double>({wide.data(), 1, s.pixels(), s.c}, false, wide_p.data());
    const auto p = narrowed<T>(wide_p);
    for (const LovaszOptions& options : lovasz_options()) {
      CAPTURE(options.per_image);
      std::vector<T> slopes(p.size());
      std::vector<double> present(static_cast<std::size_t>(options.groups(s.n)));
      check_assigned<T>({naive::lovasz(s.of(widened(p)), labels.data(), options)}, tolerance<T>(),
                        [&](const auto& device, T* loss) {
                          auto workspace =
                              scratch(lovasz_workspace_bytes(device, s.of(p), options));
                          lovasz<T>(device, s.of(p), labels.data(), options, loss, slopes.data(),
                                    present.data(), workspace);
                        });

      // In double no two errors are so near that a step would swap them.
      if (!std::is_same_v<T, double> || s.pixels() > 100) continue;
      std::vector<double> expected;
      for (double& value : wide) {
        expected.push_back(0.5 * central_difference(value, 1e-6, [&] {
                             auto probabilities = wide;
                             naive::softmax<double>({wide.data(), 1, s.pixels(), s.c}, false,
                                                    probabilities.data());
                             return naive::lovasz(s.of(probabilities), labels.data(), options);
                           }));
      }
      const T dloss = T(0.5);
      check_written<T>(expected, 1e-8, [&](const auto& device, T* dx, Write write) {
        lovasz_backward<T>(device, s.of(p), slopes.data(), present.data(), &dloss, options, dx,
                           write);
      });
    }
  }
}

TEST_CASE("lovasz: the two halves leave the same slopes") {
  const ImageSize s{2, 5, 64, 40};
  const auto x = uniform<float>("x", s.numel(), -3, 3);
  const auto labels = labels_of(s.pixels(), s.c);
  auto wide = widened(x);
  naive::softmax<double>({wide.data(), 1, s.pixels(), s.c}, false, wide.data());
  const auto p = narrowed<float>(wide);
  for (const LovaszOptions& options : lovasz_options()) {
    std::vector<float> on_cpu(p.size());
    std::vector<double> present(static_cast<std::size_t>(options.groups(s.n)));
    const auto run = [&](const auto& device, float* slopes) {
      float loss = 0;
      auto workspace = scratch(lovasz_workspace_bytes(device, s.of(p), options));
      lovasz<float>(device, s.of(p), labels.data(), options, &loss, slopes, present.data(),
                    workspace);
    };
    run(Cpu{1}, on_cpu.data());
    check_assigned<float>(widened(on_cpu), 0, run);
  }
}

TEST_CASE_TEMPLATE("lovasz: backward of bf16 logits is that of float, rounded", T, bfloat16) {
  const ImageSize s{1, 3, 2, 4};
  const auto p = uniform<float>("p", s.numel(), 0, 0.5), slopes = uniform<float>("s", s.numel());
  const double present[] = {2};
  const float dloss = 3;
  std::vector<float> wide(p.size());
  lovasz_backward<float>(Cpu{1}, s.of(p), slopes.data(), present, &dloss, {}, wide.data(),
                         Write::assign);
  check_written<T>(widened(wide), tolerance<T>(), [&](const auto& device, T* dx, Write write) {
    lovasz_backward<T>(device, s.of(p), slopes.data(), present, &dloss, {}, dx, write);
  });
}

TEST_CASE("lovasz of probabilities that are no numbers is no number") {
  std::vector<double> p(12, std::numeric_limits<double>::quiet_NaN());
  const std::vector<std::int32_t> labels = {0, 1, 2, 0};
  double loss = 0, present = 0;
  std::vector<double> slopes(12);
  auto workspace = scratch(lovasz_workspace_bytes<double>(Cpu{1}, {p.data(), 1, 3, 2, 2}, {}));
  lovasz<double>(Cpu{1}, {p.data(), 1, 3, 2, 2}, labels.data(), {}, &loss, slopes.data(), &present,
                 workspace);
  CHECK(std::isnan(loss));
}

}  // namespace
}  // namespace fpanet::kernels
