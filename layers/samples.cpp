#include "layers/samples.hpp"

#include "engine/core/rng.hpp"

namespace fpanet::samples {

SampleInput real(const std::string& name, const Shape& shape, double low, double high) {
  Rng rng(hash_name(name));
  SampleInput input{.name = name, .shape = shape};
  for (Index i = 0; i < shape.numel(); ++i) input.values.push_back(rng.uniform(low, high));
  return input;
}

SampleInput spread(const std::string& name, const Shape& shape) {
  constexpr Index kPrime =
      7919;  // does not divide a sample's size, so i * kPrime visits every residue
  SampleInput input{.name = name, .shape = shape};
  const Index size = shape.numel();
  for (Index i = 0; i < size; ++i) {
    const Index rank = i * kPrime % size - size / 2;
    input.values.push_back(0.05 * static_cast<double>(rank) + 0.025);
  }
  return input;
}

SampleInput labels(const Shape& shape, Index classes, std::optional<Index> odd_one_out) {
  Rng rng(hash_name("labels"));
  SampleInput input{
      .name = "labels", .kind = SampleInput::Kind::fixed, .shape = shape, .dtype = DType::i32};
  for (Index i = 0; i < shape.numel(); ++i) {
    const auto label = static_cast<Index>(rng.below(static_cast<std::uint64_t>(classes)));
    const bool odd = odd_one_out && i % 7 == 3;
    input.values.push_back(static_cast<double>(odd ? *odd_one_out : label));
  }
  return input;
}

SampleInput fixed(SampleInput input) {
  input.kind = SampleInput::Kind::fixed;
  return input;
}

SampleInput state(SampleInput input) {
  input.kind = SampleInput::Kind::state;
  return input;
}

SampleInput stays_real(SampleInput input) {
  input.stays_real = true;
  return input;
}

SampleInput with_twin(SampleInput input) {
  input.has_twin = true;
  return input;
}

Value dummy(Graph& graph, const Shape& shape, DType dtype) {
  return graph.input("input", Spec{shape, dtype});
}

}  // namespace fpanet::samples
