#pragma once
// Checks of inputs for Op::infer(). Each throws Error naming the op, the input and its actual spec.

#include <span>
#include <string>
#include <string_view>

#include "engine/graph/op.hpp"
#include "engine/graph/parameters.hpp"

namespace fpanet::check {

/// f32, f64 or bf16.
void floating(std::string_view op, std::string_view input, const Spec& spec);
void dtype(std::string_view op, std::string_view input, const Spec& spec, DType wanted);
/// (N,C,H,W), floating, every size at least 1.
void image(std::string_view op, std::string_view input, const Spec& spec);
void same(std::string_view op, std::string_view a_name, const Spec& a, std::string_view b_name,
          const Spec& b);
void shape(std::string_view op, std::string_view input, const Spec& spec, const Shape& wanted,
           std::string_view why);
/// Every segment lies within a flat region.
void segments(std::string_view op, std::span<const Segment> segments, std::string_view input,
              const Spec& region);

}  // namespace fpanet::check
