#include "layers/linear.hpp"

#include "engine/core/error.hpp"
#include "layers/bias_add.hpp"
#include "layers/matmul.hpp"

namespace fpanet {

Value linear(Value x, Value weight, std::optional<Value> bias) {
  const Shape &s = x.shape(), &w = weight.shape();
  require(s.rank() == 2 && w.rank() == 2 && s[1] == w[1],
          "linear: x={} must be (N,in) and weight={} (out,in)", s, w);
  const Value y = matmul(x, weight, {.transpose_b = true});
  return bias ? bias_add(y, *bias) : y;
}

}  // namespace fpanet
