#pragma once
// Weights for inference, where they are constant.
//
// Batch norm is folded into the convolution before it (kernels/fold_batch_norm.hpp). On the CPU the
// weights are then prepared for the implementation of the convolution that reads them
// (conv2d_prepare). Folded and prepared weights have memory of their own, which all programs of a
// model share. They are recomputed before a run if the parameters may have changed.

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

/// The parameters of a convolution and of the batch norm that follows it, if any. Without a batch
/// norm the convolution must have a bias.
struct ConvNormParameters {
  Parameter weight;                              ///< (C_out,C_in,K,K)
  std::optional<Parameter> bias = std::nullopt;  ///< (C_out)
  std::optional<NormParameters> norm = std::nullopt;
};

class FoldedWeights {
 public:
  /// With `prepare` false, every weight keeps the shape (C_out,C_in,K,K). This is for programs that
  /// are exported rather than run.
  explicit FoldedWeights(bool prepare = true) : prepare_(prepare) {}

  /// Records [relu](norm(conv(x)) [+ residual]) as a single node in x's dtype. Its weights are
  /// computed by the next refresh().
  Value convolve(Value x, const ConvNormParameters& parameters, Conv2dParams params, bool relu,
                 std::optional<Value> residual);

  /// Like convolve() on upsample2x_concat(x, skip) with padding 1, but without storing the
  /// upsampled image. Returns none if that is not worthwhile (kernels/conv2d_upsampled.hpp).
  std::optional<Value> convolve_upsampled(Value x, std::optional<Value> skip,
                                          const ConvNormParameters& parameters, bool relu);

  /// Call it when parameters or running statistics have changed.
  void mark_stale() { stale_ = true; }
  /// Recomputes the weights if anything may have changed since the last call. On a GPU the work is
  /// enqueued.
  void refresh(const Context& context);
  std::size_t bytes() const;  ///< memory of all folded and prepared weights

 private:
  struct Form {  // weights prepared for one implementation
    // One of the geometries that share this form.
    std::variant<kernels::Conv2dGeometry, kernels::UpsampledGeometry> geometry;
    Tensor weight;
  };
  struct Entry {
    ConvNormParameters parameters;
    Tensor bias = {}, weight = {};                // folded; undefined if nothing reads them
    std::map<std::string_view, Form> forms = {};  // by implementation
  };

  Entry& entry(const ConvNormParameters& parameters, DType dtype);
  /// The weight in the form that the implementation for g reads, or none if weights are not
  /// prepared.
  std::optional<Value> prepared(Graph& graph, Entry& entry, const kernels::Conv2dGeometry& g,
                                DType dtype);
  Value form(Graph& graph, Entry& entry, std::string_view implementation, Form made, Index numel,
             DType dtype);
  /// The folded weight, unprepared, or the parameter itself if there is no norm.
  Value folded(Graph& graph, Entry& entry, DType dtype);
  Value folded_bias(Graph& graph, const Entry& entry);
  template <class T, class D>
  static void make(const D& device, const Entry& entry);

  // By the weight's name and the dtype of the computation.
  std::map<std::pair<std::string, DType>, Entry> entries_;
  bool prepare_;
  bool stale_ = true;
};

}  // namespace fpanet
