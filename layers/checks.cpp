#include "layers/checks.hpp"

#include <algorithm>

#include "engine/core/error.hpp"

namespace fpanet::check {

void floating(std::string_view op, std::string_view input, const Spec& spec) {
  const DType d = spec.dtype;
  require(d == DType::f32 || d == DType::f64 || d == DType::bf16,
          "{}: {} is {} {}; expected f32, f64 or bf16", op, input, name_of(d), spec.shape);
}

void dtype(std::string_view op, std::string_view input, const Spec& spec, DType wanted) {
  require(spec.dtype == wanted, "{}: {} is {} {}; expected {}", op, input, name_of(spec.dtype),
          spec.shape, name_of(wanted));
}

void image(std::string_view op, std::string_view input, const Spec& spec) {
  floating(op, input, spec);
  const auto sizes = spec.shape.sizes();
  const bool positive =
      std::all_of(sizes.begin(), sizes.end(), [](Index size) { return size > 0; });
  require(spec.shape.rank() == 4 && positive, "{}: {}={} is not (N,C,H,W) with sizes of at least 1",
          op, input, spec.shape);
}

void same(std::string_view op, std::string_view a_name, const Spec& a, std::string_view b_name,
          const Spec& b) {
  require(a == b, "{}: {}={} {} and {}={} {} must be alike", op, a_name, a.shape, name_of(a.dtype),
          b_name, b.shape, name_of(b.dtype));
}

void shape(std::string_view op, std::string_view input, const Spec& spec, const Shape& wanted,
           std::string_view why) {
  require(spec.shape == wanted, "{}: {}={} must be {} ({})", op, input, spec.shape, wanted, why);
}

void segments(std::string_view op, std::span<const Segment> segments, std::string_view input,
              const Spec& region) {
  for (const Segment& s : segments) {
    require(s.offset >= 0 && s.count >= 0 && s.offset + s.count <= region.shape.numel(),
            "{}: segment [{},{}) reaches past {}={}", op, s.offset, s.offset + s.count, input,
            region.shape);
  }
}

}  // namespace fpanet::check
