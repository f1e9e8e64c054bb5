#include "engine/core/device.hpp"

#include <omp.h>

#include <cstring>

#include "engine/core/cuda_memory.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {

Device Device::parse(std::string_view text) {
  if (text == "cpu") return cpu();
  if (text == "cuda") return cuda(0);
  if (text.starts_with("cuda:")) {
    const auto index = parse_number<int>(text.substr(5));
    if (index && *index >= 0) return cuda(*index);
  }
  fail("device: '{}' is none of cpu, cuda, cuda:INDEX", text);
}

std::string Device::str() const {
  return is_cpu() ? "cpu" : "cuda:" + std::to_string(index);
}

int default_threads() {
  return omp_get_max_threads();
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device,
                std::size_t bytes) {
  if (to_device.is_cpu() && from_device.is_cpu()) {
    if (bytes > 0) std::memcpy(to, from, bytes);
  } else {
    cuda_copy(to, to_device, from, from_device, bytes);
  }
}

}  // namespace fpanet
