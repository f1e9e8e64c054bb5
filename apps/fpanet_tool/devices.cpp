#include <fmt/core.h>

#include "apps/cli/cli.hpp"
#include "apps/cli/environment.hpp"
#include "apps/cli/memory.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "data/raster/raster.hpp"
#include "engine/core/cuda_device.hpp"
#include "kernels/simd/cpu_isa.hpp"

namespace fpanet {

namespace {

int run() {
  fmt::print("{}\n", environment_line(default_threads()));
  const kernels::CpuIsa isa = kernels::cpu_isa();
  fmt::print("cpu    {}, {} threads; precisions fp32, fp64", kernels::name_of(isa),
             default_threads());
  if (isa == kernels::kBf16Isa) {
    fmt::print(", bf16\n");
  } else {
    fmt::print(" (bf16 needs {})\n", kernels::name_of(kernels::kBf16Isa));
  }
  const CudaSupport support = cuda_support();
  if (support.built) {
    fmt::print("cuda   built with {}; driver: {}\n", support.libraries,
               support.driver.empty() ? "none" : support.driver);
  }
  if (!support.problem.empty()) fmt::print("cuda   not usable: {}\n", support.problem);
  for (const CudaDeviceInfo& gpu : support.devices) {
    fmt::print("cuda:{} {}, compute capability {}.{}, {} multiprocessors, {}, ", gpu.index,
               gpu.name, gpu.major, gpu.minor, gpu.sm_count,
               bytes_str(static_cast<std::int64_t>(gpu.memory_bytes)));
    if (gpu.problem.empty()) {
      fmt::print("{} free; precisions fp32, tf32, bf16\n",
                 bytes_str(static_cast<std::int64_t>(gpu.free_bytes)));
    } else {
      fmt::print("not usable: {}\n", gpu.problem);
    }
  }
  const std::optional<std::string> gdal = gdal_version();
  fmt::print("rasters {}\n", gdal ? "GDAL " + *gdal : "none: " + why_no_gdal());
  return kExitDone;
}

}  // namespace

void add_devices(CLI::App& app, Action& action) {
  add_command(app, "devices",
              "The devices, precisions and rasters that this build can use on this machine.",
              action, run);
}

}  // namespace fpanet
