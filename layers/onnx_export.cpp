#include "layers/onnx_export.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "kernels/dct_basis.hpp"
#include "kernels/high_pass.hpp"

namespace fpanet {

namespace {

using Dims = std::vector<std::int64_t>;
using Names = std::vector<std::string>;
using Attributes = std::vector<OnnxAttribute>;

/// The sizes of (N,...) for ONNX, with an arbitrary batch size.
Dims with_any_batch(const Shape& shape) {
  Dims sizes(shape.sizes().begin(), shape.sizes().end());
  sizes.at(0) = OnnxValue::kAnyBatch;
  return sizes;
}

/// Builds a model. Each function adds nodes and returns the name of their result.
class Builder {
 public:
  std::string emit(const std::string& type, Names inputs, Attributes attributes = {}) {
    std::string output = fmt::format("{}_{}", type, model_.nodes.size());
    model_.nodes.push_back({type, std::move(inputs), {output}, std::move(attributes)});
    return output;
  }

  std::string transpose(const std::string& x, Dims order) {
    return emit("Transpose", {x}, {{"perm", std::move(order)}});
  }

  /// Reshapes x to `shape` in all dimensions but the batch, which it keeps.
  std::string reshape(const std::string& x, Dims shape) {
    shape.at(0) = 0;
    const std::string name = fmt::format("shape_{}", join(shape, "_"));
    const auto rank = static_cast<std::int64_t>(shape.size());
    const Bytes bytes = Bytes::copy_of(std::as_bytes(std::span(shape)));
    return emit("Reshape", {x, constant(name, StateEntry(ElementType::i64, {rank}, bytes))});
  }

  /// Nearest-neighbour upsampling to twice the height and width.
  std::string upsample2x(const std::string& x) {
    const std::string scales = constant("scales_2x", {1, 1, 2, 2}, {4});
    return emit("Resize", {x, "", scales},
                {{"mode", "nearest"},
                 {"coordinate_transformation_mode", "asymmetric"},
                 {"nearest_mode", "floor"}});
  }

  /// Adds a constant unless one of that name exists. Equal names must mean equal contents.
  std::string constant(const std::string& name, const StateEntry& entry) {
    if (!model_.initializers.contains(name)) model_.initializers.add(name, entry);
    return name;
  }

  std::string constant(const std::string& name, const std::vector<double>& values, Dims shape) {
    const std::vector<float> rounded(values.begin(), values.end());
    return constant(name, StateEntry::from_values(rounded, std::move(shape)));
  }

  /// constant(), but in f64.
  std::string exact_constant(const std::string& name, const std::vector<double>& values,
                             Dims shape) {
    const Bytes bytes = Bytes::copy_of(std::as_bytes(std::span(values)));
    return constant(name, StateEntry(ElementType::f64, std::move(shape), bytes));
  }

  std::string cast(const std::string& x, OnnxType type) {
    return emit("Cast", {x}, {{"to", std::int64_t{type}}});
  }

  void input(const std::string& name, const Shape& shape) {
    model_.inputs.push_back({name, with_any_batch(shape)});
  }

  /// Returns the finished model and renames its result `x` to `name`.
  OnnxModel finish(const std::string& x, const std::string& name, const Shape& shape) {
    for (OnnxNode& node : model_.nodes) {
      std::ranges::replace(node.inputs, x, name);
      std::ranges::replace(node.outputs, x, name);
    }
    model_.outputs.push_back({name, with_any_batch(shape)});
    return std::move(model_);
  }

 private:
  OnnxModel model_;
};

/// The matrix A_N of kernels/high_pass.hpp, (count,size), or its transpose.
std::vector<double> low_frequencies(Index count, Index size, bool transposed) {
  std::vector<double> basis(static_cast<std::size_t>(count * size));
  for (Index k = 0; k < count; ++k) {
    const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(size));
    for (Index n = 0; n < size; ++n) {
      basis[static_cast<std::size_t>(transposed ? n * count + k : k * size + n)] =
          scale * kernels::dct_cosine(k, n, size);
    }
  }
  return basis;
}

/// The matrix B of kernels/high_pass.hpp, (count,count).
std::vector<double> low_frequency_mask(Index count) {
  std::vector<double> mask;
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < count; ++j) mask.push_back(i + j < count ? 1 : 0);
  }
  return mask;
}

class Exporter {
 public:
  explicit Exporter(const Graph& graph) : graph_(graph) {}

  OnnxModel run(const std::string& output_name) {
    const ValueId output = kept();
    const std::set<ValueId> needed = leading_to(output);
    for (const Node& node : graph_.nodes()) {
      if (needed.contains(node.outputs[0].value)) names_[node.outputs[0].value] = translate(node);
    }
    return build_.finish(name_of(output), output_name, graph_.info(output).spec.shape);
  }

