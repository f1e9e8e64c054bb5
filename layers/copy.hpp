#pragma once

#include "engine/graph/op.hpp"

namespace fpanet {

/// y (=|+=) x: passes a gradient on unchanged.
class Copy final : public Op {
 public:
  std::string_view name() const override { return "copy"; }
  std::vector<Spec> infer(std::span<const Spec> in) const override { return {in[0]}; }
  void run(const RunArgs& args) const override;
  int in_place_input(std::size_t) const override { return 0; }
};

}  // namespace fpanet
