#pragma once
// Weights for inference, where they are constants.
//
// Batch norm is folded into the convolution before it (kernels/fold_batch_norm.hpp). Then, on the CPU, the
// weights are prepared for the convolution that will read them (conv2d_prepare), where that pays. What
// is made has memory of its own, which all programs of a model share; it is computed anew before a run
// when the parameters may have changed.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/graph/parameters.hpp"
#include "kernels/conv2d.hpp"
#include "kernels/conv2d_upsampled.hpp"
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

  /// [relu](norm(conv(x)) [+ residual]) as one node, in x's dtype; its weights are there after the next
  /// refresh().
  Value convolve(Value x, const ConvNormParameters& parameters, Conv2dParams params, bool relu,
                 std::optional<Value> residual);

  /// The same of the enlarged x and skip (upsample2x_concat), padded by 1, without making them; nothing
  /// where that does not pay (kernels/conv2d_upsampled.hpp).
  std::optional<Value> convolve_upsampled(Value x, std::optional<Value> skip,
                                          const ConvNormParameters& parameters, bool relu);

  /// To be called when parameters or running statistics have changed.
  void mark_stale() { stale_ = true; }
  /// Makes the weights again if anything may have changed since; on a GPU, enqueues that.
  void refresh(const Context& context);
  std::size_t bytes() const;  ///< of all that is made

 private:
  struct Form {  // weights prepared
    // One of the geometries it serves.
    std::variant<kernels::Conv2dGeometry, kernels::UpsampledGeometry> geometry;
    Tensor weight;
  };
  struct Entry {
    ConvNormParameters parameters;
    Tensor bias = {}, weight = {};                // s w; undefined where nothing reads them
    std::map<std::string_view, Form> forms = {};  // by implementation
  };

  Entry& entry(const ConvNormParameters& parameters, DType dtype);
  /// The node's weight in the form that an implementation is prepared for; none where none is.
  std::optional<Value> prepared(Graph& graph, Entry& entry, const kernels::Conv2dGeometry& g,
                                DType dtype);
  Value form(Graph& graph, Entry& entry, std::string_view implementation, Form made, Index numel,
             DType dtype);
  /// The folded weight as it is.
  Value folded(Graph& graph, Entry& entry, DType dtype);
  Value folded_bias(Graph& graph, const Entry& entry);
  template <class T, class D>
  static void make(const D& device, const Entry& entry);

  // By the weight's name and what is computed in.
  std::map<std::pair<std::string, DType>, Entry> entries_;
  bool prepare_;
  bool stale_ = true;
};

}  // namespace fpanet