 private:
  ValueId kept() const {
    std::vector<ValueId> kept;
    for (ValueId id = 0; id < static_cast<ValueId>(graph_.value_count()); ++id) {
      if (graph_.info(id).kept) kept.push_back(id);
    }
    require(kept.size() == 1,
            "onnx: the program keeps {} values, but only one result can be exported", kept.size());
    return kept[0];
  }

  /// The values that `output` depends on, including itself.
  std::set<ValueId> leading_to(ValueId output) const {
    std::set<ValueId> needed{graph_.base(output)};
    for (auto node = graph_.nodes().rbegin(); node != graph_.nodes().rend(); ++node) {
      if (!needed.contains(node->outputs[0].value)) continue;
      for (const ValueId input : node->inputs) needed.insert(graph_.base(input));
    }
    return needed;
  }

  std::string name_of(ValueId id) {
    if (const auto known = names_.find(id); known != names_.end()) return known->second;
    return names_[id] = graph_.base(id) == id ? bound(graph_.info(id)) : view(id);
  }

  /// A value that no node computes: a constant or an input.
  std::string bound(const ValueInfo& info) {
    if (info.tensor.defined()) {
      return build_.constant(info.name, StateEntry::from_tensor(info.tensor));
    }
    require(info.spec.dtype == DType::f32, "onnx: input {} is {}, but only f32 can be exported",
            info.name, fpanet::name_of(info.spec.dtype));
    build_.input(info.name, info.spec.shape);
    return info.name;
  }

  /// A view reinterprets channels-last memory, but ONNX's Reshape reinterprets (N,C,H,W) memory.
  /// The transposes convert between the two.
  std::string view(ValueId id) {
    const ValueId base = graph_.base(id);
    const Shape &from = graph_.info(base).spec.shape, &to = graph_.info(id).spec.shape;
    require(from.rank() > 0 && to.rank() > 0 && from[0] == to[0],
            "onnx: the view of {} as {} does not keep the batch", from, to);
    std::string x = name_of(base);
    if (from.rank() == 4) x = build_.transpose(x, {0, 2, 3, 1});
    if (to.rank() != 4) return build_.reshape(x, {to.sizes().begin(), to.sizes().end()});
    return build_.transpose(build_.reshape(x, {to[0], to[2], to[3], to[1]}), {0, 3, 1, 2});
  }

  // One function per op. Each adds the op's nodes and returns the name of its first output.

  using Translation = std::string (Exporter::*)(const Node&);

  std::string translate(const Node& node) {
    static const std::map<std::string_view, const char*> kSameInputs = {
        {"add", "Add"},
        {"bias_add", "Add"},
        {"global_avg_pool", "GlobalAveragePool"},
        {"global_max_pool", "GlobalMaxPool"},
        {"relu", "Relu"},
        {"sigmoid", "Sigmoid"},
        {"tanh", "Tanh"},
    };
    static const std::map<std::string_view, Translation> kTranslations = {
        {"clamp", &Exporter::clamp},
        {"concat", &Exporter::concat},
        {"conv2d", &Exporter::conv2d},
        {"conv2d_fused", &Exporter::conv2d_fused},
        {"high_pass", &Exporter::high_pass},
        {"log_softmax", &Exporter::softmax},
        {"matmul", &Exporter::matmul},
        {"max_pool", &Exporter::max_pool},
        {"pab_reread", &Exporter::pab_reread},
        {"position_attention", &Exporter::position_attention},
        {"softmax", &Exporter::softmax},
        {"upsample2x", &Exporter::upsample2x},
        {"upsample2x_concat", &Exporter::upsample2x_concat},
    };
    const std::string_view op = node.op->name();
    if (const auto found = kSameInputs.find(op); found != kSameInputs.end()) {
      Names inputs;
      for (const ValueId id : node.inputs) inputs.push_back(name_of(id));
      return build_.emit(found->second, std::move(inputs));
    }
    const auto found = kTranslations.find(op);
    require(found != kTranslations.end(), "onnx: the op {} has no translation", op);
    return (this->*found->second)(node);
  }

  std::string input(const Node& node, std::size_t i) { return name_of(node.inputs[i]); }
  const Shape& shape(const Node& node, std::size_t i) const {
    return graph_.info(node.inputs[i]).spec.shape;
  }
  static std::int64_t integer(const Node& node, std::string_view attribute) {
    return static_cast<std::int64_t>(node.op->attribute(attribute));
  }

  std::string convolution(const Node& node, Names inputs) {
    const Shape& weight = shape(node, 1);
    const std::int64_t stride = integer(node, "stride"), padding = integer(node, "padding");
    return build_.emit("Conv", std::move(inputs),
                       {{"kernel_shape", Dims{weight[2], weight[3]}},
                        {"strides", Dims{stride, stride}},
                        {"pads", Dims{padding, padding, padding, padding}}});
  }

  std::string conv2d(const Node& node) {
    Names inputs;
    for (const ValueId id : node.inputs) inputs.push_back(name_of(id));
    return convolution(node, std::move(inputs));
  }

