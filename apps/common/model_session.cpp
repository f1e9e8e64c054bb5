#include "apps/common/model_session.hpp"

#include "apps/common/usage_error.hpp"

namespace fpanet {

Device Placement::device() const {
  const Cuda* cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

Placement resolve_placement(const std::string& device, const std::string& precision,
                            std::int64_t threads, Console& console) {
  if (device == "auto") {
    console.info("device: cpu (this build has no CUDA support)");
  } else if (!Device::parse(device).is_cpu()) {
    fail("--device {}: this build has no CUDA support; use --device cpu", device);
  }
  if (precision != "fp32" && precision != "fp64") {
    usage_fail("--precision {}: the CPU computes in fp32 or fp64", precision);
  }
  return {.context = Cpu{threads > 0 ? static_cast<int>(threads) : default_threads()},
          .dtype = precision == "fp64" ? DType::f64 : DType::f32};
}

ModelSession::ModelSession(const Placement& placement, const FPANetOptions& model,
                           std::optional<double> learning_rate)
    : placement_(placement), model_(store_, model), arena_(placement.device()) {
  store_.allocate(placement.dtype, placement.device(), learning_rate.has_value());
  if (learning_rate) optimizer_.emplace(store_, *learning_rate);
}

Program& ModelSession::program(const ProgramOptions& options) {
  std::unique_ptr<Program>& program =
      programs_[{options.kind, options.batch, options.height, options.width}];
  if (program == nullptr) {
    program = std::make_unique<Program>(placement_.context, model_, optimizer(), store_, options);
    program->bind(arena_);
  }
  return *program;
}

std::size_t ModelSession::state_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < store_.entries().size(); ++i) {
    if (store_.entries()[i].kind != EntryKind::parameter) bytes += store_.value(i).bytes();
  }
  bytes += store_.values().bytes();
  if (store_.gradients().defined()) bytes += store_.gradients().bytes();
  if (optimizer_) bytes += optimizer_->moment1().bytes() + optimizer_->moment2().bytes();
  return bytes;
}

}  // namespace fpanet
