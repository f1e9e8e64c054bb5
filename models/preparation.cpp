#include "models/preparation.hpp"

#include <array>

#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "layers/concat.hpp"
#include "layers/high_pass.hpp"

namespace fpanet {

namespace {

struct Named {
  InputKind input;
  std::string_view name;
};

constexpr std::array<Named, 3> kInputs = {{
    {InputKind::highpass, "highpass"},
    {InputKind::image, "image"},
    {InputKind::both, "both"},
}};

}  // namespace

std::string_view name_of(InputKind input) {
  for (const Named& named : kInputs) {
    if (named.input == input) return named.name;
  }
  return "?";
}

InputKind parse_input(std::string_view name) {
  for (const Named& named : kInputs) {
    if (named.name == name) return named.input;
  }
  fail("network: input '{}' is unknown; known are {}", name, join(input_names(), ", "));
}

std::vector<std::string> input_names() {
  std::vector<std::string> names;
  for (const Named& named : kInputs) names.emplace_back(named.name);
  return names;
}

Value Preparation::prepare(Value image) const {
  switch (input) {
    case InputKind::highpass:
      return high_pass(image, radius);
    case InputKind::image:
      return image;
    case InputKind::both:
      return concat(image, high_pass(image, radius));
  }
  return image;
}

AssembledBatch Preparation::prepare(const SceneBatch& batch, DType dtype,
                                    DType encoder_dtype) const {
  AssembleBatchOptions options{.ignore_byte = batch.ignore_byte,
                               .ignore_label = batch.ignore_label,
                               .dtype = dtype,
                               .scale = batch.scale,
                               .shift_colours = batch.shift_colours};
  // A result that nothing else reads is rounded as it is written.
  const bool fused = input == InputKind::highpass && radius <= kernels::kHighPassRadius;
  if (fused) options.high_pass = radius;
  if (fused || input == InputKind::image) options.dtype = encoder_dtype;
  AssembledBatch assembled = assemble_batch(batch.scenes, batch.scene_labels, batch.items, options);
  if (!fused) assembled.images = prepare(assembled.images);
  return assembled;
}

}  // namespace fpanet