  /// x, weight, bias [, residual]
  std::string conv2d_fused(const Node& node) {
    std::string y = convolution(node, {input(node, 0), input(node, 1), input(node, 2)});
    if (node.inputs.size() == 4) y = build_.emit("Add", {y, input(node, 3)});
    return node.op->attribute("relu") != 0 ? build_.emit("Relu", {y}) : y;
  }

  std::string clamp(const Node& node) {
    const auto bound = [&](const char* name) {
      const double value = node.op->attribute(name);
      return build_.constant(fmt::format("{}_{}", name, value), {value}, {});
    };
    return build_.emit("Clip", {input(node, 0), bound("low"), bound("high")});
  }

  std::string concat(const Node& node) {
    return build_.emit("Concat", {input(node, 0), input(node, 1)}, {{"axis", 1}});
  }

  std::string upsample2x(const Node& node) { return build_.upsample2x(input(node, 0)); }

  std::string upsample2x_concat(const Node& node) {
    return build_.emit("Concat", {build_.upsample2x(input(node, 0)), input(node, 1)},
                       {{"axis", 1}});
  }

  /// x - A_H^T (B . (A_H x A_W^T)) A_W, in double as in kernels/high_pass.cpp. The filter subtracts
  /// most of the image, so in float the rounding errors would be large compared to the result.
  std::string high_pass(const Node& node) {
    const Index count = integer(node, "radius") + 1;
    const auto basis = [&](Index size, bool transposed) {
      const Dims sizes = transposed ? Dims{size, count} : Dims{count, size};
      const char* const suffix = transposed ? "_transposed" : "";
      return build_.exact_constant(fmt::format("low_frequencies_{}{}", join(sizes, "x"), suffix),
                                   low_frequencies(count, size, transposed), sizes);
    };
    const Index height = shape(node, 0)[2], width = shape(node, 0)[3];
    const std::string mask =
        build_.exact_constant("low_frequency_mask", low_frequency_mask(count), {count, count});
    const std::string x = build_.cast(input(node, 0), kOnnxDouble);
    std::string low = build_.emit("MatMul", {basis(height, false), x});
    low = build_.emit("MatMul", {low, basis(width, true)});
    low = build_.emit("Mul", {low, mask});
    low = build_.emit("MatMul", {basis(height, true), low});
    low = build_.emit("MatMul", {low, basis(width, false)});
    return build_.cast(build_.emit("Sub", {x, low}), kOnnxFloat);
  }

  std::string matmul(const Node& node) {
    const auto factor = [&](std::size_t i, const char* transposed) {
      const std::string x = input(node, i);
      if (node.op->attribute(transposed) == 0) return x;
      return build_.transpose(x, shape(node, i).rank() == 2 ? Dims{1, 0} : Dims{0, 2, 1});
    };
    const std::string a = factor(0, "transpose_a"), b = factor(1, "transpose_b");
    return build_.emit("MatMul", {a, b});
  }

  std::string max_pool(const Node& node) {
    const std::int64_t kernel = integer(node, "kernel"), stride = integer(node, "stride"),
                       padding = integer(node, "padding");
    return build_.emit("MaxPool", {input(node, 0)},
                       {{"kernel_shape", Dims{kernel, kernel}},
                        {"strides", Dims{stride, stride}},
                        {"pads", Dims{padding, padding, padding, padding}}});
  }

  /// center, top (N,P,K), bottom (N,P,C). Emits the ops that models/pab.cpp uses when the whole map
  /// is in memory.
  std::string position_attention(const Node& node) {
    const std::int64_t positions = shape(node, 0)[1];
    const std::string top = build_.transpose(input(node, 1), {0, 2, 1});
    std::string map = build_.emit("MatMul", {input(node, 0), top});
    map = build_.reshape(map, {0, positions * positions});
    map = build_.emit("Softmax", {map}, {{"axis", std::int64_t{-1}}});
    map = build_.reshape(map, {0, positions, positions});
    return build_.emit("MatMul", {map, input(node, 2)});
  }

  /// The memory of (N,P,C) is reinterpreted as (N,C,h,w) without a transpose, as ONNX's Reshape
  /// does.
  std::string pab_reread(const Node& node) {
    const Shape& to = node.output_specs[0].shape;
    return build_.reshape(input(node, 0), {to.sizes().begin(), to.sizes().end()});
  }

  /// Over the channels of (N,C,H,W), else over the last dimension.
  std::string softmax(const Node& node) {
    const std::int64_t axis = shape(node, 0).rank() == 4 ? 1 : -1;
    return build_.emit(node.op->name() == "softmax" ? "Softmax" : "LogSoftmax", {input(node, 0)},
                       {{"axis", axis}});
  }

  const Graph& graph_;
  std::map<ValueId, std::string> names_;  ///< of the values in the model
  Builder build_;
};

}  // namespace

OnnxModel to_onnx(const Graph& graph, const std::string& output_name) {
  return Exporter(graph).run(output_name);
}

}  // namespace fpanet
