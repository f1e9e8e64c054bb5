#include "kernels/cpu_features.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "engine/core/error.hpp"

namespace fpanet::kernels {
namespace {

constexpr std::array kLevels{CpuLevel::generic, CpuLevel::wide, CpuLevel::avx2, CpuLevel::avx512,
                             CpuLevel::avx512_bf16};

std::string_view named_level() {
  const char* const name = std::getenv("FPANET_CPU");
  return name != nullptr ? name : "";
}

CpuLevel requested_cpu_level() {
  const std::string_view wanted = named_level();
  const CpuLevel detected = detected_cpu_level();
  if (wanted.empty()) return detected;
  for (const CpuLevel level : kLevels) {
    if (name_of(level) != wanted) continue;
    require(level <= std::max(detected, CpuLevel::wide),
            "FPANET_CPU={}: this processor only has {}", wanted, name_of(detected));
    return level;
  }
  fail("FPANET_CPU={}: is none of generic, wide, avx2, avx512, avx512_bf16", wanted);
}

}  // namespace

std::string_view name_of(CpuLevel level) {
  switch (level) {
    case CpuLevel::generic:
      return "generic";
    case CpuLevel::wide:
      return "wide";
    case CpuLevel::avx2:
      return "avx2";
    case CpuLevel::avx512:
      return "avx512";
    case CpuLevel::avx512_bf16:
      return "avx512_bf16";
  }
  return "?";
}

CpuLevel detected_cpu_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CpuLevel::generic;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (!avx512) return CpuLevel::avx2;
  return __builtin_cpu_supports("avx512bf16") ? CpuLevel::avx512_bf16 : CpuLevel::avx512;
#else
  return CpuLevel::generic;
#endif
}

bool cpu_level_is_named() {
  return !named_level().empty();
}

CpuLevel cpu_level() {
  static const CpuLevel level = requested_cpu_level();
  return level;
}

}  // namespace fpanet::kernels
