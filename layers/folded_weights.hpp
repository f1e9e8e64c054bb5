#pragma once
// Weights for inference, where they are constants.
//
// Batch norm is folded into the convolution before it. Its statistics are constants then, so that
// both together are one convolution:
//
//   s = gamma / sqrt(running_var + eps)
//   gamma (conv(x, w) + b - running_mean) / sqrt(running_var + eps) + beta
//     = conv(x, s w) + beta + s (b - running_mean)
//
// s, s w and the bias are computed in double and rounded once. Then the weights are prepared for the
// convolution that will read them (conv2d_prepare), where that pays. What is made has memory of its
// own, which all programs of a model share; it is computed anew before a run when the parameters
// may have changed.

#include <map>
#include <string>
#include <string_view>

#include "engine/graph/parameters.hpp"
#include "kernels/conv2d.hpp"
#include "layers/conv2d.hpp"

namespace fpanet {

/// The parameters of a batch norm.
struct NormParameters {
  Parameter gamma, beta, running_mean, running_var;  ///< (C_out)
  double eps = 1e-5;
};

/// The parameters of a convolution and of the batch norm that follows it, if one does. Without one
/// there is a bias.
struct ConvNormParameters {
  Parameter weight;                              ///< (C_out,C_in,K,K)
  std::optional<Parameter> bias = std::nullopt;  ///< (C_out)
  std::optional<NormParameters> norm = std::nullopt;
};

class FoldedWeights {
 public:
  /// Not prepared: every weight stays (C_out,C_in,K,K), for programs that are read, not run.
  explicit FoldedWeights(bool prepare = true) : prepare_(prepare) {}

  /// [relu](norm(conv(x)) [+ residual]) as one node; its weights are there after the next refresh().
  /// CPU graphs only.
  Value convolve(Value x, const ConvNormParameters& parameters, Conv2dParams params, bool relu,
                 std::optional<Value> residual);

  /// To be called when parameters or running statistics have changed.
  void mark_stale() { stale_ = true; }
  /// Makes the weights again if anything may have changed since.
  void refresh(const Cpu& cpu);
  std::size_t bytes() const;  ///< of all that is made

 private:
  struct Form {                        // weights prepared
    kernels::Conv2dGeometry geometry;  // one of those it serves
    Tensor weight;
  };
  struct Entry {
    ConvNormParameters parameters;
    Tensor bias = {}, weight = {};                // s w; undefined where nothing reads them
    std::map<std::string_view, Form> forms = {};  // by implementation
  };

  Entry& entry(const ConvNormParameters& parameters);
  /// The node's weight in the form that an implementation is prepared for; none where none is.
  template <class T>
  std::optional<Value> prepared(Graph& graph, Entry& entry, const kernels::Conv2dGeometry& g);
  template <class T>
  static void make(const Cpu& cpu, const Entry& entry);

  std::map<std::string, Entry> entries_;  // by the weight's name
  bool prepare_;
  bool stale_ = true;
};

}  // namespace fpanet
