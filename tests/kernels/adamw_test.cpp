#include "kernels/adamw.hpp"

#include "tests/kernels/check.hpp"

namespace fpanet::kernels {
namespace {

using namespace fpanet::test;

TEST_CASE_TEMPLATE("adamw: PyTorch's two steps, and the formula on many elements", T, float,
                   double) {
  std::vector<T> p = {1}, m = {0}, v = {0};
  const std::vector<T> g1 = {T(.5)}, g2 = {T(-.2)};
  const double first[] = {1e-2, 1}, second[] = {1e-2, 2};
  adamw<T>(Cpu{1}, p, g1, m, v, first, {});
  CHECK(std::abs(p[0] - 0.9898999929428101) < 1e-7);  // float32 results of torch
  adamw<T>(Cpu{1}, p, g2, m, v, second, {});
  CHECK(std::abs(p[0] - 0.9863449335098267) < 1e-7);

  constexpr Index kSize = 40003;
  const double hyper[] = {3e-3, 5};
  const AdamWOptions o{.beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0.1};
  const auto p0 = uniform<T>("p", kSize), g = uniform<T>("g", kSize), m0 = uniform<T>("m", kSize);
  const auto v0 = uniform<T>("v", kSize, 0.1, 1);
  std::vector<double> expected;
  for (std::size_t i = 0; i < p0.size(); ++i) {
    const double gi = g[i];
    const double mi = o.beta1 * m0[i] + (1 - o.beta1) * gi;
    const double vi = o.beta2 * v0[i] + (1 - o.beta2) * gi * gi;
    const double m_hat = mi / (1 - std::pow(o.beta1, 5)), v_hat = vi / (1 - std::pow(o.beta2, 5));
    expected.push_back(p0[i] * (1 - 3e-3 * o.weight_decay) -
                       3e-3 * m_hat / (std::sqrt(v_hat) + o.eps));
  }
  check_assigned<T>(expected, tolerance<T>(), [&](const auto& device, T* out) {
    std::copy(p0.begin(), p0.end(), out);
    std::vector<T> mi = m0, vi = v0;
    std::vector<bfloat16> twin(p0.size());
    adamw<T>(device, {out, p0.size()}, g, mi, vi, hyper, o, twin);
    for (std::size_t i = 0; i < twin.size(); i += 997) {
      CHECK(twin[i].bits == bfloat16(static_cast<float>(out[i])).bits);
    }
    std::copy(p0.begin(), p0.end(), out);
    mi = m0;
    vi = v0;
    adamw<T>(device, {out, p0.size()}, g, mi, vi, hyper, o);
  });
}

TEST_CASE_TEMPLATE("adamw: clipped gradients, a factor of the rate, missed steps, an average", T,
                   float, double) {
  constexpr Index kSize = 1003;
  const AdamWOptions o{.lr_factor = 0.25, .missed_steps = 7, .max_norm = 0.5};
  const auto p0 = uniform<T>("p", kSize), g = uniform<T>("g", kSize), m0 = uniform<T>("m", kSize);
  const auto v0 = uniform<T>("v", kSize, 0.1, 1), a0 = uniform<T>("a", kSize);
  // Norms above and below the limit; weights below and above one half.
  for (const double squared_norm : {9.0, 0.04}) {
    for (const double weight : {0.1, 0.7}) {
      CAPTURE(squared_norm);
      CAPTURE(weight);
      const double hyper[] = {4e-2, 9, weight};
      const double scale = std::min(1.0, 0.5 / (std::sqrt(squared_norm) + 1e-6));
      std::vector<double> expected;
      for (std::size_t i = 0; i < p0.size(); ++i) {
        const double gi = scale * g[i];
        const double mi = o.beta1 * m0[i] + (1 - o.beta1) * gi;
        const double vi = o.beta2 * v0[i] + (1 - o.beta2) * gi * gi;
        const double m_hat = mi / (1 - std::pow(o.beta1, 2)),
                     v_hat = vi / (1 - std::pow(o.beta2, 2));
        const double p =
            p0[i] * (1 - 1e-2 * o.weight_decay) - 1e-2 * m_hat / (std::sqrt(v_hat) + o.eps);
        expected.push_back(p);
      }
      for (std::size_t i = 0; i < p0.size(); ++i) {
        expected.push_back((1 - weight) * a0[i] + weight * expected[i]);
      }
      check_assigned<T>(expected, tolerance<T>(), [&](const auto& device, T* out) {
        std::copy(p0.begin(), p0.end(), out);
        std::copy(a0.begin(), a0.end(), out + kSize);
        std::vector<T> mi = m0, vi = v0;
        adamw<T>(device, {out, p0.size()}, g, mi, vi, hyper, o, {}, {out + kSize, p0.size()},
                 &squared_norm);
      });
    }
  }
}

TEST_CASE_TEMPLATE("adamw: an average of weight 1 is a copy", T, float, double) {
  std::vector<T> p = uniform<T>("p", 100), m(100), v(100), average = uniform<T>("a", 100);
  const auto g = uniform<T>("g", 100);
  const double hyper[] = {1e-2, 1, 1};
  adamw<T>(Cpu{1}, p, g, m, v, hyper, {}, {}, average);
  CHECK(same_bits(average, p));
}

TEST_CASE("adamw: a norm that is not a number makes the parameters so") {
  std::vector<double> p = {1}, m = {0}, v = {0};
  const std::vector<double> g = {1};
  const double hyper[] = {1e-2, 1}, norm = std::numeric_limits<double>::quiet_NaN();
  adamw<double>(Cpu{1}, p, g, m, v, hyper, {.max_norm = 1}, {}, {}, &norm);
  CHECK(std::isnan(p[0]));
}

}  // namespace
}  // namespace fpanet::kernels
