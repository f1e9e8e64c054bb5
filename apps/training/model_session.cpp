#include "apps/training/model_session.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "apps/cli/usage_error.hpp"
#include "engine/core/cuda_device.hpp"
#include "kernels/simd/cpu_isa.hpp"
#include "layers/cast.hpp"
#include "layers/rank_reduction.hpp"

namespace fpanet {

Device Placement::device() const {
  const Cuda* cuda = std::get_if<Cuda>(&context);
  return cuda != nullptr ? Device::cuda(cuda->index) : Device::cpu();
}

namespace {

/// The device that --device auto selects on this machine.
Device choose_device(const PlacementFlags& flags, Console& console) {
  const CudaSupport support = cuda_support();
  if (!support.problem.empty()) {
    console.info("device: cpu; {}", support.problem);
    return Device::cpu();
  }
  if (flags.precision == "fp64") {
    console.info("device: cpu; fp64 runs only on the CPU");
    return Device::cpu();
  }
  const auto usable = [](const CudaDeviceInfo& gpu) { return gpu.problem.empty(); };
  const auto gpu = std::ranges::find_if(support.devices, usable);
  console.info("device: cuda:{} ({})", gpu->index, gpu->name);
  return Device::cuda(gpu->index);
}

void check_bf16_on_cpu() {
  using namespace kernels;
  if (cpu_isa() == kBf16Isa || cpu_isa_is_named()) return;
  const std::string_view isa = name_of(cpu_isa());
  usage_fail(
      "--precision bf16: on the CPU it needs {}, but this processor has {}; use fp32, which is "
      "faster here (set FPANET_CPU={} in the environment to run bf16 anyway)",
      kBf16Instructions, isa, isa);
}

/// Whether to use CUDA graphs: yes, unless FPANET_CUDA_GRAPH=0 is set in the environment.
bool wants_cuda_graphs() {
  const char* const value = std::getenv("FPANET_CUDA_GRAPH");
  return value == nullptr || std::string_view(value) != "0";
}

}  // namespace

Placement resolve_placement(const PlacementFlags& flags, Console& console) {
  const Device device =
      flags.device == "auto" ? choose_device(flags, console) : Device::parse(flags.device);
  const int threads = flags.threads > 0 ? static_cast<int>(flags.threads) : default_threads();
  const std::string& precision = flags.precision;
  const std::optional<DType> twin = precision == "bf16" ? std::optional(DType::bf16) : std::nullopt;
  if (device.is_cpu()) {
    kernels::cpu_isa();  // rejects an invalid FPANET_CPU before anything is written
    if (precision == "tf32") {
      usage_fail("--precision tf32: the CPU computes in fp32, fp64 or bf16; tf32 needs a GPU");
    }
    if (twin) check_bf16_on_cpu();
    return {.context = Cpu{threads},
            .dtype = precision == "fp64" ? DType::f64 : DType::f32,
            .twin = twin,
            .threads = threads};
  }
  if (precision == "fp64") {
    usage_fail("--precision fp64: a GPU computes in fp32, tf32 or bf16; fp64 needs --device cpu");
  }
  return {.context = open_cuda(device.index, {.deterministic = flags.deterministic,
                                              .allow_tf32 = precision == "tf32",
                                              .graphs = wants_cuda_graphs()}),
          .twin = twin,
          .threads = threads};
}

ModelSession::ModelSession(const Placement& placement, const NetworkConfig& network,
                           std::optional<double> learning_rate, std::optional<PixelFormat> pixels)
    : placement_(placement),
      network_(make_network(store_, network)),
      pixels_(pixels ? std::move(*pixels) : PixelFormat{.bands = Bands::first(network.bands)}),
      arena_(placement.device()) {
  store_.allocate(placement.dtype, placement.device(), learning_rate.has_value());
  if (placement.twin) store_.allocate_twin(*placement.twin);
  if (learning_rate) optimizer_.emplace(store_, *learning_rate);
}

void ModelSession::use_average(bool averaged) {
  if (averaged == uses_average_ || !optimizer_ || !optimizer_->keeps_average()) return;
  const Tensor trained = store_.values().clone();
  store_.values().copy_from(optimizer_->average());
  optimizer_->average().copy_from(trained);
  folded_.mark_stale();
  renew_twins(placement_.context, store_);
  uses_average_ = averaged;
}

std::shared_ptr<const BatchReduction> ModelSession::reduction(Index images) {
  if (ranks_->size() == 1) return nullptr;
  std::shared_ptr<const BatchReduction>& known = reductions_[images];
  if (known == nullptr) known = std::make_shared<RankReduction>(*ranks_, images);
  return known;
}

bool ModelSession::has_program(const ProgramOptions& options) const {
  return std::ranges::any_of(programs_,
                             [&](const auto& program) { return program->options() == options; });
}

Program& ModelSession::program(const ProgramOptions& options) {
  if (twins_stale_) renew_twins(placement_.context, store_);
  twins_stale_ = false;
  for (const std::unique_ptr<Program>& program : programs_) {
    if (program->options() == options) return *program;
  }
  auto program = std::make_unique<Program>(placement_.context, *network_, optimizer(), store_,
                                           options, &folded_);
  program->bind(arena_);
  programs_.push_back(std::move(program));
  return *programs_.back();
}

std::size_t ModelSession::state_bytes() const {
  std::size_t bytes = folded_.bytes();
  for (std::size_t i = 0; i < store_.entries().size(); ++i) {
    if (store_.entries()[i].kind != EntryKind::parameter) bytes += store_.value(i).bytes();
  }
  bytes += store_.values().bytes();
  if (store_.gradients().defined()) bytes += store_.gradients().bytes();
  if (store_.twins().defined()) bytes += store_.twins().bytes();
  if (optimizer_) bytes += optimizer_->moment1().bytes() + optimizer_->moment2().bytes();
  if (optimizer_ && optimizer_->keeps_average()) bytes += optimizer_->average().bytes();
  return bytes;
}

}  // namespace fpanet
