#pragma once
// Batch norm folded into the convolution before it, for inference. Its statistics are constants
// then, so that both together are one convolution:
//
//   s = gamma / sqrt(running_var + eps)
//   gamma (conv(x, w) + b - running_mean) / sqrt(running_var + eps) + beta
//     = conv(x, s w) + beta + s (b - running_mean)
//
// s, s w and the bias are computed in double and rounded once. The folded weights have memory of
// their own, which all programs of a model share; they are computed anew before a run when the
// parameters may have changed.

#include <map>
#include <string>

#include "engine/graph/parameters.hpp"

namespace fpanet {

/// The parameters of a convolution and of the batch norm that follows it.
struct ConvNormParameters {
  Parameter weight;                                  ///< (C_out,C_in,K,K)
  std::optional<Parameter> conv_bias;                ///< (C_out)
  Parameter gamma, beta, running_mean, running_var;  ///< (C_out)
  double eps = 1e-5;
};

class FoldedWeights {
 public:
  struct Values {
    Value weight;  ///< s w
    Value bias;    ///< (C_out)
  };

  /// The folded pair as constants of a graph; its numbers are there after the next refresh().
  Values in(Graph& graph, const ConvNormParameters& parameters);

  /// To be called when parameters or running statistics have changed.
  void mark_stale() { stale_ = true; }
  /// Folds again if anything may have changed since. CPU memory only.
  void refresh(const Cpu& cpu);
  std::size_t bytes() const;  ///< of all folded pairs

 private:
  struct Entry {
    ConvNormParameters parameters;
    Tensor weight, bias;
  };

  std::map<std::string, Entry> entries_;  // by the weight's name
  bool stale_ = true;
};

}  // namespace fpanet
