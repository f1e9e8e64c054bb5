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

}  // namespace
}  // namespace fpanet::kernels
